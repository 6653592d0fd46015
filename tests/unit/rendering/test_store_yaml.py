"""Every text survives the store's YAML, whatever it looks like."""

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from aigw.rendering.store_yaml import dump, dump_text, load

LOOKS_LIKE_MORE = [
    *("1e3", "12e27", "08", "0o17", "0x1F", ".5e1", "+.1", "1_000", "-1", ".inf", "1:30"),
    *("y", "n", "Y", "no", "on", "Off", "true", "~", "null", "", "<<", "=", "2000-01-01"),
    *("# no comment", "- a", "a: b", "{", "[", "*x", "&x", "!x", "%x", "@x", "`", "|", ">"),
    *("'", '"', "\\", "a\nb", "a\r\nb", "\ta", " a ", "a\n", "---", "...", "\x00\x07\x1b\x7f\x85"),
    *("深入思考", "\u2028\u2029\ufeff", "😀", "\ufffe\uffff"),
]
TEXTS = st.text(st.characters(codec="utf-8")) | st.sampled_from(LOOKS_LIKE_MORE)
SCALARS = TEXTS | st.integers(-(2**63), 2**63 - 1) | st.booleans() | st.none()
TREES = st.recursive(
    SCALARS, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXTS, inner, max_size=4)
)
BODIES = st.dictionaries(TEXTS, TREES, max_size=4)


@pytest.mark.parametrize("text", LOOKS_LIKE_MORE)
def test_a_text_stays_a_text_as_value_key_and_item(text: str) -> None:
    body = {"value": text, text: "key", "items": [text, {text: text}]}
    assert load(dump(body)) == body


@given(BODIES)
def test_what_is_written_is_what_is_read(body: dict[str, object]) -> None:
    assert load(dump(body)) == body


@given(BODIES)
def test_another_reader_of_yaml_reads_the_same(body: dict[str, object]) -> None:
    assert yaml.safe_load(dump(body)) == body


@given(st.dictionaries(TEXTS, TEXTS, min_size=1))
def test_no_line_of_a_text_within_an_object_begins_with_a_bare_key(tree: dict[str, str]) -> None:
    text = dump_text(tree)
    assert load(text) == tree
    assert all(line.startswith('"') for line in text.splitlines() if line[:1] not in {" ", "-"})


def test_a_megabyte_is_one_text() -> None:
    body = {"long": "é\n" * 500_000}
    assert load(dump(body)) == body


def test_every_text_is_quoted_and_nothing_else_is() -> None:
    body = {"a": "x", "b": {"c": 1, "d": [True, None, 1.5, "y", {"e": "~", "f": []}, [[]]]}}
    assert dump(body) == (
        'a: "x"\nb:\n  c: 1\n  d:\n  - true\n  - null\n  - 1.5\n  - "y"\n'
        '  - e: "~"\n    f: []\n  -\n    - []\n'
    )


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("1e3", 1000.0),
        ("12e27", 12e27),
        ("08", 8.0),
        ("0o17", 15),
        ("017", 15),
        ("0x1f", 31),
        ("0b101", 5),
        ("-0x10", -16),
        (".5e1", 5.0),
        ("+.1", 0.1),
        ("1_000", 1000),
        ("y", True),
        ("N", False),
        ("Off", False),
        ("~", None),
        ("", None),
        ("2000-01-01T00:00:00Z", "2000-01-01T00:00:00Z"),
        ("1:30", "1:30"),
        ("=", "="),
        ("'1'", "1"),
        ("!!str 1", "1"),
    ],
)
def test_a_text_without_quotes_is_what_go_takes_it_for(text: str, meant: object) -> None:
    found = load(f"a: {text}\n")["a"]
    assert (found, type(found)) == (meant, type(meant))


@pytest.mark.parametrize(
    ("text", "read"),
    [
        ("", {}),
        ("# only a comment\n", {}),
        ("\ufeffa: b\r\nc: d\r\n", {"a": "b", "c": "d"}),
        ('{"a": [1, "b"]}', {"a": [1, "b"]}),
        ("a: 1\na: 2\n", {"a": 2}),
        ("n: x\n1: y\n1.0: z\n", {"false": "x", "1": "z"}),
        ("a: &x {b: c}\nd: {<<: *x, e: f}\n", {"a": {"b": "c"}, "d": {"b": "c", "e": "f"}}),
        ("a: b\n---\nc: d\n", {"a": "b"}),
    ],
    ids=["empty", "comment", "bom", "json", "double", "keys", "merge", "documents"],
)
def test_odd_files_are_read_as_the_api_server_reads_them(text: str, read: object) -> None:
    assert load(text) == read


@pytest.mark.parametrize(
    "text",
    [
        'apiTokens:\n- "sk-canary\n',
        "a: [sk-canary\nb: c\n",
        "a: *sk-canary\n",
        "a: b\n\tsk-canary: x\n",
        "a: sk-canary: x\n",
        "- sk-canary\n",
        "sk-canary\n",
        "? {sk-canary: x}\n: y\n",
        "a: !!python/object:sk-canary x\n",
    ],
)
def test_a_file_that_is_no_yaml_is_refused_by_its_line_and_without_its_text(text: str) -> None:
    with pytest.raises(ValueError, match=r"^(line [0-9]+: )?[a-z]") as refused:
        load(text)
    assert "canary" not in str(refused.value)


@pytest.mark.parametrize("value", ["\ud800", float("inf"), float("nan"), b"x", object()])
def test_what_no_yaml_holds_is_not_written(value: object) -> None:
    with pytest.raises(ValueError, match=r"."):
        dump({"a": value})
