"""However a key came in, nobody but its provider ever sees it."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from http.client import HTTPConnection
from pathlib import Path

import pexpect
import pytest

from aigw.clients.envoy_admin import UnixConnection
from aigw.state.paths import Home
from tests.envoy.upstream import Upstream, json_answer
from tests.faults.canaries import files_with, open_to_others, watched
from tests.waiting import until
from tests.world import PATIENCE, ROOT, Ended, Machine

pytestmark = pytest.mark.envoy
# Not spelled like keys of real providers, which redaction could know by their looks.
WAYS = ("flag", "start", "stdin", "variable", "reference", "file", "prompt")
KEYS = {way: f"Canary{number}{way.title()}QzXw0123456789" for number, way in enumerate(WAYS)}
CLIENT = "ClientCanaryQzXw0123456789"
GIVEN = ("variable", "reference")
HOLDERS = ("credentials.yaml", "good.json", "sds")


@pytest.fixture(scope="module")
def upstream() -> Iterator[Upstream]:
    """The provider of all keys."""
    with Upstream() as provider:
        yield provider


@contextmanager
def in_use(folder: Path, upstream: Upstream) -> Iterator[tuple[Machine, list[Ended]]]:
    """Run a gateway whose providers got their keys in every way there is; and what was said."""
    environment = {"MISTRAL_API_KEY": KEYS["variable"], "MY_OWN_NAME": KEYS["reference"]}
    (folder / "key").write_text(KEYS["file"])
    with Machine(folder=folder, environment=environment) as machine:
        url = ("--url", f"{upstream.url}/v1")
        quiet = ("-v", "--debug")

        def add(provider: str, *more: str, stdin: str = "") -> Ended:
            serves = ("--models", f"{provider}-model", *url)
            words = ("config", "add", "--provider", provider, *serves, *quiet)
            return machine.run(*words, *more, stdin=stdin)

        said = [
            machine.start("--groq-key", KEYS["start"], "--groq-models", "groq-model", *quiet),
            add("groq"),
            add("openai", "--key", KEYS["flag"]),
            add("deepseek", "--key-stdin", "--json", stdin=KEYS["stdin"]),
            add("mistral"),
            add("moonshot", "--key-env", "MY_OWN_NAME"),
            add("baichuan", "--key-file", str(folder / "key")),
            typed(machine, "stepfun", *url, "--models", "stepfun-model", *quiet),
        ]
        yield machine, said
        machine.run("delete", "--purge", "--yes")


def typed(machine: Machine, provider: str, *more: str) -> Ended:
    """Type a key at the hidden question of `config add`."""
    words = ("config", "add", "--provider", provider, *more)
    environment = {**machine.environ(), "TERM": "xterm"}
    terminal = pexpect.spawn(
        sys.executable,
        ["-m", "aigw", *words],
        env=environment,
        cwd=str(machine.folder),
        encoding="utf-8",
        timeout=PATIENCE,
    )
    terminal.expect("Key for .*: ")
    terminal.send(KEYS["prompt"] + "\n")
    terminal.expect(pexpect.EOF)
    terminal.close()
    assert terminal.exitstatus == 0, terminal.before
    return Ended(code=0, out=str(terminal.before), err="")


PROVIDERS = {
    "groq": "start",
    "openai": "flag",
    "deepseek": "stdin",
    "mistral": "variable",
    "moonshot": "reference",
    "baichuan": "file",
    "stepfun": "prompt",
}
COMMANDS = (
    ("config", "list"),
    ("config", "list", "--json"),
    ("config", "show", "--raw"),
    ("config", "show", "--json"),
    ("config", "check"),
    ("route", "default", "openai-model", "-v", "--debug"),
    ("route", "add", "--model", "groq-model", "--trigger", "deep", "-v", "--debug"),
    ("status", "--probe", "-v", "--debug"),
    ("status", "--json"),
    ("plan", "--diff"),
    ("restart", "-v", "--debug"),
    ("logs", "--json"),
    ("logs", "--engine"),
    ("config", "remove", "--provider", "openai", "-v", "--debug"),
    ("config", "add", "--provider", "nonsense", "--key", KEYS["flag"], "-v", "--debug"),
    ("config", "add", "--provider", "groq", f"--kye={KEYS['flag']}"),
    ("config", "add", "--provider", "groq", "--key", KEYS["flag"] + "\n"),
    ("config", "add", "--provider", "groq", "--key-env", KEYS["flag"] + "="),
    ("config", KEYS["flag"]),
    ("start", "--non-interactive", "-v", "--debug"),
)


def ask(machine: Machine, model: str) -> bytes:
    """Ask with a client's own credentials everywhere a client puts them; return all that comes."""
    body = json.dumps({"model": model, "messages": []})
    headers = {"authorization": f"Bearer {CLIENT}", "x-api-key": CLIENT, "cookie": f"a={CLIENT}"}
    connection = HTTPConnection("127.0.0.1", machine.port, timeout=PATIENCE)
    connection.request("POST", "/v1/chat/completions", body, headers)
    answer = connection.getresponse()
    said = f"{answer.status} {answer.getheaders()}".encode() + answer.read()
    connection.close()
    return said


