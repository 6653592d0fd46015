import copy

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aigw.spec.secret import FromEnvironment, FromFile, Secret, Stored

KEY = "sk-canary-0123456789abcdef3f2a"


@given(st.text(st.characters(exclude_characters="."), min_size=1))
def test_a_mask_shows_a_quarter_of_a_key_and_never_more_than_eight_characters(key: str) -> None:
    head, dots, tail = Secret(key).masked().rpartition("...")
    assert dots
    assert key.startswith(head)
    assert key.endswith(tail)
    assert len(head + tail) <= min(8, len(key) / 4)


@pytest.mark.parametrize(
    ("key", "mask"),
    [
        pytest.param(KEY, "sk-...3f2a", id="long"),
        pytest.param("0123456789abcdef", "...cdef", id="middling"),
        pytest.param("0123", "...3", id="short"),
        pytest.param("012", "...", id="too short to show any of it"),
        pytest.param("", "...", id="empty"),
    ],
)
def test_a_mask_shows_both_ends_of_a_long_key_and_less_of_a_short_one(key: str, mask: str) -> None:
    assert Secret(key).masked() == mask


@pytest.mark.parametrize(
    "words",
    [
        pytest.param(str(Secret(KEY)), id="str"),
        pytest.param(repr(Secret(KEY)), id="repr"),
        pytest.param(f"{Secret(KEY)}", id="format"),
        pytest.param(repr({"keys": (Secret(KEY),)}), id="inside others"),
        pytest.param(repr(copy.deepcopy(Secret(KEY))), id="copied"),
    ],
)
def test_a_key_never_prints_itself(words: str) -> None:
    assert "canary" not in words
    assert "sk-...3f2a" in words


def test_a_key_is_given_only_when_it_is_asked_for() -> None:
    assert Secret(KEY).reveal() == KEY


def test_equal_keys_are_equal() -> None:
    assert len({Secret(KEY), Secret(KEY), Secret("other")}) == 2
    assert Secret(KEY) != KEY


@pytest.mark.parametrize(
    ("source", "text"),
    [
        (Stored(), "store"),
        (FromEnvironment("OPENAI_API_KEY"), "env:OPENAI_API_KEY"),
        (FromFile("/run/key"), "file:/run/key"),
    ],
    ids=["stored", "environment", "file"],
)
def test_where_a_key_is_reads_as_it_is_written(source: object, text: str) -> None:
    assert str(source) == text
