"""Keys of providers: where they come from, what is kept, and what is refused."""

import stat
from pathlib import Path

import pytest
import yaml

from tests.cli.configured import KEY, STOPPED, add, keys
from tests.cli.program import Program
from tests.cli.starting import begin
from tests.fakes import Process
from tests.world import Machine


def test_the_first_provider_makes_the_gateway(aigw: Program) -> None:
    said = aigw(
        "config", "add", "--provider", "deepseek", "--key-stdin", "--no-check", stdin=f"{KEY}\n"
    )
    assert said.code == 0
    assert said.out == f"added provider deepseek (...cdef); models deepseek-*\n{STOPPED}"
    assert said.err == ""
    assert keys(aigw) == {"deepseek": [KEY]}


KEY_FLAGS = {
    "a flag": (("--key", KEY), ""),
    "standard input": (("--key-stdin",), KEY),
    "standard input with a line end": (("--key-stdin",), f"{KEY}\r\n"),
}


@pytest.mark.parametrize(("flags", "stdin"), KEY_FLAGS.values(), ids=KEY_FLAGS.keys())
def test_a_key_is_kept_exactly(aigw: Program, flags: tuple[str, ...], stdin: str) -> None:
    add_flags = ("config", "add", "--provider", "openai", "--no-check", *flags)
    assert aigw(*add_flags, stdin=stdin).code == 0
    assert keys(aigw) == {"openai": [KEY]}


def test_who_gives_a_key_as_a_flag_is_told_that_others_see_it(
    aigw: Program, process: Process
) -> None:
    add = ("config", "add", "--provider", "deepseek", "--no-check")
    assert aigw(*add, "--key", KEY).seen
    assert begin(aigw, process, "--openai-key", KEY).seen
    assert not aigw(*add, "--key", KEY, "-q").seen
    assert not aigw(*add, "--key-stdin", stdin=KEY).seen
    assert not begin(aigw, process).seen


ODD_KEYS = {
    "quotes": "sk-\"quoted'0123456789",
    "backslash": "sk-back\\slash\\n0123",
    "shell": "sk-$(touch /tmp/x)`id`",
    "yaml": "sk: &anchor *alias # {x}",
    "blank inside": "sk one two",
    "the longest": "k" * 16384,
}


@pytest.mark.parametrize("key", ODD_KEYS.values(), ids=ODD_KEYS.keys())
def test_an_odd_key_is_carried_exactly(aigw: Program, key: str) -> None:
    said = aigw("config", "add", "--provider", "openai", "--no-check", "--key-stdin", stdin=key)
    assert said.code == 0
    assert keys(aigw) == {"openai": [key]}


BAD_KEYS = {
    "not ASCII": ("sk-schlüssel-0123456789", "cannot be sent: character 8 (U+00C3) is not plain"),
    "a control character": (
        "sk-\x07-0123456789",
        "cannot be sent: character 4 (U+0007) is a control",
    ),
    "a NUL": ("sk-\0-0123456789", "cannot be sent: character 4 (U+0000) is a control"),
    "one megabyte": ("k" * (1 << 20), "is longer than 16384 characters"),
    "blanks around": (" sk-0123456789", "begins or ends with a blank"),
}


@pytest.mark.parametrize(("key", "words"), BAD_KEYS.values(), ids=BAD_KEYS.keys())
def test_a_key_that_no_header_carries_is_refused(aigw: Program, key: str, words: str) -> None:
    said = aigw("config", "add", "--provider", "openai", "--no-check", "--key-stdin", stdin=key)
    assert (said.code, said.out) == (2, "")
    assert said.err.startswith(f"error: the key {words}")
    assert key not in said.err
    assert not aigw.folder.exists()


NO_KEY = {
    "none": ((), "", "needs a key: --key-stdin, --key-env, --key-file, --key, or OPENAI_API_KEY"),
    "an empty flag": (("--key", ""), "", "--key is empty"),
    "commas": (("--key", ","), "", "the key is empty"),
    "nothing on standard input": (("--key-stdin",), "\n\n", "standard input holds no key"),
}


@pytest.mark.parametrize(("flags", "stdin", "words"), NO_KEY.values(), ids=NO_KEY.keys())
def test_without_a_key_or_a_person_the_flags_are_named(
    aigw: Program, flags: tuple[str, ...], stdin: str, words: str
) -> None:
    said = aigw("config", "add", "--provider", "openai", *flags, stdin=stdin)
    assert (said.code, said.out) == (2, "")
    assert words in said.err.splitlines()[0]


def test_a_key_of_the_environment_is_taken_and_named(aigw: Program) -> None:
    environ = {"ANTHROPIC_API_KEY": KEY}
    said = aigw("config", "add", "--provider", "claude", "--no-check", environ=environ)
    assert said.code == 0
    assert said.err == "taking the key of claude from ANTHROPIC_API_KEY\n"
    assert keys(aigw) == {"claude": [KEY]}


def test_a_flag_goes_before_the_environment(aigw: Program) -> None:
    environ = {"OPENAI_API_KEY": "sk-of-the-environment"}
    flags = ("--provider", "openai", "--key", KEY)
    said = aigw("config", "add", "--no-check", *flags, environ=environ)
    assert (said.code, said.err) == (0, "")
    assert keys(aigw) == {"openai": [KEY]}


