"""Texts that a shell, YAML, JSON, Lua, RE2 or Envoy could take for more than text.

Each is refused with its place, or reaches the provider exactly; nothing is altered or executed.
"""

import json
import re
import subprocess
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from http.client import HTTPConnection
from pathlib import Path

import pytest

from tests.envoy.upstream import Upstream
from tests.world import PATIENCE, Ended, Machine

pytestmark = pytest.mark.envoy
EXECUTED = "executed-by-a-shell"
VALUES = {
    "quotes": "a'b\"c\\n\\u0041",
    "newline": "a\nb",
    "shell": f"a$(touch {EXECUTED})b`touch {EXECUTED}`c",
    "format": "a%REQ(host)%b%%c",
    "template": "a${model}b${x:-y}",
    "json": 'a","model":"gpt',
    "yaml": "a: {b: !!python/name:os.system c} *d #f",
    "unicode": "深é😀",
    "terminal": "a\x1b]0;title\x07b",
    "large": "a" * 100_000,
}
ASCII = {"quotes", "shell", "format", "template", "json", "yaml"}
QUOTED = {"quotes", "json"}


@dataclass(frozen=True, slots=True, kw_only=True)
class World:
    """A running gateway, its provider, and its spec as it was."""

    machine: Machine
    upstream: Upstream
    spec: str

    def add(self, *more: str, stdin: str = "", provider: str = "openai") -> Ended:
        """Run `config add` for provider `odd` with odd words."""
        words = ("config", "add", "--provider", provider, "--id", "odd", "--no-check")
        given = {"--url": f"{self.upstream.url}/v1", "--models": "odd-model"}
        given = {name: value for name, value in given.items() if name not in more}
        rest = [word for pair in given.items() for word in pair]
        return self.machine.run(*words, *rest, *more, stdin=stdin, expect=None)

    def route(self, *more: str) -> Ended:
        """Run `route add` with odd words."""
        return self.machine.run("route", "add", "--model", "plain", *more, expect=None)

    def asked(self, model: str = "odd-model", text: str = "hello", path: str = "") -> str:
        """Ask through the gateway, and return the rule that the answer names."""
        body = {"model": model, "messages": [{"role": "user", "content": text}], "max_tokens": 1}
        connection = HTTPConnection("127.0.0.1", self.machine.port, timeout=PATIENCE)
        connection.request("POST", path or "/v1/chat/completions", json.dumps(body))
        answer = connection.getresponse()
        said = answer.read()
        connection.close()
        assert answer.status == 200, said
        return str(answer.getheader("x-aigw-rule"))


def key(world: World) -> str:
    """Return the key that arrived."""
    world.asked()
    return world.upstream.last().values("authorization")[0].removeprefix("Bearer ")


def key_by_stdin(world: World, value: str) -> tuple[Ended, Callable[[], str]]:
    return world.add("--key-stdin", stdin=value), lambda: key(world)


def key_by_flag(world: World, value: str) -> tuple[Ended, Callable[[], str]]:
    return world.add(f"--key={value}"), lambda: key(world)


def key_by_file(world: World, value: str) -> tuple[Ended, Callable[[], str]]:
    file = world.machine.folder / "key"
    file.write_text(value, encoding="utf-8")
    return world.add("--key-file", str(file)), lambda: key(world)


def model(world: World, value: str) -> tuple[Ended, Callable[[], str]]:
    def sent() -> str:
        world.asked(value)
        return str(world.upstream.last().json()["model"])

    return world.add("--key=sk-0123456789", "--models", value), sent


def model_map(world: World, value: str) -> tuple[Ended, Callable[[], str]]:
    def sent() -> str:
        world.asked()
        return str(world.upstream.last().json()["model"])

    return world.add("--key=sk-0123456789", "--model-map", f"odd-model={value}"), sent


def url(world: World, value: str) -> tuple[Ended, Callable[[], str]]:
    def sent() -> str:
        world.asked()
        return world.upstream.last().path.removesuffix("/v1/chat/completions")[1:]

    return world.add("--key=sk-0123456789", "--url", f"{world.upstream.url}/{value}/v1"), sent


def option(world: World, value: str) -> tuple[Ended, Callable[[], str]]:
    def sent() -> str:
        world.asked(path="/v1/messages")
        return world.upstream.last().values("anthropic-version")[0]

    where = ("--url", world.upstream.url, "--key=sk-0123456789")
    return world.add(*where, "--set", f"claudeVersion={value}", provider="claude"), sent


def trigger(world: World, value: str) -> tuple[Ended, Callable[[], str]]:
    def sent() -> str:
        assert world.asked("auto", "hello") == "default"
        return value if world.asked("auto", f"{value} and more") == "odd" else ""

    return world.route("--name", "odd", "--trigger", value), sent


def pattern(world: World, value: str) -> tuple[Ended, Callable[[], str]]:
    def sent() -> str:
        assert world.asked("auto", "hello") == "default"
        return value if world.asked("auto", f"before {value} and more") == "odd" else ""

    return world.route("--name", "odd", "--pattern", re.escape(value)), sent


def rule_name(world: World, value: str) -> tuple[Ended, Callable[[], str]]:
    return world.route("--name", value, "--trigger", "odd"), lambda: world.asked("auto", "odd")


