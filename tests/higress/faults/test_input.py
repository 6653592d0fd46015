"""Bad input on what a container is told is refused in a sentence; a key arrives as it was given."""

import json
import os
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from tests.higress.higress_machine import HigressMachine
from tests.higress.upstreams import Upstream, eventually
from tests.world import Ended, Machine

pytestmark = pytest.mark.docker
LARGE = 10 * 1024 * 1024
TEXTS = {
    "empty": "",
    "a blank": " ",
    "a quote": '"',
    "a newline": "a\nb",
    "unicode": "名字",
    "an escape": "\x1b[31m",
    "a flag": "--privileged",
    "long": "x" * 100_000,
}
OPTIONS = ("--image-repo", "--image-tag", "--registry", "--memory")


@pytest.fixture(scope="module")
def idle(tmp_path_factory: pytest.TempPathFactory) -> Iterator[HigressMachine]:
    """A machine where nothing runs, and nothing may be made."""
    with HigressMachine(folder=tmp_path_factory.mktemp("f"), name="f-input") as one:
        yield one


def expect_refused(idle: Machine, ended: Ended, *codes: int) -> None:
    """A short sentence, no traceback, no control character, nothing made."""
    assert ended.code in codes, ended
    assert "an error that should not happen" not in ended.err
    assert "error: " in ended.err
    assert len(ended.err) < 2_000, ended.err[:300]
    assert all(sign.isprintable() or sign == "\n" for sign in ended.err), repr(ended.err)
    assert not (idle.data / "gateway.yaml").exists()
    assert isinstance(idle, HigressMachine)
    assert idle.containers() == []


@pytest.mark.parametrize(
    ("option", "kind"),
    [(OPTIONS[(place + turn) % 4], kind) for place, kind in enumerate(TEXTS) for turn in (0, 1)],
)
def test_a_text_that_cannot_be_is_refused_before_anything_is_made(
    idle: HigressMachine, option: str, kind: str
) -> None:
    words = ("start", "--non-interactive", "--engine", "higress", "--pull", "never")
    expect_refused(idle, idle.run(*words, f"{option}={TEXTS[kind]}", expect=None), 2)


@pytest.mark.parametrize(
    "words",
    [
        ("--region", "mars"),
        ("--region", ""),
        ("--pull", "sometimes"),
        ("--cpus", "0"),
        ("--cpus", "-1"),
        ("--cpus", "two"),
        ("--cpus", "1e9"),
        ("--memory", "12"),
        ("--memory", "2 apples"),
        ("--memory", "-1g"),
        ("--memory", "99999999999999999999g"),
        ("--timeout", "0"),
        ("--timeout", "nan"),
        ("--region", "china", "--registry", "example.com"),
    ],
    ids=" ".join,
)
def test_a_value_that_cannot_be_is_refused_before_anything_is_made(
    idle: HigressMachine, words: tuple[str, ...]
) -> None:
    start = ("start", "--non-interactive", "--engine", "higress", "--pull", "never")
    expect_refused(idle, idle.run(*start, *words, expect=None), 2)


@pytest.mark.parametrize(
    "section",
    [
        {"image": "text"},
        {"image": {"tag": 12}},
        {"image": {"tag": ["a"]}},
        {"image": {"repository": None, "tag": ""}},
        {"image": {"pull": "sometimes"}},
        {"image": {"nonsense": 1}},
        {"image": {"digest": "sha256:12"}},
        {"image": {"registry": "a b"}},
        {"container": []},
        {"container": {"memory": 12}},
        {"container": {"memory": "a\nb"}},
        {"container": {"cpus": "many"}},
        {"container": {"cpus": -1}},
        {"container": {"privileged": True}},
    ],
    ids=str,
)
def test_a_document_that_cannot_be_is_refused_with_the_place(
    idle: HigressMachine, section: dict[str, object]
) -> None:
    file = idle.folder / "wrong.yaml"
    file.write_text(yaml.safe_dump({"apiVersion": "aigw/v1", "engine": "higress", **section}))
    ended = idle.run("start", "--non-interactive", "--file", str(file), expect=None)
    expect_refused(idle, ended, 3)
    assert f"\n  {next(iter(section))}" in ended.err, ended.err


@pytest.mark.parametrize("file", ["/nowhere/at-all.tar", "/"])
def test_an_archive_that_is_not_there_is_refused(idle: HigressMachine, file: str) -> None:
    words = ("start", "--non-interactive", "--engine", "higress", "--image-archive", file)
    expect_refused(idle, idle.run(*words, expect=None), 2)


