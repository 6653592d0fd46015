"""Model patterns of the old gateway become what their user had meant."""

import pytest

from aigw.spec.legacy_patterns import OldMatch, patterns
from aigw.spec.legacy_report import Findings

# What was typed; what the template made of it (contract 3.3); what was meant; what was corrected.
RENDERED = [
    ("qwen-*", ("prefix", "qwen-"), ("qwen-*",), []),
    ("qwen*", ("regex", "qwen.*"), ("qwen*",), []),
    ("gpt-4-turbo", ("prefix", "gpt-4-turbo"), ("gpt-4-turbo",), ["gpt-4-turbo*"]),
    ("a-*, b-*", ("regex", "a-.*|b-.*"), ("a-*", "b-*"), []),
    ("gpt-4o,gpt-4o-mini", ("regex", "gpt-4o|gpt-4o-mini"), ("gpt-4o", "gpt-4o-mini"), []),
    ("*", ("regex", ".*"), ("*",), []),
    ("a,*,b", ("regex", "a|.*|b"), ("a", "*", "b"), []),
    ("glm-4.*", ("regex", "glm-4..*"), ("glm-4*",), ["glm-4.*"]),
    ("gpt-4.1-*,o1", ("regex", "gpt-4.1-.*|o1"), ("gpt-4.1-*", "o1"), []),
    ("*-turbo", ("prefix", "*-turbo"), ("*-turbo",), ["*-turbo"]),
    ("command-*-plus", ("prefix", "command-*-plus"), ("command-*-plus",), ["command-*-plus"]),
    ("-*", ("prefix", "-"), ("-*",), []),
    ("gpt-.*|o1-.*", ("regex", "gpt-..*|o1-..*"), ("gpt-*", "o1-*"), ["gpt-.*", "o1-.*"]),
    ("", ("regex", ".*"), ("*",), []),
]


@pytest.mark.parametrize("row", RENDERED, ids=lambda row: str(row[0]) or "nothing")
@pytest.mark.parametrize("told", [True, False], ids=["typed text known", "route only"])
def test_a_rendered_route_says_what_was_typed(
    row: tuple[str, tuple[str, str], tuple[str, ...], list[str]], *, told: bool
) -> None:
    typed, header, meant, corrected = row
    findings = Findings()
    match = OldMatch(header=header, predicates=(), saved=False)
    found = patterns("provider p", match, typed if told else None, findings)
    assert (found, [one.was for one in findings.corrected]) == (meant, corrected)


def test_dashes_with_something_around_them_are_known_from_the_text_only() -> None:
    match = OldMatch(header=("prefix", "-"), predicates=(), saved=False)
    findings = Findings()
    assert patterns("provider p", match, "*-*", findings) == ("*-*",)
    assert [one.was for one in findings.corrected] == ["-"]


@pytest.mark.parametrize(
    ("predicates", "typed", "meant"),
    [
        pytest.param((("PRE", "gpt-4"),), None, ("gpt-4*",), id="a prefix"),
        pytest.param((("EQUAL", "gpt-4"),), None, ("gpt-4",), id="a name"),
        pytest.param((("PRE", ""),), None, ("*",), id="an empty prefix"),
        pytest.param((), None, ("*",), id="nothing to go by"),
        pytest.param((("PRE", "gpt-4"),), "gpt-4", ("gpt-4",), id="saved, and as it was typed"),
        pytest.param((("PRE", "gpt-5"),), "gpt-4", ("gpt-5*",), id="changed since it was typed"),
        pytest.param((("PRE", "a"), ("EQUAL", "b.c")), None, ("a*", "b.c"), id="several"),
    ],
)
def test_a_route_that_the_console_saved_means_what_it_shows(
    predicates: tuple[tuple[str, str], ...], typed: str | None, meant: tuple[str, ...]
) -> None:
    match = OldMatch(header=("regex", "^(x|y.*)"), predicates=predicates, saved=True)
    assert patterns("provider p", match, typed, Findings()) == meant


def test_a_route_that_was_edited_by_hand_counts_more_than_what_was_typed() -> None:
    match = OldMatch(header=("prefix", "qwen2-"), predicates=(("PRE", "qwen-"),), saved=False)
    assert patterns("provider p", match, "qwen-*", Findings()) == ("qwen2-*",)


def test_a_pattern_that_no_spec_can_hold_is_left_out() -> None:
    findings = Findings()
    assert patterns("provider p", None, 'a"b,c-*,d**', findings) == ("c-*", "d*")
    assert [one.what for one in findings.dropped] == ["provider p: model pattern"]


def test_a_provider_that_nothing_is_said_of_has_the_usual_patterns() -> None:
    assert patterns("provider p", None, None, Findings()) is None
