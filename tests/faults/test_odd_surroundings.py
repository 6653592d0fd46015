"""What a shell, a service manager or a broken account can do to a command."""

import os
import subprocess
from collections.abc import Mapping
from pathlib import Path

import pytest

from tests.world import Ended, Machine

pytestmark = pytest.mark.envoy
SURROUNDINGS: Mapping[str, tuple[str, int, str]] = {
    "stdout closed": ("{} config providers >&-", 0, ""),
    "stdin closed": ("{} config providers <&- >/dev/null", 0, ""),
    "all closed": ("{} config providers <&- >&- 2>&-", 0, ""),
    "no key from a closed stdin": (
        "{} config add --provider openai --key-stdin <&-",
        2,
        "error: standard input holds no key",
    ),
    "a full stdout": (
        "{} config providers >/dev/full",
        1,
        "error: the result could not be written: no space is left on the disk",
    ),
    "a full stdout for JSON": ("{} config providers --json >/dev/full", 1, "no space is left"),
    "a full stdout for help": ("{} --help >/dev/full", 1, "no space is left"),
    "a reader that goes": ("{} schema | head -n 1 >/dev/null", 0, ""),
    "a home of nobody": (
        "AIGW_HOME='~nobody-of-this-name/x' {} list",
        2,
        "error: `~nobody-of-this-name/x`: nobody here has that home folder",
    ),
    "a key file of nobody": (
        "{} config add --provider openai --key-file '~nobody-of-this-name/x'",
        2,
        "nobody here has that home folder",
    ),
    "a data folder of nobody": (
        "{} start --non-interactive --data-folder '~nobody-of-this-name/x'",
        2,
        "nobody here has that home folder",
    ),
    "no current folder": ("mkdir d && cd d && rmdir ../d && {} list", 0, ""),
    "a key file in no folder": (
        "mkdir d && cd d && rmdir ../d && {} config add --provider openai --key-file x",
        2,
        "the current folder is gone",
    ),
    "a home that is a file": ("AIGW_HOME=/dev/null {} list", 0, ""),
    "a name that is not UTF-8": (
        "{} -g \"$(printf '\\377')\" status",
        2,
        "cannot be a gateway's name",
    ),
    "not a number": ("{} stop --timeout nan", 2, "--timeout is `nan`"),
    "endless": ("AIGW_TIMEOUT=inf {} start --non-interactive", 2, "--timeout is `inf`"),
    "one column": ("COLUMNS=1 {} config add --help >/dev/null", 0, ""),
    "a dumb terminal": ("TERM=dumb {} config providers >/dev/null", 0, ""),
}


def in_shell(machine: Machine, line: str) -> Ended:
    """Run a line of shell; `{}` in it is the program."""
    done = subprocess.run(
        ["/bin/sh", "-c", line.format(" ".join(machine.command()))],
        env=machine.environ(),
        cwd=machine.folder,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    return Ended(code=done.returncode, out=done.stdout, err=done.stderr)


@pytest.mark.parametrize(("line", "code", "words"), SURROUNDINGS.values(), ids=SURROUNDINGS.keys())
def test_whatever_is_missing_is_said_in_a_sentence(
    tmp_path: Path, line: str, code: int, words: str
) -> None:
    with Machine(folder=tmp_path) as machine:
        ended = in_shell(machine, line)
        assert ended.code == code, ended
        assert words in ended.err
        assert "should not happen" not in ended.err
        assert "Traceback" not in ended.err
        assert bool(ended.err) == bool(words)
        assert not list(tmp_path.rglob("crash-*"))


def test_a_command_without_streams_does_its_work(tmp_path: Path) -> None:
    with Machine(folder=tmp_path) as machine:
        machine.run("start", "--non-interactive", "--http-port", str(machine.port))
        machine.run("stop")
        add = "config add --provider openai --no-check --key sk-0123456789 --url http://127.0.0.1:9"
        assert in_shell(machine, "{} " + add + " <&- >&- 2>&-").code == 0
        lock = machine.data / "lock"
        assert lock.read_text() == ""
        assert "openai" in machine.run("config", "list").out


def test_a_pipe_is_no_file_of_a_key(tmp_path: Path) -> None:
    with Machine(folder=tmp_path) as machine:
        machine.run("start", "--non-interactive", "--http-port", str(machine.port))
        ended = in_shell(
            machine,
            "mkfifo key && {} config add --provider openai --no-check --key-file key",
        )
        assert (ended.code, ended.out) == (3, "")
        assert "/key` is a pipe: it can be read only once" in ended.err
        machine.run("delete", "--purge", "--yes")


@pytest.mark.parametrize("name", ["gateway.yaml", "credentials.yaml"])
def test_a_document_that_became_a_pipe_is_told_and_nobody_waits_for_it(
    tmp_path: Path, name: str
) -> None:
    with Machine(folder=tmp_path) as machine:
        machine.run("start", "--non-interactive", "--http-port", str(machine.port))
        file = machine.data / name
        file.unlink(missing_ok=True)
        os.mkfifo(file)
        commands = (("start", "--non-interactive"), ("config", "list"), ("route", "default", "x"))
        for words in commands:
            ended = machine.run(*words, expect=3)
            assert f"error: {file} cannot be used:\n  is no regular file\n" in ended.err
        told = machine.run("status", expect=5).out
        assert f"problem: {file} cannot be used:\n  is no regular file\n" in told
        machine.run("delete", "--purge", "--yes")
        assert not file.exists()
