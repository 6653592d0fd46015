import os
import time
from pathlib import Path

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st
from ruamel.yaml import YAML

from aigw.errors import SpecInvalid
from aigw.state.document import load_tree
from aigw.state.reading import compose, plain
from aigw.state.writing import inline, lines

LAUGHS = "a: &a [x, x]\n" + "".join(f"b{n}: &b{n} [*a, *a]\n" for n in range(30))
QUICK_SECONDS = 5.0

BAD = [
    ("empty", b"", "is empty"),
    ("only a comment", b"# nothing\n", "is empty"),
    ("duplicate key", b"a: 1\nb: 2\na: 3\n", "line 3, column 1: `a` stands here twice"),
    ("tab", b"a:\n\tb: 1\n", "line 2, column 1: a tab cannot indent"),
    ("tab after blanks", b"a:\n  b: 1\n  \tc: 1\n", "line 3, column 3: a tab cannot indent"),
    ("anchor", b"a: 1\nb: &x 2\n", "line 2, column 4: anchors and aliases"),
    ("alias", b"a: 1\nb: *x\n", "line 2, column 4: anchors and aliases"),
    ("billion laughs", LAUGHS.encode(), "line 1, column 4: anchors and aliases"),
    ("tag", b"a: !!python/object/apply:os.system [id]\n", "line 1, column 4: tags"),
    ("directive", b"%YAML 1.1\n---\na: 1\n", "line 1, column 1: directives"),
    ("two documents", b"a: 1\n---\nb: 1\n", "line 2, column 1: a second document"),
    ("not UTF-8", b"a: 1\nb: \xff\n", "line 2: is not UTF-8"),
    ("UTF-16", "a: 1\n".encode("utf-16"), "line 1: is not UTF-8"),
    ("byte order mark", b"\xef\xbb\xbfa: 1\n", "line 1: starts with a byte order mark"),
    ("NUL", b"a: 1\nb: \x00\n", "line 2: holds the character U+0000"),
    ("escape", b"a: 1\n# \x1b[2J\n", "line 2: holds the character U+001B"),
    ("open bracket", b"a: [1,\n", "line 2, column 1: "),
    ("open quote", b"a: 'x\n", "line 2, column 1: "),
    ("two colons", b"a: b: c\n", "line 1, column 5: mapping values are not allowed"),
    ("key that is a list", b"? [a]\n: 1\n", "line 1, column 3: a key must be text"),
    ("empty key", b"? \n: 1\n", "line 1, column 2: a key must be text"),
    ("deep", b"a: " + b"[" * 70 + b"]" * 70, "column 68: is nested deeper than 64"),
    ("very deep", b"a: " + b"[" * 1_000_000, "line 1, column"),
    ("deep by dashes", b"- " * 1_000_000, "line 1, column"),
    ("10 MiB", b"a: 1\n" * (2 << 20) + b"\n", "is larger than 10 MiB"),
    ("a million values", b"[" + b"1," * 1_000_000 + b"1]", "500,000 values"),
    *(
        (f"unclear {word}", f"a: {word}\n".encode(), "line 1, column 4: YAML readers differ")
        for word in ["yes", "Off", "y", "N", "08", "017", "0x1f", "1_000", "1:30", "1e3"]
    ),
    *(
        (f"unclear {word}", f"a: {word}\n".encode(), "line 1, column 4: YAML readers differ")
        for word in ["0o7", ".5", "1.", ".inf", ".NaN", "2026-11-25", "=", "9" * 20]
    ),
]


@pytest.mark.parametrize(("content", "words"), [bad[1:] for bad in BAD], ids=[x[0] for x in BAD])
def test_what_cannot_be_read_is_refused_quickly_with_its_line(
    tmp_path: Path, content: bytes, words: str
) -> None:
    path = tmp_path / "gateway.yaml"
    path.write_bytes(content)
    begun = time.process_time()
    with pytest.raises(SpecInvalid) as error:
        load_tree(path)
    assert words in str(error.value.problems[0])
    assert time.process_time() - begun < QUICK_SECONDS


@pytest.mark.parametrize(
    ("name", "words"), [("missing", "there is no such file"), (".", "there is a folder")]
)
def test_what_is_no_file_is_refused(tmp_path: Path, name: str, words: str) -> None:
    with pytest.raises(SpecInvalid, match=words):
        load_tree(tmp_path / name)


def test_a_pipe_is_refused_without_waiting_for_who_writes_into_it(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "gateway.yaml")
    with pytest.raises(SpecInvalid, match="is no regular file"):
        load_tree(tmp_path / "gateway.yaml")


@pytest.mark.parametrize(
    ("text", "value"),
    [
        pytest.param("a: [1, -2, 0.5, 1.5e+3]", [1, -2, 0.5, 1500.0], id="numbers"),
        pytest.param("a: [true, False, null, ~, ]", [True, False, None, None], id="words"),
        pytest.param(
            "a: ['08', \"yes\", '1e3', 'null']", ["08", "yes", "1e3", "null"], id="quoted"
        ),
        pytest.param("a: >-\n  b\n  c\n", "b c", id="folded"),
        pytest.param("---\na: {b: 深}\n...\n", {"b": "深"}, id="marked"),
        pytest.param("a: \n", None, id="nothing"),
        pytest.param("a: gpt-4o-2024-08-06", "gpt-4o-2024-08-06", id="a model"),
        pytest.param("a: {360: x, on: y1}", {"360": "x", "on": "y1"}, id="keys are text"),
    ],
)
def test_plain_values_are_read(text: str, value: object) -> None:
    assert plain(compose(text, source="x")) == {"a": value}


NASTY = st.sampled_from(
    [
        *("y", "no", "1e3", "08", "null", "~", "1:30", "0x1f", "=", "<<", "-", "?", ":", "", " "),
        *("a: b", "a #b", "'", '"', "\\", "$(id)", "`id`", "a\nb", "\t", "\r", "\x00", "\x85"),
        *(
            "\u2028",
            "\ufeff",
            "深入思考|deep",
            "𝔸",
            "{}",
            "[x]",
            "*x",
            "&x",
            "!x",
            "%x",
            "@x",
            "---",
        ),
        "k" * 2000,
    ]
)
TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=20) | NASTY
SCALARS = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(10**17), 10**17),
    st.floats(allow_nan=False, allow_infinity=False),
    TEXTS,
)
KEYS = TEXTS.filter(bool)
TREES = st.recursive(
    SCALARS, lambda some: st.lists(some, max_size=4) | st.dictionaries(KEYS, some, max_size=4)
)


@settings(deadline=None)
@given(TREES)
def test_any_value_is_read_as_it_was_written(value: object) -> None:
    text = f"a: {inline(value)}\n"
    assert plain(compose(text, source="x")) == {"a": value}


@settings(deadline=None)
@given(
    st.dictionaries(
        KEYS.filter(lambda key: len(key) < 1000),
        st.lists(TREES, min_size=1),
        min_size=1,
        max_size=3,
    )
)
def test_any_value_on_lines_is_read_as_it_was_written(value: dict[str, object]) -> None:
    blocks = frozenset((key,) for key in value)
    text = lines(value, (), blocks, indent=0)
    assert plain(compose(text, source="x")) == value


@settings(deadline=None)
@given(TREES)
def test_every_yaml_reader_reads_what_was_written(value: object) -> None:
    text = f"a: {inline(value)}\n"
    assert yaml.safe_load(text) == {"a": value}
    assert YAML(typ="safe", pure=True).load(text) == {"a": value}