def test_an_archive_that_is_none_is_refused_without_reading_it_all(idle: HigressMachine) -> None:
    file = idle.folder / "no.tar"
    file.write_bytes(os.urandom(LARGE))
    words = ("start", "--non-interactive", "--engine", "higress", "--image-archive", str(file))
    ended = idle.run(*words, expect=None)
    assert ended.code in {2, 5}, ended
    assert "an error that should not happen" not in ended.err
    assert "no.tar" in ended.err
    assert idle.containers() == []
    idle.run("delete", "--purge", "--yes", expect=None)


@pytest.mark.parametrize("words", [("console",), ("console", "--password"), ("console", "--open")])
def test_the_console_of_no_gateway_is_not_invented(
    idle: HigressMachine, words: tuple[str, ...]
) -> None:
    expect_refused(idle, idle.run(*words, expect=None), 4)


def test_the_console_of_a_gateway_that_never_ran_is_not_there_yet(idle: HigressMachine) -> None:
    never = ("--engine", "higress", "--image-tag", "nosuch", "--pull", "never")
    idle.run("start", "--non-interactive", *never, expect=5)
    ended = idle.run("console", expect=4)
    assert ended.err.startswith(f"error: gateway `{idle.name}` is not running\n")
    idle.run("delete", "--purge", "--yes")


@pytest.mark.parametrize("place", ["", "/nowhere", "/etc/passwd", "a\nb", "名", "x" * 250])
def test_nothing_is_imported_from_what_is_no_installation(idle: HigressMachine, place: str) -> None:
    expect_refused(idle, idle.run("import", place, "--yes", expect=None), 1, 2, 3, 4)


KEYS = {
    "quotes": "sk-a\"b'c`d",
    "backslashes": "sk-a\\b\\\\c\\n",
    "dollars": "sk-$HOME-${PATH}-$(id)",
    "percent and braces": "sk-%REQ(x)%-{{ .Values }}",
    "a number": "1e3",
    "a boolean": "no",
    "a null": "~",
    "an octal": "0777",
    "a date": "2024-01-01",
    "a merge": "<<",
    "a leading hyphen": "-abc-def-0123",
    "a colon and a hash": "sk-a: b#c: #d",
    "brackets": "[a]{b}&c*d!e|f>g",
    "long": "sk-" + "k" * 4090,
}


def test_keys_that_are_accepted_arrive_byte_for_byte(
    machine: HigressMachine, upstream: Upstream
) -> None:
    add = ("config", "add", "--provider", "openai", "--key-stdin", "--no-check", "--json")
    added = machine.run(*add, stdin="\n".join(KEYS.values()))
    assert json.loads(added.out)["applied"] is True
    assert [key for key in KEYS.values() if len(key) > 8 and key in f"{added}"] == []
    kept = yaml.safe_load((machine.data / "credentials.yaml").read_text())["openai"]
    assert kept == list(KEYS.values())
    upstream.forget()
    wanted = {f"Bearer {key}" for key in KEYS.values()}

    def seen() -> bool:
        assert {machine.ask("gpt-4o")[0] for _ in range(20)} == {200}
        return {one.header("authorization") for one in upstream.requests()} == wanted

    eventually(seen)


@pytest.mark.parametrize("key", ["a\rb-0123456789", "a\x00b-0123456789", "ключ-0123456789", ""])
def test_a_key_that_no_header_can_carry_is_refused(machine: HigressMachine, key: str) -> None:
    add = ("config", "add", "--provider", "openai", "--key-stdin", "--no-check")
    refused = machine.run(*add, stdin=key, expect=2)
    assert not key or key not in refused.err
    assert "an error that should not happen" not in refused.err


def test_a_key_with_a_comma_is_one_key_where_it_comes_alone(
    machine: HigressMachine, upstream: Upstream, tmp_path: Path
) -> None:
    file = tmp_path / "key"
    file.write_text("sk-one,two-0123456789")
    added = machine.run(
        "config", "add", "--provider", "openai", "--key-file", str(file), "--no-check", expect=None
    )
    upstream.forget()
    assert machine.ask("gpt-4o")[0] == 200
    seen = upstream.last().header("authorization")
    assert seen == "Bearer sk-one,two-0123456789", added
