"""Auto-routing: its rules, its default model, and the shipped triggers."""

from shlex import join

from msgspec import Struct
from msgspec.structs import replace

from aigw.errors import BadUsage, Problem
from aigw.operations.change import Effect, change
from aigw.operations.draft import Draft
from aigw.operations.look import look
from aigw.operations.near import meant
from aigw.operations.world import World
from aigw.spec.checking import lints
from aigw.spec.gateway import GatewaySpec
from aigw.spec.presets import PRESETS, preset
from aigw.spec.routing import AUTO_MODELS, AutoRouting, RoutingRule
from aigw.spec.rules import pattern_of_trigger, refusal
from aigw.spec.serving import near_models, serve

RULES = "autoRouting.rules["


class RuleWanted(Struct, frozen=True, kw_only=True):
    """A rule as it was asked for: exactly one of `trigger` and `pattern` is not empty.

    An empty `name` is made of the model's; `first` and `before` (a name) say where it is put.
    """

    model: str
    trigger: str = ""
    pattern: str = ""
    name: str = ""
    first: bool = False
    before: str = ""


class Rule(Struct, frozen=True, kw_only=True):
    """A rule as it is shown; `trigger` is empty where the pattern was given as RE2."""

    id: str
    name: str
    pattern: str
    trigger: str
    model: str


class RuleChanged(Struct, frozen=True, kw_only=True):
    """A rule was added or removed; `enabled` says whether auto-routing is on.

    `lints` is what is odd about the rules since then.
    """

    gateway: str
    rule: Rule
    enabled: bool
    applied: bool
    generation: str | None
    lints: tuple[Problem, ...] = ()


class RoutingChanged(Struct, frozen=True, kw_only=True):
    """Auto-routing was switched on with this default model, or off.

    `changed` is false where it was so already.
    """

    gateway: str
    enabled: bool
    default_model: str
    rules: int
    applied: bool
    generation: str | None
    changed: bool


class RulesListed(Struct, frozen=True, kw_only=True):
    """All rules in their order, and what is odd about them."""

    gateway: str
    enabled: bool
    default_model: str
    rules: tuple[Rule, ...]
    lints: tuple[Problem, ...]


class Preset(Struct, frozen=True, kw_only=True):
    """A shipped trigger."""

    name: str
    label: str
    trigger: str


class PresetsListed(Struct, frozen=True, kw_only=True):
    """All shipped triggers."""

    presets: tuple[Preset, ...]


def add_rule(world: World, gateway: str, wanted: RuleWanted) -> RuleChanged:
    """Add a rule; raises BadUsage for a bad pattern, a model nobody serves and a taken name."""
    effect = change(world, gateway, lambda draft: with_rule(draft, wanted))
    known = {rule.name for rule in effect.before.auto_routing.rules}
    new = next(rule for rule in effect.spec.auto_routing.rules if rule.name not in known)
    return replace(_rule_changed(gateway, new, effect), lints=_new_lints(effect))


def remove_rule(world: World, gateway: str, *, name: str, rule_id: str) -> RuleChanged:
    """Remove the rule of that name or id; raises BadUsage when there is none."""

    def without(draft: Draft) -> Draft:
        gone = find_rule(draft.spec.auto_routing, name=name, rule_id=rule_id)
        return replace(draft, spec=draft.spec.without_rule(gone.name))

    effect = change(world, gateway, without)
    gone = find_rule(effect.before.auto_routing, name=name, rule_id=rule_id)
    return _rule_changed(gateway, gone, effect)


def set_default(world: World, gateway: str, model: str) -> RoutingChanged:
    """Make this the model for texts that no rule matches, and switch auto-routing on."""

    def switched(draft: Draft) -> Draft:
        check_model(draft.spec, model)
        return _with(draft, replace(draft.spec.auto_routing, enabled=True, default=model))

    return _routing_changed(gateway, change(world, gateway, switched))


def switch_off(world: World, gateway: str) -> RoutingChanged:
    """Switch auto-routing off; rules and default stay for later."""

    def switched(draft: Draft) -> Draft:
        return _with(draft, replace(draft.spec.auto_routing, enabled=False))

    return _routing_changed(gateway, change(world, gateway, switched))


def list_rules(world: World, gateway: str) -> RulesListed:
    """Return the rules of a gateway, running or not."""
    spec = look(world, gateway)
    auto = spec.auto_routing
    return RulesListed(
        gateway=gateway,
        enabled=auto.enabled,
        default_model=auto.default,
        rules=tuple(map(_shown, auto.rules)),
        lints=_lints(spec, "autoRouting"),
    )


def list_presets(*, chinese: bool) -> PresetsListed:
    """Return the shipped triggers."""
    return PresetsListed(
        presets=tuple(
            Preset(
                name=one.name,
                label=one.label_zh if chinese else one.label_en,
                trigger=one.trigger,
            )
            for one in PRESETS
        )
    )


