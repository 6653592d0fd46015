"""Rules of the old auto-routing, with the damage that `route add` did to them."""

import pytest

from aigw.spec.gateway import GatewaySpec
from aigw.spec.legacy_env import EnvFile
from aigw.spec.legacy_report import Findings
from aigw.spec.legacy_routing import auto_routing
from aigw.spec.legacy_store import MODEL_ROUTER
from aigw.spec.provider import ModelPattern, Provider
from aigw.spec.routing import AutoRouting
from aigw.spec.rules import decide

ALL = GatewaySpec(
    providers=(
        Provider(
            id="all",
            type="generic",
            models=(ModelPattern("qwen-*"),),
            patterns_given=True,
            keys=(),
            url="",
            model_map={},
            options={},
        ),
    )
)


def routed(tree: object, findings: Findings, **env: str) -> AutoRouting:
    """Read auto-routing as it stands in the store."""
    trees = {MODEL_ROUTER: {"spec": {"defaultConfig": {"autoRouting": tree}}}}
    return auto_routing(trees, EnvFile(values=env), ALL, findings)


def rules(*pairs: tuple[str, str], findings: Findings | None = None) -> AutoRouting:
    """Read these (pattern, model) as rules of auto-routing that is on."""
    tree = {
        "enable": "true",
        "defaultModel": "qwen-turbo",
        "rules": [{"pattern": pattern, "model": model} for pattern, model in pairs],
    }
    return routed(tree, findings or Findings())


def test_rules_keep_their_order_and_are_named_after_their_models() -> None:
    found = rules(("(?i)^(a|b)", "qwen-max"), (r"\d+", "qwen-max"), ("x", "qwen-plus"))
    assert [(one.name, one.trigger, one.pattern) for one in found.rules] == [
        ("qwen-max", "a|b", "(?i)^(?:a|b)"),
        ("qwen-max-2", "", r"\d+"),
        ("qwen-plus", "", "x"),
    ]


@pytest.mark.parametrize(
    ("pattern", "trigger"),
    [
        pytest.param("(?i)^(深入思考|deep thinking)", "深入思考|deep thinking", id="phrases"),
        pytest.param("(?i)^(c++|what is it?)", "c++|what is it?", id="phrases that RE2 refuses"),
        pytest.param("(?i)^(fix .*code)", "", id="an expression that RE2 takes"),
        pytest.param("(?i)^(a|)", "", id="an empty phrase"),
    ],
)
def test_a_pattern_that_was_made_of_phrases_is_a_trigger_again(pattern: str, trigger: str) -> None:
    (rule,) = rules((pattern, "qwen-max")).rules
    assert rule.trigger == trigger


def test_a_trigger_that_was_not_escaped_works_at_last() -> None:
    findings = Findings()
    found = rules(("(?i)^(c++)", "qwen-max"), findings=findings)
    assert decide(found, "C++ or Rust?").model == "qwen-max"
    assert [one.now for one in findings.corrected] == ["trigger c++"]


@pytest.mark.parametrize(
    ("pattern", "model"),
    [
        pytest.param("(?i)^()", "qwen-max", id="a trigger that the script lost"),
        pytest.param("x", "gpt-4o", id="a model that nobody serves"),
        pytest.param("", "qwen-max", id="no pattern"),
        pytest.param("x", "", id="no model"),
    ],
)
def test_a_rule_that_never_could_is_left_out(pattern: str, model: str) -> None:
    findings = Findings()
    assert rules((pattern, model), findings=findings).rules == ()
    assert [one.what for one in findings.dropped] == ["auto-routing: rule 1"]


def test_a_pattern_that_re2_refuses_is_refused() -> None:
    findings = Findings()
    assert rules(("(?=x)", "qwen-max"), findings=findings).rules == ()
    assert [one.why for one in findings.refused] == [
        "RE2 has no lookahead and no lookbehind: `(?=`"
    ]


@pytest.mark.parametrize(
    ("default", "reason"),
    [
        pytest.param(None, "auto-routing", id="none was given"),
        pytest.param("gpt-4o", "auto-routing: default model", id="nobody serves it"),
    ],
)
def test_without_a_default_model_it_is_off_and_the_rules_stay(
    default: str | None, reason: str
) -> None:
    tree = {"enable": "true", "rules": [{"pattern": "x", "model": "qwen-max"}]}
    findings = Findings()
    found = routed({**tree, "defaultModel": default}, findings)
    assert (found.enabled, len(found.rules)) == (False, 1)
    assert [one.what for one in findings.dropped] == [reason]


def test_what_start_had_written_down_is_taken_where_it_never_arrived() -> None:
    findings = Findings()
    asked = {"ENABLE_AUTO_ROUTING": "true", "AUTO_ROUTING_DEFAULT_MODEL": "qwen-max"}
    found = routed(None, findings, **asked)
    assert (found.enabled, found.default) == (True, "qwen-max")
    assert [one.what for one in findings.corrected] == ["auto-routing"]
