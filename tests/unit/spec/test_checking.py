import pytest
from hypothesis import given

from aigw.spec.checking import lints, overlap
from aigw.spec.provider import ModelPattern
from tests.unit.spec.trees import MODELS, PATTERNS, Tree, auto_with, custom, spec_of


def rule(name: str, **text: str) -> Tree:
    """Return a rule for model `m`."""
    return {"name": name, "model": "m", **text}


NEVER = "autoRouting.rules[1]: `b` never gets a prompt: `a` before it takes all of them"
BROAD = "autoRouting.rules[0]: `a` is too broad: it matches every prompt"
RULES = {
    "different phrases": ([rule("a", trigger="deep"), rule("b", trigger="wide")], []),
    "a longer phrase": ([rule("a", trigger="Deep"), rule("b", trigger="deep thought")], [NEVER]),
    "a shorter phrase": ([rule("a", trigger="deep thought"), rule("b", trigger="deep")], []),
    "one phrase of two": ([rule("a", trigger="deep"), rule("b", trigger="deeper|wider")], []),
    "the same pattern": ([rule("a", pattern="x+"), rule("b", pattern="x+")], [NEVER]),
    "a pattern anywhere": ([rule("a", pattern="tho"), rule("b", trigger="a thought")], [NEVER]),
    "a pattern at the end": ([rule("a", pattern="thought$"), rule("b", trigger="a thought")], []),
    "everything": (
        [rule("a", pattern=".*"), rule("b", trigger="深"), rule("c", pattern="x")],
        [
            BROAD,
            NEVER,
            "autoRouting.rules[2]: `c` never gets a prompt: `a` before it takes all of them",
        ],
    ),
    "what may be empty": ([rule("a", pattern="x*|y")], [BROAD]),
    "one letter": ([rule("a", pattern=".")], [BROAD]),
    "letters of one script": ([rule("a", pattern="[a-z]")], []),
}


@pytest.mark.parametrize(
    ("rules", "expected"), [pytest.param(*row, id=name) for name, row in RULES.items()]
)
def test_a_rule_that_decides_nothing_or_all_is_told(rules: list[Tree], expected: list[str]) -> None:
    tree = auto_with(*rules)
    spec = spec_of(*tree["providers"], autoRouting=tree["autoRouting"])
    assert [str(lint) for lint in lints(spec)] == expected


def test_rules_that_are_switched_off_are_told() -> None:
    tree = auto_with(rule("a", trigger="deep"), enabled=False)
    spec = spec_of(*tree["providers"], autoRouting=tree["autoRouting"])
    assert [str(lint) for lint in lints(spec)] == [
        "autoRouting.enabled: is false: the rules are not used"
    ]


def test_globs_between_which_the_order_decides_are_told() -> None:
    spec = spec_of(
        custom("a", "*-turbo", "x*-mini", "*-nano-*", "qwen-*"),
        custom("b", "*-large", "*-turbo-*", "y*-mini", "gpt-4", "*"),
    )
    assert [str(lint) for lint in lints(spec)] == [
        "providers[1].models[0]: `*-large` and `*-nano-*` overlap; a, listed first, serves both"
    ]


def test_an_option_that_the_engine_does_not_know_is_told() -> None:
    spec = spec_of(
        {
            "id": "d",
            "type": "dashscope",
            "keys": ["store"],
            "options": {"qwenEnableSearch": True, "qwenDomain": "dashscope-us.aliyuncs.com"},
        },
        engine="envoy",
    )
    assert [str(lint) for lint in lints(spec)] == [
        "providers[0].options.qwenEnableSearch: has no effect on the envoy engine"
    ]


def test_a_fallback_is_said_to_be_unused() -> None:
    spec = spec_of(custom("a", "m", fallback=[{"provider": "b"}]), custom("b", "n"))
    assert [str(lint) for lint in lints(spec)] == [
        "providers[0].fallback: is kept, but no engine of this version uses it: "
        "it is unverified on Higress"
    ]


@given(PATTERNS, PATTERNS, MODELS)
def test_patterns_that_fit_one_name_overlap(one: str, other: str, model: str) -> None:
    if ModelPattern(one).matches(model) and ModelPattern(other).matches(model):
        assert overlap(one, other)


@given(PATTERNS, MODELS)
def test_a_name_overlaps_the_patterns_that_fit_it(pattern: str, model: str) -> None:
    assert overlap(pattern, model) is ModelPattern(pattern).matches(model)
    assert overlap(model, pattern) is ModelPattern(pattern).matches(model)


@given(PATTERNS, PATTERNS)
def test_overlapping_is_mutual(one: str, other: str) -> None:
    assert overlap(one, other) is overlap(other, one)