def config_dump(machine: Machine) -> str:
    """Return all that Envoy tells of its configuration."""
    socket = Home.find(machine.environ()).gateway("higress-ai-gateway").admin_socket
    connection = UnixConnection(socket, seconds=PATIENCE)
    connection.request("GET", "/config_dump?include_eds")
    told = connection.getresponse().read().decode()
    connection.close()
    return told


def test_a_key_is_seen_only_where_its_owner_put_it(tmp_path: Path, upstream: Upstream) -> None:
    with watched([*KEYS.values(), CLIENT]) as watch, in_use(tmp_path, upstream) as (machine, said):
        for provider, way in PROVIDERS.items():
            ask(machine, f"{provider}-model")
            assert upstream.last().values("authorization") == [f"Bearer {KEYS[way]}"]
            assert CLIENT not in str(upstream.last())
        said += [machine.run(*words, expect=None) for words in COMMANDS]
        assert [ended for ended in said if ended.code not in {0, 2}] == []
        errors = [ask(machine, "nobody-serves-this"), ask(machine, 'a"b'), ask(machine, "auto")]
        upstream.answers(json_answer({"error": f"bad key {KEYS['start']}"}, status=401))
        errors.append(ask(machine, "groq-model"))
        assert b"provider_auth_failed" in errors[-1]
        dump = config_dump(machine)
        everything = "".join(f"{ended.out}{ended.err}" for ended in said) + dump + str(errors)
        assert [way for way, key in KEYS.items() if key in everything] == []
        assert CLIENT not in everything
        assert "groq-model" in everything
        assert "[redacted]" in dump

        holding = files_with(tmp_path, [*KEYS.values(), CLIENT]) - {tmp_path / "key"}
        assert {path for path in holding if not {*path.parts} & {*HOLDERS}} == set()
        assert {name for name in HOLDERS if any(name in path.parts for path in holding)} == {
            *HOLDERS
        }
        assert open_to_others(machine.home) | open_to_others(tmp_path / "r") == set()
    assert watch.outside(machine.command()) == set()
    expected = {("flag", "cmdline"), ("start", "cmdline"), *((way, "environ") for way in GIVEN)}
    assert {(seen.key, seen.where) for seen in watch.seen} == {
        (KEYS[way], where) for way, where in expected
    }
    assert watch.looks > len(said)


def test_an_error_that_should_not_be_tells_no_key(tmp_path: Path) -> None:
    broken = tmp_path / "broken"
    shutil.copytree(ROOT / "aigw", broken / "aigw")
    shutil.copytree(ROOT / "templates", broken / "templates")
    module = broken / "aigw" / "operations" / "provider_edit.py"
    module.write_text(module.read_text() + BROKEN)
    keys = {way: KEYS[way] for way in ("flag", "stdin", "variable")}
    environment = {"PYTHONPATH": str(broken), "OTHER_API_KEY": keys["variable"]}
    with Machine(folder=tmp_path / "m", environment=environment) as machine:
        machine.folder.mkdir()
        machine.run("start", "--non-interactive", "--http-port", str(machine.port))
        machine.run("stop")
        add = ("config", "add", "--provider", "openai", "-v", "--debug")
        told = [
            machine.run(*add, "--key", keys["flag"], expect=1),
            machine.run(*add, "--key-stdin", stdin=keys["stdin"], expect=1),
            machine.run(*add, "--key-stdin", "--json", stdin=keys["stdin"], expect=1),
        ]
        reports = list(machine.home.rglob("crash-*.txt"))
        assert len(reports) == len(told)
        said = "".join(f"{ended.out}{ended.err}" for ended in told)
        assert "in ruined" in said
        assert "RuntimeError: cannot use" in said
        assert all("in ruined" in report.read_text() for report in reports)
        assert [way for way, key in keys.items() if key in said] == []
        assert files_with(machine.folder, list(keys.values())) == set()
        assert open_to_others(machine.home) == set()


BROKEN = """

def ruined(draft, wanted):
    keys = [secret.reveal() for secret in wanted.secrets]
    import os
    raise RuntimeError(f"cannot use {keys} {wanted} {os.environ['OTHER_API_KEY']}")


with_provider = ruined
"""


@pytest.mark.parametrize("where", ["cmdline", "environ"])
def test_the_watch_sees_a_key_in_a_process(where: str) -> None:
    planted = f"Planted{os.getpid()}QzXw0123456789"
    words = [planted] if where == "cmdline" else []
    environment = {"NAME": planted} if where == "environ" else {}
    with watched([planted]) as watch:
        child = subprocess.Popen(
            [sys.executable, "-c", "input()", *words],
            env={"PATH": os.environ["PATH"], **environment},
            stdin=subprocess.PIPE,
        )
        until(lambda: any(seen.where == where for seen in watch.seen))
        child.communicate(b"\n")
    assert watch.outside([sys.executable, "-m"]) == watch.seen
    assert watch.outside([sys.executable, "-c"]) == set()


def test_the_search_finds_a_key_in_a_hidden_file_open_to_others(tmp_path: Path) -> None:
    folder = tmp_path / ".hidden"
    folder.mkdir(mode=0o700)
    file = folder / ".log"
    file.write_bytes(b"\xff\0" + KEYS["flag"].encode() + b"\0")
    file.chmod(0o600)
    assert files_with(tmp_path, list(KEYS.values())) == {file}
    assert open_to_others(tmp_path) == set()
    file.chmod(0o604)
    assert open_to_others(tmp_path) == {file}
