"""Keys are nowhere but in private files: not in a process, a log, a result or an error."""

import os
import stat
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil
import pytest

from tests.envoy.upstream import Upstream
from tests.waiting import until
from tests.world import Ended, Machine

pytestmark = pytest.mark.envoy
CANARY = "sk-canary-5f1e7d3b9a-0123456789"
SECOND = "sk-canary-second-9876543210-aa"
CANARIES = (CANARY, SECOND)


def in_processes(text: str) -> bool:
    """Search the command lines and environments of all processes."""
    for process in psutil.process_iter():
        try:
            said = [*process.cmdline(), *process.environ().values()]
        except (psutil.NoSuchProcess, psutil.AccessDenied, psutil.ZombieProcess):
            continue
        if any(text in part for part in said):
            return True
    return False


def open_files(folder: Path, text: str) -> list[Path]:
    """Name the files below the folder that others may read and that hold the text."""
    return [
        path
        for path in folder.rglob("*")
        if path.is_file()
        and stat.S_IMODE(path.stat().st_mode) & 0o077
        and text.encode() in path.read_bytes()
    ]


@contextmanager
def watched(text: str) -> Iterator[list[bool]]:
    """Search all processes again and again while the block runs."""
    found: list[bool] = []
    over = threading.Event()

    def watch() -> None:
        while not over.is_set():
            found.append(in_processes(text))

    thread = threading.Thread(target=watch)
    thread.start()
    try:
        yield found
    finally:
        over.set()
        thread.join()


@pytest.fixture(scope="module")
def upstream() -> Iterator[Upstream]:
    """A provider that takes any key."""
    with Upstream() as provider:
        yield provider


def every_command(machine: Machine, upstream: Upstream) -> Iterator[Ended]:
    """Run every command, as talkative as it can be; keys come by standard input."""
    ports = ("--http-port", str(machine.port))
    url = ("--url", f"{upstream.url}/v1")
    add = ("config", "add", "--provider", "openai", "--key-stdin", "-v", "--debug", *url)
    yield machine.run("start", "--non-interactive", "-v", "--debug", *ports)
    yield machine.run(*add, stdin=CANARY)
    yield machine.run(*add, "--append", "--json", stdin=SECOND)
    yield machine.run(*add, "--id", "bad id", stdin=SECOND, expect=2)
    yield machine.run("route", "default", "gpt-4o", "-v", "--debug")
    yield machine.run("route", "add", "--model", "gpt-4o", "--trigger", "deep", "-v")
    machine.ask("auto", "deep thoughts")
    for words in (
        ("config", "list"),
        ("config", "list", "--json"),
        ("config", "show"),
        ("config", "show", "--json"),
        ("config", "check"),
        ("route", "list"),
        ("route", "test", "deep"),
        ("status", "--probe"),
        ("status", "--json"),
        ("list", "--json"),
        ("plan", "--diff"),
        ("restart", "-v", "--debug"),
        ("logs", "--json"),
        ("logs", "--engine"),
        ("start", "--non-interactive", "-v", "--debug"),
        ("config", "remove", "--provider", "openai", "--key-ending", SECOND[-4:], "-v"),
        ("stop", "-v", "--debug"),
    ):
        yield machine.run(*words, expect=None)


def test_no_key_is_seen_by_anybody(tmp_path: Path, upstream: Upstream) -> None:
    said: list[Ended] = []
    with Machine(folder=tmp_path) as machine:
        with watched(CANARY) as first, watched(SECOND) as second:
            for ended in every_command(machine, upstream):
                said.append(ended)
                for canary in CANARIES:
                    assert open_files(tmp_path, canary) == []
                    assert canary not in ended.out + ended.err, ended
        assert upstream.last().values("authorization")[0].removeprefix("Bearer ") in CANARIES
        logs = "".join(path.read_text() for path in (machine.data / "logs").iterdir())
        spec = (machine.data / "gateway.yaml").read_text()
        assert not any(canary in logs + spec for canary in CANARIES)
        assert CANARY in (machine.data / "credentials.yaml").read_text()
        machine.run("delete", "--purge", "--yes")
    assert len(first) > len(said)
    assert not any(first + second)


def test_the_search_finds_a_key_in_a_command_line_and_in_an_environment() -> None:
    planted = f"{CANARY}-{os.getpid()}"
    wait = "import sys; sys.stdin.read()"
    for words, environ in (([planted], {}), ([], {"SOME_KEY": planted})):
        with watched(planted) as found:
            child = subprocess.Popen(
                [sys.executable, "-c", wait, *words],
                env={"PATH": os.environ["PATH"], **environ},
                stdin=subprocess.PIPE,
            )
            assert child.stdin is not None
            until(lambda: any(found))
            child.stdin.close()
            child.wait()


def test_the_search_finds_a_file_that_others_may_read(tmp_path: Path) -> None:
    file = tmp_path / "log"
    file.write_text(f"a line with {CANARY} in it")
    file.chmod(0o600)
    assert open_files(tmp_path, CANARY) == []
    file.chmod(0o644)
    assert open_files(tmp_path, CANARY) == [file]