def add_preset(world: World, gateway: str, name: str, model: str) -> RuleChanged:
    """Add a shipped trigger as a rule of its name."""
    found = preset(name)
    if found is None:
        known = [one.name for one in PRESETS]
        raise BadUsage(f"there is no preset `{name}`{meant(name, known)}", hint="aigw route preset")
    wanted = RuleWanted(name=found.name, trigger=found.trigger, model=model)
    return add_rule(world, gateway, wanted)


def check_model(spec: GatewaySpec, model: str) -> None:
    """Raise BadUsage when no provider serves the model."""
    if model in AUTO_MODELS:
        raise BadUsage(f"`{model}` is what the rules decide; name the model it is to become")
    if serve(spec, model) is None:
        near = " or ".join(f"`{name}`" for name in near_models(spec, model))
        question = f"; did you mean {near}?" if near else ""
        hint = "aigw config list" if spec.providers else "aigw config add --provider TYPE"
        raise BadUsage(f"no provider serves the model `{model}`{question}", hint=hint)


def find_rule(auto: AutoRouting, *, name: str, rule_id: str) -> RoutingRule:
    """Return the rule of that name or id; raises BadUsage when there is none."""
    for rule in auto.rules:
        if (name and rule.name == name) or (rule_id and rule.id == rule_id):
            return rule
    known = [rule.name if name else rule.id for rule in auto.rules]
    question = meant(name or rule_id, known)
    raise BadUsage(f"there is no rule `{name or rule_id}`{question}", hint="aigw route list")


def with_rule(draft: Draft, wanted: RuleWanted) -> Draft:
    """Add the rule; raises BadUsage as `add_rule` does."""
    auto = draft.spec.auto_routing
    names = [rule.name for rule in auto.rules]
    if wanted.name in names:
        hint = _adding(wanted, _free_name(wanted.name, names))
        raise BadUsage(f"there is a rule `{wanted.name}` already", hint=hint)
    check_model(draft.spec, wanted.model)
    rule = RoutingRule(
        name=wanted.name or _free_name(wanted.model, names),
        pattern=_pattern(wanted),
        trigger=wanted.trigger,
        model=wanted.model,
    )
    if wanted.before:
        find_rule(auto, name=wanted.before, rule_id="")
    spec = draft.spec.with_rule(rule, before=wanted.before, first=wanted.first)
    return replace(draft, spec=spec)


def _adding(wanted: RuleWanted, name: str) -> str:
    """Return the command that adds the same rule by another name."""
    what = ("--trigger", wanted.trigger) if wanted.trigger else ("--pattern", wanted.pattern)
    where = ["--before", wanted.before] if wanted.before else ["--first"] * wanted.first
    return join(["aigw", "route", "add", "--name", name, "--model", wanted.model, *what, *where])


def _pattern(wanted: RuleWanted) -> str:
    if wanted.trigger:
        return pattern_of_trigger(wanted.trigger)
    problem = refusal(wanted.pattern)
    if problem:
        raise BadUsage(f"the pattern cannot be used: {problem}")
    return wanted.pattern


def _free_name(model: str, taken: list[str]) -> str:
    """Make a name of the model's, which every rule must have: `qwen-max`, `qwen-max-2`."""
    sign = "".join(letter if letter.isascii() and letter.isalnum() else "-" for letter in model)
    base = sign.strip("-")[:48] or "rule"
    names = (base, *(f"{base}-{number}" for number in range(2, len(taken) + 3)))
    return next(name for name in names if name not in taken and name != "default")


def _lints(spec: GatewaySpec, path: str) -> tuple[Problem, ...]:
    return tuple(lint for lint in lints(spec) if lint.path.startswith(path))


def _new_lints(effect: Effect) -> tuple[Problem, ...]:
    """Return what is odd about rules and was not before; their places may have shifted."""
    known = {lint.message for lint in _lints(effect.before, RULES)}
    return tuple(lint for lint in _lints(effect.spec, RULES) if lint.message not in known)


def _with(draft: Draft, auto: AutoRouting) -> Draft:
    return replace(draft, spec=replace(draft.spec, auto_routing=auto))


def _shown(rule: RoutingRule) -> Rule:
    return Rule(
        id=rule.id,
        name=rule.name,
        pattern=rule.pattern,
        trigger=rule.trigger,
        model=rule.model,
    )


def _rule_changed(gateway: str, rule: RoutingRule, effect: Effect) -> RuleChanged:
    return RuleChanged(
        gateway=gateway,
        rule=_shown(rule),
        enabled=effect.spec.auto_routing.enabled,
        applied=effect.applied,
        generation=effect.generation,
    )


def _routing_changed(gateway: str, effect: Effect) -> RoutingChanged:
    auto = effect.spec.auto_routing
    return RoutingChanged(
        gateway=gateway,
        enabled=auto.enabled,
        default_model=auto.default,
        rules=len(auto.rules),
        applied=effect.applied,
        generation=effect.generation,
        changed=effect.changed,
    )
