import stat
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aigw.errors import SpecInvalid
from aigw.spec.secret import Secret
from aigw.state.secrets import (
    fingerprints,
    key_problem,
    load_credentials,
    resolve,
    salt,
    save_credentials,
)
from tests.unit.spec.trees import Tree, custom, spec_of

CANARY = "sk-canary-0123456789"
KEYS = st.text(st.characters(min_codepoint=0x20, max_codepoint=0x7E), min_size=1).filter(
    lambda text: text == text.strip()
)


def openai(*keys: str) -> Tree:
    return {"id": "openai", "type": "openai", "keys": list(keys)}


@settings(deadline=None)
@given(st.dictionaries(st.from_regex("[a-z0-9]{1,9}", fullmatch=True), st.lists(KEYS, min_size=1)))
def test_keys_are_loaded_as_they_were_saved(
    tmp_path_factory: pytest.TempPathFactory, keys: dict[str, list[str]]
) -> None:
    path = tmp_path_factory.mktemp("g") / "credentials.yaml"
    ring = {name: tuple(map(Secret, kept)) for name, kept in keys.items()}
    save_credentials(path, ring)
    assert load_credentials(path).keys == ring


def test_without_a_file_there_are_no_keys(tmp_path: Path) -> None:
    assert load_credentials(tmp_path / "credentials.yaml").keys == {}


def test_a_provider_without_keys_is_not_kept(tmp_path: Path) -> None:
    path = tmp_path / "credentials.yaml"
    save_credentials(path, {"a": ()})
    assert load_credentials(path).keys == {}


def test_keys_are_written_for_our_eyes_only(tmp_path: Path) -> None:
    path = tmp_path / "credentials.yaml"
    save_credentials(path, {"a": (Secret(CANARY),)})
    assert CANARY in path.read_text()
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert load_credentials(path).warnings == ()


def test_keys_open_to_others_are_closed_and_reported(tmp_path: Path) -> None:
    path = tmp_path / "credentials.yaml"
    path.write_text(f"a: [{CANARY}]\n")
    path.chmod(0o640)
    loaded = load_credentials(path)
    assert loaded.keys == {"a": (Secret(CANARY),)}
    assert loaded.warnings == (
        f"`{path}` could be read by other users (mode 0640); it is 0600 now",
    )
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        pytest.param("- x\n", "must be a mapping of provider id", id="a list"),
        pytest.param(f"a: {CANARY}\n", "a: must be a list of keys", id="one key"),
        pytest.param("a: [1234567890123]\n", "a[0]: must be text; put it in quotes", id="number"),
        pytest.param("a: [12345678901234567890]\n", "put it in quotes", id="large number"),
        pytest.param(f'a: ["{CANARY}\\n"]\n', "a[0]: cannot be sent: character 21", id="line end"),
        pytest.param(f"a: [{CANARY}\n", "line 2", id="no YAML"),
        pytest.param(f"a: [x]\n{CANARY}\n", "line 3", id="a line too many"),
        pytest.param(f"a: [x]\na: [{CANARY}]\n", "`a` stands here twice", id="twice"),
    ],
)
def test_a_spoilt_file_is_refused_without_showing_a_key(
    tmp_path: Path, text: str, problem: str
) -> None:
    path = tmp_path / "credentials.yaml"
    path.write_text(text)
    with pytest.raises(SpecInvalid) as error:
        load_credentials(path)
    assert problem in str(error.value)
    assert CANARY not in str(error.value)
    assert "1234567890123" not in str(error.value)


def test_a_key_that_no_header_carries_is_not_kept(tmp_path: Path) -> None:
    path = tmp_path / "credentials.yaml"
    with pytest.raises(SpecInvalid) as error:
        save_credentials(path, {"a": (Secret("good"), Secret(f"{CANARY}\r\nx: y"))})
    assert "a[1]: cannot be sent: character 21 (U+000D)" in str(error.value)
    assert CANARY not in str(error.value)
    assert not path.exists()


@pytest.mark.parametrize(
    "key",
    ["sk-1", "a'b", 'a"b', "a\\b", "$(id)", "`id`", "a b", "{}[]", "a,b", "x" * 16384, "~", "%41"],
)
def test_a_key_that_a_header_carries_is_taken(key: str) -> None:
    assert key_problem(key) == ""


