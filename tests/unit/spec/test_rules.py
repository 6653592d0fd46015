"""Triggers, patterns that RE2 takes or not, and which rule a prompt meets, as in Go and Envoy."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aigw.errors import BadUsage
from aigw.spec.routing import AutoRouting, RoutingRule
from aigw.spec.rules import (
    MAX_PROGRAM_SIZE,
    Decision,
    decide,
    pattern_of_trigger,
    refusal,
    trigger_refusal,
)
from tests.rule_meanings import MEANINGS


def rule(pattern: str, model: str = "chosen") -> RoutingRule:
    return RoutingRule(name=f"rule {model}", pattern=pattern, trigger="", model=model)


def routing(*rules: RoutingRule) -> AutoRouting:
    return AutoRouting(enabled=True, default="usual", rules=rules)


def meets(pattern: str, prompt: str) -> bool:
    assert refusal(pattern) == ""
    return decide(routing(rule(pattern)), prompt).model == "chosen"


@pytest.mark.parametrize(
    ("trigger", "pattern"),
    [
        ("深入思考|deep thinking", "(?i)^(?:深入思考|deep thinking)"),
        (" a | b\u3000", "(?i)^(?:a|b)"),
        ("c++", r"(?i)^(?:c\+\+)"),
        ("what's", "(?i)^(?:what's)"),
        (r"a\b.c*d?(e)[f]{g}^h$", r"(?i)^(?:a\\b\.c\*d\?\(e\)\[f\]\{g\}\^h\$)"),
        ('say "hi"', '(?i)^(?:say "hi")'),
        ("tl;dr", "(?i)^(?:tl;dr)"),
        ("😀", "(?i)^(?:😀)"),
    ],
)
def test_a_trigger_becomes_a_pattern_for_beginnings(trigger: str, pattern: str) -> None:
    assert pattern_of_trigger(trigger) == pattern
    assert refusal(pattern) == ""


@pytest.mark.parametrize("trigger", ["", " ", "|", "a|", "|a", "a||b", "a| |b", "\u3000"])
def test_a_trigger_with_an_empty_phrase_is_refused(trigger: str) -> None:
    assert trigger_refusal(trigger) == "a phrase between the `|` is empty"
    with pytest.raises(BadUsage, match=r"a phrase between the `\|` is empty"):
        pattern_of_trigger(trigger)


@settings(deadline=None)
@given(phrase=st.text(st.characters(codec="utf-8", exclude_characters="|")), more=st.text("xyz "))
def test_any_phrase_is_met_by_a_prompt_that_begins_with_it(phrase: str, more: str) -> None:
    phrase = phrase.strip()
    if trigger_refusal(phrase):
        return
    assert meets(pattern_of_trigger(phrase), phrase + more)
    assert not meets(pattern_of_trigger(phrase + "!"), f"x{phrase}!")


REFUSED = {
    "": "the pattern is empty",
    "(unclosed": "RE2 refuses it: missing ): (unclosed",
    "closed)": "RE2 refuses it: unexpected ): closed)",
    "a)|(?:b": "RE2 refuses it: unexpected ): a)|(?:b",
    "a)(?s:.*)|(?:b": "RE2 refuses it: unexpected ): a)(?s:.*)|(?:b",
    "[z-a]": "RE2 refuses it: invalid character class range: z-a",
    "[": "RE2 refuses it: missing ]: [",
    "a{2,1}": "RE2 refuses it: invalid repetition size: {2,1}",
    "x{1001}": "RE2 refuses it: invalid repetition size: {1001}",
    "*a": "RE2 refuses it: no argument for repetition operator: *",
    "a\\": "RE2 refuses it: trailing \\",
    r"\Z": r"RE2 refuses it: invalid escape sequence: \Z",
    r"\E": r"RE2 refuses it: invalid escape sequence: \E",
    r"\p{Klingon}": r"RE2 refuses it: invalid character class range: \p{Klingon}",
    "(?x)a": "RE2 refuses it: invalid perl operator: (?x",
    "(?P<n>a)(?P<n>b)": "two groups have the name `n`",
    "(?P<n>a)(?<n>b)": "two groups have the name `n`",
    "(?P<名>a)": "the name of a group must be ASCII: `名`",
    "(?=a)b": "RE2 has no lookahead and no lookbehind: `(?=`",
    "(?!a)b": "RE2 has no lookahead and no lookbehind: `(?!`",
    "(?<=a)b": "RE2 has no lookahead and no lookbehind: `(?<=`",
    "(?<!a)b": "RE2 has no lookahead and no lookbehind: `(?<!`",
    r"(a)\1": r"RE2 has no back-references: `\1`",
    r"(?P<n>a)\k<n>": r"RE2 has no back-references: `\k`",
    r"\101(?=a)": "RE2 has no lookahead and no lookbehind: `(?=`",
    r"\101(unclosed": r"RE2 refuses it: missing ): \101(unclosed",
    r"\C": r"`\C` would match half a character",
    r"a\\\C": r"`\C` would match half a character",
    r"\Qa": r"`\Q` is never closed by `\E`",
    r"\Qa\Eb\Q": r"`\Q` is never closed by `\E`",
    r"\Q": r"`\Q` is never closed by `\E`",
    "a\ud800": "RE2 refuses it: it is not valid Unicode",
}


@pytest.mark.parametrize(("pattern", "words"), REFUSED.items(), ids=map(repr, REFUSED))
def test_a_pattern_is_refused_in_words(pattern: str, words: str) -> None:
    assert refusal(pattern) == words


TAKEN = [
    "a",
    "a|",
    "(?i)^(a|b)",
    "(?i:a)b",
    "(?U)q+z",
    "(?s)a.b",
    r"\\C",
    r"\\\\Q",
    r"\Qa(b\E",
    r"\Q\C\E",
    r"\Qa\\E",
    "a{2",
    "{",
    "]",
    r"\x{1F600}",
    r"\123",
    r"\p{Han}{6,}",
    r"\pN",
    "[[:upper:]]",
    "(?P<n>a)",
    "(?<n>a)",
    r"(?P<n>a)\(?P<n>b",
    r"(?P<n>a)(\.?P<n>b)",
    "(?P<n>a)(?P<m>b)",
    "深入思考",
    "a\0b",
]


@pytest.mark.parametrize("pattern", TAKEN, ids=repr)
def test_a_pattern_that_both_engines_take_is_taken(pattern: str) -> None:
    assert refusal(pattern) == ""


@pytest.mark.parametrize(("pattern", "prompt", "met"), MEANINGS)
def test_patterns_mean_what_they_mean_in_go(pattern: str, prompt: str, *, met: bool) -> None:
    assert meets(pattern, prompt) is met


def test_the_first_rule_that_is_met_decides() -> None:
    rules = routing(rule("alpha", "m-1"), rule("alpha beta", "m-2"), rule("beta", "m-3"))
    assert decide(rules, "alpha beta") == Decision(rule="rule m-1", model="m-1")
    assert decide(rules, "beta") == Decision(rule="rule m-3", model="m-3")
    assert decide(rules, "gamma") == Decision(rule="default", model="usual")


def test_no_words_meet_no_rule() -> None:
    assert decide(routing(rule("a|")), "") == Decision(rule="default", model="usual")


def alternatives(count: int) -> str:
    """That many different Chinese phrases of four characters, none beginning as another does."""
    return "|".join(chr(0x4E00 + number) + "深入思" for number in range(count))


@pytest.mark.parametrize("pattern", ["{}", "(?i)^(?:{})"], ids=["anywhere", "as a trigger"])
def test_a_pattern_may_be_large_but_not_so_large_that_it_is_slow(pattern: str) -> None:
    assert refusal(pattern.replace("{}", alternatives(500))) == ""
    words = refusal(pattern.replace("{}", alternatives(900)))
    assert words.startswith("RE2 needs ")
    assert words.endswith(f" steps for it, of at most {MAX_PROGRAM_SIZE}")