def provider_id(world: World, value: str) -> tuple[Ended, Callable[[], str]]:
    return world.add("--key=sk-0123456789", "--id", value), lambda: ""


def gateway(world: World, value: str) -> tuple[Ended, Callable[[], str]]:
    return world.machine.run("-g", value, "status", expect=None), lambda: ""


# What stands between several keys.
BETWEEN = {key_by_stdin: "\n", key_by_flag: ","}
Way = Callable[[World, str], tuple[Ended, Callable[[], str]]]
# How a value comes in, what an error names it, and which values pass.
WAYS: dict[str, tuple[Way, str, set[str]]] = {
    "key by stdin": (key_by_stdin, "the key ", ASCII | {"newline"}),
    "key by flag": (key_by_flag, "the key ", ASCII),
    "key by file": (key_by_file, ".keys[0]: file ", ASCII),
    "model": (model, ".models[0]: ", ASCII - QUOTED | {"unicode"}),
    "model map": (model_map, ".modelMap", ASCII - QUOTED - {"yaml"} | {"unicode"}),
    "url": (url, "url", {"format"}),
    "option": (option, "claudeVersion", set()),
    "trigger": (trigger, ".trigger: ", ASCII | {"unicode"}),
    "pattern": (pattern, "pattern", ASCII | {"unicode"}),
    "rule name": (rule_name, ".name: ", set()),
    "provider id": (provider_id, ".id: ", set()),
    "gateway": (gateway, "cannot be a gateway's name", set()),
}
CASES = [
    pytest.param(way, value, id=f"{name} {kind}")
    for name, way in WAYS.items()
    for kind, value in VALUES.items()
]


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """One gateway for the module."""
    with Upstream() as upstream, Machine(folder=tmp_path_factory.mktemp("odd")) as machine:
        machine.start()
        words = ("config", "add", "--provider", "openai", "--models", "plain", "--no-check")
        machine.run(*words, "--url", f"{upstream.url}/v1", "--key", "sk-0123456789")
        machine.run("route", "default", "plain")
        spec = (machine.data / "gateway.yaml").read_text()
        yield World(machine=machine, upstream=upstream, spec=spec)
        machine.run("delete", "--purge", "--yes")


REMOVE_RULE = ("route", "remove", "--name", "odd")
REMOVE_PROVIDER = ("config", "remove", "--id", "odd")


@pytest.fixture
def world(shared: World) -> Iterator[World]:
    """The gateway without anything odd."""
    yield shared
    if (shared.machine.data / "gateway.yaml").read_text() != shared.spec:
        rule = "name: odd" in (shared.machine.data / "gateway.yaml").read_text()
        shared.machine.run(*(REMOVE_RULE if rule else REMOVE_PROVIDER))
        assert (shared.machine.data / "gateway.yaml").read_text().split() == shared.spec.split()


@pytest.mark.parametrize(("way", "value"), CASES)
def test_a_value_is_refused_by_name_or_arrives_exactly(
    world: World, way: tuple[Way, str, set[str]], value: str
) -> None:
    run, named, passing = way
    ended, sent = run(world, value)
    assert "should not happen" not in ended.err
    if value in {VALUES[kind] for kind in passing}:
        parts = value.split(BETWEEN[run]) if run in BETWEEN else [value]
        assert ended.code == 0, ended
        assert sent() in (set(parts))
    else:
        assert ended.code in {2, 3}, ended
        assert named in ended.err
        assert (world.machine.data / "gateway.yaml").read_text() == world.spec
    assert not any(sign in ended.out + ended.err for sign in "\x1b\x07")
    assert len(ended.err) < 2000
    assert not list(world.machine.folder.rglob(EXECUTED))


HUGE = {
    "NUL": (b"sk-a\0b", 2, "U+0000"),
    "only NUL": (b"\0" * 100, 2, "U+0000"),
    "not UTF-8": (b"sk-\xff\xfe0123456789", 2, "not plain ASCII"),
    "a megabyte": (b"a" * 1_000_000, 2, "longer than 16384"),
    "ten megabytes": (b"a" * 10_000_000, 2, "more than"),
}


@pytest.mark.parametrize(("sent", "code", "words"), HUGE.values(), ids=HUGE.keys())
def test_standard_input_that_is_no_key_is_refused(
    world: World, sent: bytes, code: int, words: str
) -> None:
    command = ("config", "add", "--provider", "openai", "--id", "odd", "--key-stdin", "--no-check")
    done = subprocess.run(
        world.machine.command(*command),
        env=world.machine.environ(),
        input=sent,
        capture_output=True,
        timeout=PATIENCE,
        check=False,
    )
    assert done.returncode == code, done.stderr
    assert words.encode() in done.stderr
    assert b"should not happen" not in done.stderr
    assert len(done.stderr) < 2000
    assert (world.machine.data / "gateway.yaml").read_text() == world.spec


def test_a_shell_would_have_left_a_trace(tmp_path: Path) -> None:
    words: Sequence[str] = ("/bin/sh", "-c", f"echo {VALUES['shell']}")
    subprocess.run(words, cwd=tmp_path, capture_output=True, check=False)
    assert (tmp_path / EXECUTED).exists()
