"""Auto-routing of an old installation: its rules with the damage that the script did to them."""

import re
from collections.abc import Iterator, Sequence

from aigw.spec.forms import RULE_PATTERN, TRIGGER
from aigw.spec.gateway import GatewaySpec
from aigw.spec.legacy_env import EnvFile
from aigw.spec.legacy_keys import ONLY_WRITTEN
from aigw.spec.legacy_report import Findings
from aigw.spec.legacy_store import MODEL_ROUTER
from aigw.spec.legacy_trees import Trees, at, entries, items, on, text
from aigw.spec.routing import AutoRouting, RoutingRule
from aigw.spec.rules import pattern_of_trigger, refusal
from aigw.spec.serving import ServingTable

WHAT = "auto-routing"
FROM_TRIGGER = re.compile(r"\(\?i\)\^\((.*)\)\Z", re.DOTALL)
META = re.compile(r"[\\.+*?()\[\]{}^$]")


def auto_routing(trees: Trees, env: EnvFile, spec: GatewaySpec, findings: Findings) -> AutoRouting:
    """Return the rules that run, without those that never could, and a default that is served."""
    tree = entries(trees.get(MODEL_ROUTER), "spec", "defaultConfig", "autoRouting")
    if not tree:
        tree = _written(env, findings)
    table = ServingTable.of(spec)
    rules = tuple(_named(_rules(tree, table, findings)))
    asked = text(tree, "defaultModel")
    default = asked if table.serve(asked) else ""
    if asked and not default:
        why = f"no provider serves `{asked}` by a route that is taken"
        findings.drop(f"{WHAT}: default model", f"{why}; `aigw route default MODEL` sets another")
    enabled = on(at(tree, "enable"))
    if enabled and not asked:
        why = "it was on without a default model, so that nothing answered texts without a rule"
        findings.drop(WHAT, f"{why}; `aigw route default MODEL` switches it on")
    return AutoRouting(enabled=enabled and bool(default), default=default, rules=rules)


def _written(env: EnvFile, findings: Findings) -> dict[str, object]:
    """Return what `start --auto-routing` had written down, where it never arrived."""
    if not on(env.get("ENABLE_AUTO_ROUTING")):
        return {}
    default = env.get("AUTO_ROUTING_DEFAULT_MODEL")
    findings.correct(WHAT, was="only in default.cfg", now="taken", why=ONLY_WRITTEN)
    return {"enable": "true", "defaultModel": default}


def _rules(
    tree: dict[str, object], table: ServingTable, findings: Findings
) -> Iterator[RoutingRule]:
    for number, one in enumerate(items(tree, "rules"), start=1):
        what = f"{WHAT}: rule {number}"
        pattern, model = text(one, "pattern"), text(one, "model")
        if not pattern or not model:
            findings.drop(what, "it has no pattern or no model, and was skipped")
        elif (words := FROM_TRIGGER.match(pattern)) and not words[1].strip("| "):
            why = "the script lost its trigger, so that it took every message"
            findings.drop(what, f"{why}; `aigw route add` adds it again")
        elif table.serve(model) is None:
            wrong = refusal(pattern)
            findings.drop(what, f"no provider serves `{model}`{wrong and f'; {wrong}'}")
        elif rule := _rule(what, pattern, model, findings):
            yield rule


def _rule(what: str, pattern: str, model: str, findings: Findings) -> RoutingRule | None:
    """Read a rule: as a trigger where the script made its pattern of one and no doubt is left."""
    words = FROM_TRIGGER.match(pattern)
    wrong = refusal(pattern)
    plain = words is not None and not META.search(words[1])
    if words is not None and (plain or wrong) and re.search(TRIGGER.pattern, words[1]):
        if wrong:
            why = f"{wrong}; the script had left the phrases as they were"
            findings.correct(what, was=pattern, now=f"trigger {words[1]}", why=why)
        made = pattern_of_trigger(words[1])
        return RoutingRule(name="", pattern=made, trigger=words[1], model=model)
    if wrong or not re.search(RULE_PATTERN.pattern, pattern):
        findings.refuse(what, wrong or RULE_PATTERN.must)
        return None
    return RoutingRule(name="", pattern=pattern, trigger="", model=model)


def _named(rules: Iterator[RoutingRule]) -> Iterator[RoutingRule]:
    """Name each rule after its model: `qwen-max`, `qwen-max-2`."""
    taken: list[str] = ["default"]
    for rule in rules:
        name = _free(rule.model, taken)
        taken.append(name)
        yield RoutingRule(name=name, pattern=rule.pattern, trigger=rule.trigger, model=rule.model)


def _free(model: str, taken: Sequence[str]) -> str:
    sign = re.sub(r"[^A-Za-z0-9]", "-", model).strip("-")[:48] or "rule"
    names = (sign, *(f"{sign}-{number}" for number in range(2, len(taken) + 3)))
    return next(name for name in names if name not in taken)
