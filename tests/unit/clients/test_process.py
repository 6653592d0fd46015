"""Other programs: what they get to know, and that only the right one is ever touched."""

import os
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from msgspec.structs import replace

from aigw.clients import process
from aigw.clients.process import Identity
from tests.waiting import until

SLEEPER = (sys.executable, "-c", "import time; time.sleep(600)")
LONG = 20.0


@contextmanager
def running(folder: Path, *command: str, keep: int | None = None) -> Iterator[Identity]:
    """Run a program, a sleeping one when none is named, and end it."""
    child = process.launch(command or SLEEPER, log=folder / "log", environ=os.environ, keep=keep)
    try:
        yield child
    finally:
        process.send(child, signal.SIGKILL)
        process.wait_for_exit(child, seconds=LONG)
        process.reap(child)


def said(folder: Path, source: str) -> str:
    """Run Python source and return what it printed."""
    with running(folder, sys.executable, "-c", source) as child:
        assert process.wait_for_exit(child, seconds=LONG)
    return (folder / "log").read_text()


def test_a_child_knows_no_key_of_the_user(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-canary")
    source = "import os; print(sorted(os.environ))"
    expected = sorted(process.minimal_environment(os.environ))
    names = said(tmp_path, source).replace("'LC_CTYPE', ", "")
    assert names == f"{[name for name in expected if name != 'LC_CTYPE']}\n"
    assert (
        "canary" not in process.capture(("/usr/bin/env",), environ=os.environ, seconds=LONG).output
    )


def test_what_a_child_says_is_readable_by_nobody_else(tmp_path: Path) -> None:
    old = os.umask(0)
    try:
        assert said(tmp_path, "print('hello')") == "hello\n"
    finally:
        os.umask(old)
    assert (tmp_path / "log").stat().st_mode & 0o777 == 0o600


def test_a_child_has_a_session_of_its_own(tmp_path: Path) -> None:
    assert said(tmp_path, "import os; print(os.getsid(0) == os.getpid())") == "True\n"


def test_a_program_that_is_not_there_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        process.launch(("/nowhere/envoy",), log=tmp_path / "log", environ={})


def test_a_later_process_of_the_same_pid_is_left_alone(tmp_path: Path) -> None:
    with running(tmp_path) as child:
        earlier = replace(child, started=f"{child.started}0")
        assert not process.alive(earlier)
        assert not process.send(earlier, signal.SIGKILL)
        process.end(earlier, seconds=LONG)
        assert process.wait_for_exit(earlier, seconds=LONG)
        assert process.alive(child)


def test_a_process_that_only_waits_to_be_reaped_is_gone(tmp_path: Path) -> None:
    with running(tmp_path, "/bin/true") as child:
        assert process.wait_for_exit(child, seconds=LONG)
        assert process.identify(child.pid) is None
        assert process.reap(child) == "exit code 0"
        assert process.reap(child) == ""


def test_waiting_ends_when_the_time_is_up(tmp_path: Path) -> None:
    with running(tmp_path) as child:
        assert not process.wait_for_exit(child, seconds=0.01)


def test_a_process_that_does_not_listen_is_killed(tmp_path: Path) -> None:
    source = (
        "import signal; signal.signal(15, signal.SIG_IGN); print(1, flush=True); signal.pause()"
    )
    with running(tmp_path, sys.executable, "-c", source) as child:
        until((tmp_path / "log").read_text)
        process.end(child, seconds=0.05)
        assert not process.alive(child)


def test_a_process_is_also_watched_where_there_are_no_process_handles(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delattr(os, "pidfd_open", raising=False)
    with running(tmp_path) as child:
        assert not process.wait_for_exit(child, seconds=0.01)
        assert process.send(child, signal.SIGKILL)
        assert process.wait_for_exit(child, seconds=LONG)
        assert not process.send(child, signal.SIGKILL)


def test_a_lock_lives_as_long_as_the_child_that_shares_it(tmp_path: Path) -> None:
    lock = process.hold(tmp_path / "lock")
    assert lock is not None
    with running(tmp_path, keep=lock) as child:
        os.close(lock)
        assert process.hold(tmp_path / "lock") is None
        process.end(child, seconds=LONG)
        again = process.hold(tmp_path / "lock")
        assert again is not None
        os.close(again)


def test_a_program_that_takes_too_long_is_stopped() -> None:
    ended = process.capture(SLEEPER, environ=os.environ, seconds=0.05)
    assert ended == process.Finished(code=-1, output="stopped after 0.05 s")


def test_both_streams_of_a_program_are_captured() -> None:
    source = "import sys; print('out', flush=True); print('err', file=sys.stderr); sys.exit(3)"
    ended = process.capture((sys.executable, "-c", source), environ=os.environ, seconds=LONG)
    assert ended == process.Finished(code=3, output="out\nerr\n")