@pytest.mark.parametrize(
    ("key", "problem"),
    [
        ("", "is empty"),
        (" a", "begins or ends with a blank"),
        ("a ", "begins or ends with a blank"),
        ("a\nb", "cannot be sent: character 2 (U+000A) is a control character"),
        ("a\0", "cannot be sent: character 2 (U+0000) is a control character"),
        ("a\tb", "cannot be sent: character 2 (U+0009) is a control character"),
        ("a\x7f", "cannot be sent: character 2 (U+007F) is a control character"),
        ("sk－1", "cannot be sent: character 3 (U+FF0D) is not plain ASCII"),
        ("ké", "cannot be sent: character 2 (U+00E9) is not plain ASCII"),
        ("k\udcff", "cannot be sent: character 2 (U+DCFF) is not plain ASCII"),
        ("x" * 16385, "is longer than 16384 characters"),
    ],
)
def test_a_key_that_no_header_carries_is_refused(key: str, problem: str) -> None:
    assert key_problem(key) == problem


def test_keys_are_found_where_the_spec_says(tmp_path: Path) -> None:
    file = tmp_path / "a key, of mine"
    file.write_text("from-file\n")
    spec = spec_of(openai("store", "env:MY_KEY", f"file:{file}"), custom("own", "m"))
    ring = resolve(spec, {"openai": (Secret("kept"), Secret("too"))}, {"MY_KEY": " from-env\n"})
    assert ring == {
        "openai": tuple(map(Secret, ["kept", "too", "from-env", "from-file"])),
        "own": (),
    }


def test_a_key_file_in_the_home_folder_is_found(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    (tmp_path / "key").write_text("from-home")
    ring = resolve(spec_of(openai("file:~/key")), {}, {})
    assert ring == {"openai": (Secret("from-home"),)}


def test_all_keys_that_are_missing_are_named_at_once(tmp_path: Path) -> None:
    spoilt = tmp_path / "spoilt"
    spoilt.write_bytes(CANARY.encode() + b"\xff")
    large = tmp_path / "large"
    large.write_text("x" * 20_000)
    spec = spec_of(
        {"id": "a", "type": "openai", "models": ["a"], "keys": ["env:NOT_SET", "env:EMPTY"]},
        {"id": "b", "type": "openai", "models": ["b"], "keys": ["file:/no/file", "file:key"]},
        {"id": "c", "type": "openai", "models": ["c"], "keys": ["store"]},
        {
            "id": "d",
            "type": "openai",
            "models": ["d"],
            "keys": [f"file:{spoilt}", f"file:{large}", f"file:{tmp_path}"],
        },
    )
    with pytest.raises(SpecInvalid) as error:
        resolve(spec, {"a": (Secret(CANARY),)}, {"EMPTY": " "})
    assert [str(problem) for problem in error.value.problems] == [
        "providers[0].keys[0]: provider `a` takes its key from $NOT_SET, which is not set here: "
        "export it, or `aigw config add --provider openai --id a --key-stdin` keeps one",
        "providers[0].keys[1]: provider `a` takes its key from $EMPTY, which is empty here: "
        "export it, or `aigw config add --provider openai --id a --key-stdin` keeps one",
        "providers[1].keys[0]: file `/no/file` cannot be read: there is no such file or folder",
        "providers[1].keys[1]: file `key` must be named by its whole path",
        "providers[2].keys: no key is kept for `c`: "
        "`aigw config add --provider openai --id c --key-stdin` keeps one",
        f"providers[3].keys[0]: file `{spoilt}`: the key cannot be sent: "
        "character 21 (U+00FF) is not plain ASCII",
        f"providers[3].keys[1]: file `{large}`: the key is longer than 16384 characters",
        f"providers[3].keys[2]: file `{tmp_path}` cannot be read: there is a folder of that name",
    ]


def test_a_provider_that_needs_no_key_may_have_one() -> None:
    spec = spec_of(custom("own", "m", keys=["store"]))
    assert resolve(spec, {}, {}) == {"own": ()}
    assert resolve(spec, {"own": (Secret("k"),)}, {}) == {"own": (Secret("k"),)}


def test_a_salt_is_made_once_and_kept(tmp_path: Path) -> None:
    path = tmp_path / "salt"
    made = salt(path)
    assert (salt(path), len(made), stat.S_IMODE(path.stat().st_mode)) == (made, 32, 0o600)


@pytest.mark.parametrize("content", [b"", b"zz", b"00", b"\xff"])
def test_a_spoilt_salt_is_made_anew(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "salt"
    path.write_bytes(content)
    assert salt(path) == salt(path)
    assert path.read_bytes() != content


def test_a_fingerprint_tells_keys_apart_and_shows_none(tmp_path: Path) -> None:
    one, other = salt(tmp_path / "one"), salt(tmp_path / "other")
    ring = {"a": (Secret(CANARY), Secret("sk-2")), "b": (Secret(CANARY),)}
    prints = fingerprints(ring, one)
    assert prints == fingerprints(ring, one)
    assert prints["a"][0] == prints["b"][0] != prints["a"][1]
    assert prints["a"][0] != fingerprints(ring, other)["a"][0]
    assert {len(each) for kept in prints.values() for each in kept} == {16}
