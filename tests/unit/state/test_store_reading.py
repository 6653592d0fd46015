"""The old store is read as its API server read it, and never shown."""

from pathlib import Path

import pytest

from aigw.state.store_reading import Unreadable, read_store, texts


def tree(text: str) -> object:
    """Read a document."""
    return texts(text.encode())[0]


@pytest.mark.parametrize(
    ("text", "value"),
    [
        pytest.param("a: 1e3", {"a": "1e3"}, id="a token that looks like a number"),
        pytest.param("a: yes", {"a": "yes"}, id="a word of YAML 1.1"),
        pytest.param("a:\nb: ~\nc: null", {"a": None, "b": None, "c": None}, id="nothing"),
        pytest.param("a: ''", {"a": ""}, id="an empty text"),
        pytest.param("a: b\n---\na: c", {"a": "b"}, id="only the first document counts"),
        pytest.param("", None, id="an empty file"),
        pytest.param("\ufeffa: b", {"a": "b"}, id="a byte order mark"),
        pytest.param('{"a": ["b", {"c": 1}]}', {"a": ["b", {"c": "1"}]}, id="JSON"),
        pytest.param("a: |\n  b\n  c\n", {"a": "b\nc\n"}, id="lines"),
    ],
)
def test_scalars_are_kept_as_they_are_written(text: str, value: object) -> None:
    assert tree(text) == value


def test_of_keys_that_stand_twice_the_last_counts() -> None:
    assert texts(b"a: {b: 1, b: 2}\nc: 3\n") == ({"a": {"b": "2"}, "c": "3"}, ("b",))


@pytest.mark.parametrize(
    ("content", "why"),
    [
        pytest.param(b'a: b\nc: "CANARY"x', "line 2: did not find expected key", id="quotes"),
        pytest.param(b"a: [CANARY\n", "line 2: did not find expected ',' or ']'", id="a list"),
        pytest.param(b"a: *CANARY", "line 1: anchors and aliases are not taken", id="an alias"),
        pytest.param(b"a: \xff\xfe", "line 1: it is not UTF-8", id="bytes"),
        pytest.param(b"\x00\x01\x02", "it is not YAML", id="a binary file"),
        pytest.param(b"\x7fELF\x02\x01", "it is not YAML", id="a program"),
        pytest.param(b"a: !CANARY\n  %CANARY", None, id="a directive in the middle"),
        pytest.param(b"[" * 5000, None, id="deep"),
        pytest.param(b"? [a]\n: b\n", "a key is no text", id="a list as a key"),
        pytest.param(b"a: `CANARY", None, id="a sign that is reserved"),
        pytest.param(b"a: @CANARY", None, id="another"),
    ],
)
def test_what_is_no_document_is_refused_without_a_word_of_it(
    content: bytes, why: str | None
) -> None:
    with pytest.raises(Unreadable) as caught:
        texts(content)
    assert "CANARY" not in caught.value.why
    assert why in {None, caught.value.why}


def test_only_what_was_live_is_read(tmp_path: Path) -> None:
    for name in (
        "wasmplugins/a.yaml",
        "wasmplugins/.hidden.yaml",
        "wasmplugins/a.yaml.backup",
        "wasmplugins/b.yml",
        "elsewhere/c.yaml",
        "d.yaml",
        "secrets/中文.yaml",
    ):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text("a: b\n")
    found = ["secrets/中文.yaml", "wasmplugins/.hidden.yaml", "wasmplugins/a.yaml"]
    assert sorted(read_store(tmp_path).trees) == found


def test_files_that_are_none_are_refused_one_by_one(tmp_path: Path) -> None:
    folder = tmp_path / "wasmplugins"
    folder.mkdir()
    (folder / "good.yaml").write_text("a: b")
    (folder / "gone.yaml").symlink_to("nowhere")
    (folder / "loop.yaml").symlink_to("loop.yaml")
    (folder / "folder.yaml").mkdir()
    (folder / "large.yaml").write_bytes(b"a: " + b"x" * 10_000_000)
    store = read_store(tmp_path)
    assert list(store.trees) == ["wasmplugins/good.yaml"]
    assert [name for name, _ in store.bad] == [
        f"wasmplugins/{name}.yaml" for name in ("folder", "gone", "large", "loop")
    ]