def test_references_are_kept_as_they_are_and_no_key_with_them(
    aigw: Program, tmp_path: Path
) -> None:
    file = tmp_path / "a key.txt"
    file.write_text(KEY)
    add(aigw, "--provider", "openai", "--key-env", "MY_KEY", "--key-file", str(file))
    tree = yaml.safe_load((aigw.folder / "gateway.yaml").read_text())
    assert tree["providers"][0]["keys"] == ["env:MY_KEY", f"file:{file}"]
    assert KEY not in "".join(path.read_text() for path in aigw.folder.glob("*.yaml"))


REPEATED = {
    "new keys replace the old ones": ((), ["sk-new-000000000000"]),
    "--append adds them": (("--append",), [KEY, "sk-new-000000000000"]),
}


@pytest.mark.parametrize(("more", "kept"), REPEATED.values(), ids=REPEATED.keys())
def test_a_provider_is_added_again(aigw: Program, more: tuple[str, ...], kept: list[str]) -> None:
    add(aigw, "--provider", "openai", "--key", KEY)
    said = aigw(
        *("config", "add", "--provider", "openai", "--no-check"),
        *("--key", "sk-new-000000000000", *more),
    )
    assert said.code == 0
    assert said.out.startswith("changed provider openai (")
    assert keys(aigw) == {"openai": kept}


def test_commas_and_repeated_flags_make_several_keys(aigw: Program) -> None:
    add(aigw, "--provider", "openai", "--key", "sk-one-1,sk-two-2", "--key", "sk-three-3")
    assert keys(aigw) == {"openai": ["sk-one-1", "sk-two-2", "sk-three-3"]}


def test_a_change_without_keys_leaves_the_keys(aigw: Program) -> None:
    add(aigw, "--provider", "openai", "--key", KEY)
    add(aigw, "--provider", "openai", "--models", "gpt-4o,gpt-4o-*")
    assert keys(aigw) == {"openai": [KEY]}
    listed = aigw("config", "list", "--json").json()["providers"]
    assert isinstance(listed, list)
    assert listed[0]["models"] == ["gpt-4o", "gpt-4o-*"]


def test_one_key_of_several_is_removed_by_its_end(aigw: Program) -> None:
    add(aigw, "--provider", "openai", "--key", "sk-0123456789-aaaa,sk-0123456789-bbbb")
    said = aigw("config", "remove", "--provider", "openai", "--key-ending", "aaaa")
    assert (said.code, said.out) == (
        0,
        f"removed one key of openai; left are ...bbbb\n{STOPPED}",
    )
    assert keys(aigw) == {"openai": ["sk-0123456789-bbbb"]}


def test_the_last_key_of_a_provider_that_needs_none_leaves_none(aigw: Program) -> None:
    add(aigw, "--provider", "vllm", "--models", "*", "--key", KEY)
    said = aigw("config", "remove", "--provider", "vllm", "--key-ending", "cdef")
    left = "removed one key of vllm; none is left, and it needs none"
    assert (said.code, said.out) == (0, f"{left}\n{STOPPED}")
    assert keys(aigw) == {}


KEY_ENDINGS = {
    "none ends so": ("cccc", "no key of `openai` ends as --key-ending says"),
    "several end so": ("a", "2 keys of `openai` end as --key-ending says"),
}


@pytest.mark.parametrize(("ending", "words"), KEY_ENDINGS.values(), ids=KEY_ENDINGS.keys())
def test_a_key_that_is_not_clear_is_left(aigw: Program, ending: str, words: str) -> None:
    add(aigw, "--provider", "openai", "--key", "sk-0123456789-aaaa,sk-9876543210-aaaa")
    said = aigw("config", "remove", "--provider", "openai", "--key-ending", ending)
    assert (said.code, said.err) == (2, f"error: {words}\n\nhint: aigw config list\n")


def test_the_last_key_goes_only_with_its_provider(aigw: Program) -> None:
    add(aigw, "--provider", "openai", "--key", KEY)
    said = aigw("config", "remove", "--provider", "openai", "--key-ending", "cdef")
    assert (said.code, said.err) == (
        2,
        "error: it is the only key of `openai`\n\nhint: aigw config remove --provider openai\n",
    )
    assert keys(aigw) == {"openai": [KEY]}


def test_files_are_private_whatever_the_umask(aigw: Program) -> None:
    import os

    before = os.umask(0)
    try:
        add(aigw, "--provider", "openai", "--key", KEY)
    finally:
        os.umask(before)
    for path in aigw.home.rglob("*"):
        assert stat.S_IMODE(path.stat().st_mode) & 0o077 == 0, path


@pytest.mark.parametrize(
    ("zone", "more", "noted"),
    [
        ("Europe/Berlin", (), True),
        ("Asia/Urumqi", (), False),
        ("Europe/Berlin", ("--set", "zhipuDomain=open.bigmodel.cn"), False),
    ],
    ids=["elsewhere", "in China", "elsewhere, but said"],
)
def test_a_key_for_one_of_two_sites_is_told_which_one_is_asked(
    machine: Machine, zone: str, more: tuple[str, ...], *, noted: bool
) -> None:
    machine.environment = {"TZ": zone}
    flags = ("--provider", "zhipuai", "--key-stdin", "--no-check", *more)
    said = machine.run("config", "add", *flags, stdin=KEY)
    hint = "aigw config add --id zhipuai --set zhipuDomain=api.z.ai"
    assert (hint in said.err, bool(said.err)) == (noted, noted)
