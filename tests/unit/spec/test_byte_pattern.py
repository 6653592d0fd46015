"""Read as bytes, a pattern finds what it finds read as characters."""

import pytest
import re2
from hypothesis import example, given, settings
from hypothesis import strategies as st

from aigw.spec.rules import refusal, whole
from aigw.spec.utf8_ranges import ALL, over_bytes

ATOMS = st.sampled_from(
    [
        *"abkKsS1 -,:&.*+?|()[]{}^$\n\0中文éÉßſΣς😀\u212a\ufffd",
        *(
            "(?:",
            "(?i)",
            "(?i:",
            "(?s)",
            "(?m)",
            "(?-i)",
            "(?im-s:",
            "(?U)",
            "(?P<n>",
            "(?<m>",
            ")*",
        ),
        *("*?", "+?", "??", "{2}", "{1,3}", "{0,}", "{,2}", "{2,1}", "{01}"),
        *(r"\b", r"\B", r"\A", r"\z", r"\d", r"\D", r"\w", r"\W", r"\s", r"\S"),
        *(r"\pL", r"\PN", r"\p{Han}", r"\p{^Greek}", r"\P{Lu}", "[[:alpha:]]", "[[:^digit:]]"),
        *(
            r"\x41",
            r"\x{1F600}",
            r"\x{4E2D}",
            r"\x{D800}",
            r"\101",
            r"\0",
            r"\n",
            r"\v",
            r"\.",
            r"\\",
        ),
        *(
            "[a-z]",
            "[^a]",
            "[中-文]",
            "[^中]",
            "[]a]",
            "[^]a]",
            r"[\d中]",
            r"[^\w]",
            "[é-ï]",
            "[[:word:]",
        ),
        *(r"\Q", r"\E", r"\Qa.b\E", r"\Q中\E"),
    ]
)
PATTERNS = st.lists(ATOMS, min_size=1, max_size=7).map("".join)
TEXTS = st.text("abkKsS1 -\n\0中文éÉßẞſΣσς😀\u212aİıÄä\ufffd", max_size=6)


def compiled(pattern: str, encoding: re2.Options.Encoding) -> re2._Regexp:
    options = re2.Options()
    options.log_errors = False
    options.encoding = encoding
    return re2.compile(pattern.encode(), options)


def in_text(pattern: str, text: str) -> bool:
    """Search from the border of a character, as Go does; RE2 itself lets `\\B` begin inside."""
    wrapped = "(?s:.*)(?:" + pattern + ")(?s:.*)"
    return compiled(wrapped, re2.Options.Encoding.UTF8).fullmatch(text.encode()) is not None


def in_octets(pattern: str, text: str) -> bool:
    return (
        compiled(whole(pattern), re2.Options.Encoding.LATIN1).fullmatch(text.encode()) is not None
    )


@settings(deadline=None, max_examples=1500)
@given(pattern=PATTERNS, texts=st.lists(TEXTS, min_size=5, max_size=5))
@example(pattern=r"\B", texts=["A文S"])
@example(pattern="(a)*(?s)*", texts=["a"])
@example(pattern="(?i)\\x{1F600}", texts=["😀"])
@example(pattern="[\ufffd]", texts=["\ufffd"])
def test_a_pattern_finds_the_same_in_bytes_as_in_text(pattern: str, texts: list[str]) -> None:
    if refusal(pattern):
        return
    assert whole(pattern).isascii()
    assert [in_octets(pattern, text) for text in texts] == [
        in_text(pattern, text) for text in texts
    ]


@pytest.mark.parametrize(
    "kind",
    [
        "(?i)[^中]",
        r"\p{Lu}",
        r"(?i)\p{Lu}",
        r"\PL",
        r"[\p{Han}\p{Greek}a-f]",
        "(?i)[à-ÿ]",
        r"(?i)\w",
    ],
)
def test_a_class_holds_the_same_characters_all_over_unicode(kind: str) -> None:
    octets = compiled(whole(rf"\A(?:{kind})\z"), re2.Options.Encoding.LATIN1)
    text = compiled(rf"\A(?:{kind})\z", re2.Options.Encoding.UTF8)
    every = [chr(point) for first, last in ALL for point in range(first, last + 1, 7)]
    found = [one for one in every if octets.fullmatch(one.encode())]
    assert found == [one for one in every if text.fullmatch(one.encode())]
    assert found


def test_letters_of_scripts_without_cases_fold_to_nothing_else() -> None:
    every = "".join(chr(point) for first, last in ALL for point in range(first, last + 1))
    folded = compiled(r"(?i)\p{Lo}", re2.Options.Encoding.UTF8)
    beyond = compiled(r"(?i)[\x{1E944}-\x{10FFFF}]", re2.Options.Encoding.UTF8)
    assert set(folded.findall(every.encode())) == set(
        compiled(r"\p{Lo}", re2.Options.Encoding.UTF8).findall(every.encode())
    )
    assert all(ord(one.decode()) > 0x1E943 for one in beyond.findall(every.encode()))


@given(
    runs=st.lists(st.tuples(st.integers(0, 0x10FFFF), st.integers(0, 3000)), max_size=4),
    points=st.lists(st.integers(0, 0x10FFFF), max_size=50),
)
def test_a_set_of_characters_is_written_exactly(
    runs: list[tuple[int, int]], points: list[int]
) -> None:
    members = {
        point
        for first, length in runs
        for point in range(first, min(first + length, 0x10FFFF) + 1)
        if not 0xD800 <= point < 0xE000
    }
    pattern = compiled(over_bytes(_runs(sorted(members))), re2.Options.Encoding.LATIN1)
    edges = {edge for point in members for edge in (point - 1, point + 1)} - members
    asked = {*points, *list(members)[:50], *list(edges)[:50]}
    valid = [point for point in asked if 0 <= point <= 0x10FFFF and not 0xD800 <= point < 0xE000]
    assert [point for point in valid if pattern.fullmatch(chr(point).encode())] == [
        point for point in valid if point in members
    ]


def _runs(points: list[int]) -> list[tuple[int, int]]:
    runs: list[tuple[int, int]] = []
    for point in points:
        if runs and runs[-1][1] == point - 1:
            runs[-1] = (runs[-1][0], point)
        else:
            runs.append((point, point))
    return runs
