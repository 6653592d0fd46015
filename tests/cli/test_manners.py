"""What holds for every command: streams, exit codes, errors, help, and how it ends."""

import json
import os
import signal
import stat
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from aigw.cli.lazy import LazyFamily
from aigw.cli.root import Program as Root
from aigw.engines.envoy_plan import EnvoyPlan
from tests.cli.configured import KEY, add
from tests.cli.program import Program
from tests.fakes import Process, session_of
from tests.world import Machine, free_ports

FAMILIES = {name: f"aigw.cli.commands.{name}" for name in ("config", "export", "route")}


def commands() -> Iterator[tuple[str, ...]]:
    """Name every command of the program."""
    for name, entry in Root.entries.items():
        if not entry.family:
            yield (name,)
            continue
        module = __import__(FAMILIES[name], fromlist=["app"])
        family = module.app.info.cls
        assert issubclass(family, LazyFamily)
        for below in family.entries:
            yield name, below


COMMANDS = tuple(commands())


@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
@pytest.mark.parametrize("flag", ["-h", "--help"])
def test_help_begins_with_examples_and_fits_a_terminal(
    aigw: Program, command: tuple[str, ...], flag: str
) -> None:
    said = aigw(*command, flag)
    assert (said.code, said.err) == (0, "")
    lines = said.out.splitlines()
    assert lines[0] == "Examples:"
    assert lines[1].startswith(f"  aigw {command[0]}") or "| aigw" in lines[1]
    assert all(len(line) <= 80 for line in lines)
    assert "--json" in said.out
    assert "-g, --gateway" in said.out


@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_the_overview_says_what_the_command_says_of_itself(
    aigw: Program, command: tuple[str, ...]
) -> None:
    *family, name = command
    overview = " ".join(aigw(*family, "--help").out.split()).replace("auto- ", "auto-")
    own = aigw(*command, "--help").out.split("\n\n")[2].strip()
    first = " ".join(own.split()).partition(". ")[0].partition("; ")[0].rstrip(".")
    assert first in overview, name


def test_without_a_command_the_help_is_shown(aigw: Program) -> None:
    for words in ((), ("config",), ("export",), ("route",)):
        assert aigw(*words) == aigw(*words, "--help")


def test_the_version(aigw: Program) -> None:
    assert aigw("--version").out.startswith("aigw 0.")


def test_a_key_given_in_a_wrong_place_is_not_repeated(aigw: Program) -> None:
    add_to = ("config", "add", "--provider")
    for words in (("stop", KEY), ("stop", "--timeout", KEY), ("config", KEY), (*add_to, KEY)):
        said = aigw(*words)
        assert said.code == 2
        assert KEY not in said.err


def test_the_exit_code_of_an_unknown_gateway_names_those_there_are(aigw: Program) -> None:
    add(aigw, "--provider", "openai", "--key", KEY)
    said = aigw("status", "-g", "other")
    assert (said.code, said.out, said.err) == (
        4,
        "",
        "error: there is no gateway `other`; there is `higress-ai-gateway`\n\nhint: aigw list\n",
    )
    assert aigw("status", environ={"AIGW_GATEWAY": "other"}).err == said.err
    assert aigw("-g", "other", "status").err == said.err


def test_quiet_leaves_results_and_errors(aigw: Program) -> None:
    environ = {"OPENAI_API_KEY": KEY}
    said = aigw("config", "add", "-q", "--no-check", "--provider", "openai", environ=environ)
    assert (said.code, said.err) == (0, "")
    assert said.out.startswith("added provider openai")
    assert aigw("config", "remove", "-q", "--provider", "nothing").err.startswith("error: ")


def broken(_: EnvoyPlan) -> None:
    """Fail as nobody expects, with a key in the words."""
    raise RuntimeError(f"what is this: {KEY}?")


def test_an_unexpected_error_is_one_line_and_a_private_file_without_keys(aigw: Program) -> None:
    process = Process(before=broken)
    said = aigw(
        "start", "--non-interactive", "--openai-key", KEY, session=session_of(process=process)
    )
    assert (said.code, said.out) == (1, "")
    (report,) = (aigw.home / "logs").iterdir()
    assert said.err == (
        "error: an error that should not happen: RuntimeError; "
        f"where it happened is in `{report}`\n\n"
        "hint: report it with that file (no key is in it), or show it with --debug\n"
    )
    text = report.read_text()
    assert "RuntimeError: what is this: [hidden]?" in text
    assert KEY not in text
    assert stat.S_IMODE(report.stat().st_mode) == 0o600


def test_debug_shows_an_unexpected_error_without_keys(aigw: Program) -> None:
    process = Process(before=broken)
    said = aigw(
        *("start", "--non-interactive", "--debug"),
        environ={"OPENAI_API_KEY": KEY},
        stdin="",
        session=session_of(process=process),
    )
    assert said.code == 1
    assert "Traceback (most recent call last)" in said.err
    assert "RuntimeError: what is this: [hidden]?" in said.err
    assert KEY not in said.err


def test_no_colour_and_no_cursor_ever_reach_a_pipe(aigw: Program) -> None:
    add(aigw, "--provider", "openai", "--key", KEY)
    environ = {"FORCE_COLOR": "1", "TERM": "xterm-256color"}
    for command in COMMANDS:
        said = aigw(*command, "--help", environ=environ)
        assert "\x1b" not in said.out + said.err
    for words in (("config", "list"), ("route", "list"), ("config", "providers"), ("nonsense",)):
        said = aigw(*words, environ=environ)
        assert "\x1b" not in said.out + said.err


def test_what_a_terminal_would_obey_is_shown_as_text(aigw: Program) -> None:
    said = aigw("config", "add", "--provider", "\x1b[31mred\x07")
    assert said.code == 2
    assert r"`\x1b[31mred\x07`" in said.err


def test_ctrl_c_ends_following_with_130_and_no_error(tmp_path: Path) -> None:
    with Machine(folder=tmp_path) as machine:
        machine.run("config", "add", "--provider", "openai", "--key", KEY, "--no-check")
        child = subprocess.Popen(
            machine.command("logs", "-f", "-n", "1"),
            env=machine.environ(),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        (machine.data / "logs").mkdir(mode=0o700)
        (machine.data / "logs" / "access.log").write_text("a line\n")
        assert child.stdout is not None
        assert child.stdout.readline() == "a line\n"
        child.send_signal(signal.SIGINT)
        _, err = child.communicate(timeout=20)
        assert child.returncode == 130
        assert err == ""


def test_a_closed_pipe_is_a_quiet_end(tmp_path: Path) -> None:
    with Machine(folder=tmp_path) as machine:
        child = subprocess.Popen(
            machine.command("config", "providers"),
            env=machine.environ(),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        assert child.stdout is not None
        child.stdout.close()
        assert child.stderr is not None
        with child.stderr:
            assert child.stderr.read() == ""
        assert child.wait(20) == 0


def test_a_change_is_made_whole_though_nobody_reads_what_is_said_of_it(tmp_path: Path) -> None:
    with Machine(folder=tmp_path) as machine:
        machine.start("--demo")
        (port,) = free_ports(1)
        reading, writing = os.pipe()
        os.close(reading)
        with open(writing, "wb") as unread:  # noqa: PTH123 - a descriptor, no path
            done = subprocess.run(
                machine.command("start", "-v", "--non-interactive", "--http-port", str(port)),
                env=machine.environ(),
                stdout=subprocess.DEVNULL,
                stderr=unread,
                timeout=60,
                check=False,
            )
        assert done.returncode == 0
        assert machine.run("plan").code == 0
        machine.port = port
        assert machine.ask("demo")[0] == 200


def test_output_that_the_locale_cannot_say_is_escaped(tmp_path: Path) -> None:
    with Machine(folder=tmp_path) as machine:
        machine.run("config", "add", "--provider", "demo")
        machine.run("route", "default", "demo")
        machine.run("route", "add", "--model", "demo", "--trigger", "深入", "--name", "deep")
    ascii_only = Machine(folder=tmp_path, environment={"PYTHONIOENCODING": "ascii"})
    assert "\\u6df1\\u5165" in ascii_only.run("route", "list").out
    shown = json.loads(ascii_only.run("route", "list", "--json").out)
    assert shown["rules"][0]["trigger"] == "深入"


def test_a_command_imports_only_what_it_needs(tmp_path: Path) -> None:
    """Measured on a small machine: rich 33 ms, httpx 49, docker 79, questionary 84, pydantic 60."""
    slow = {"rich", "httpx", "docker", "questionary", "pydantic", "ruamel", "psutil", "pygments"}
    quick = {
        ("--help",): slow | {"yaml", "re2", "aigw.catalog", "aigw.engines", "aigw.spec.reading"},
        ("config", "list"): slow | {"re2", "http.client", "aigw.engines.envoy"},
        ("route", "test", "x"): slow | {"http.client", "aigw.engines.envoy"},
        ("status",): slow | {"re2", "aigw.engines.envoy", "aigw.rendering"},
        ("config", "add", "--provider", "demo"): slow,
    }
    with Machine(folder=tmp_path) as machine:
        machine.run("config", "add", "--provider", "demo")
        for words, unwanted in quick.items():
            done = subprocess.run(
                [sys.executable, "-X", "importtime", "-m", "aigw", *words],
                env=machine.environ(),
                capture_output=True,
                text=True,
                check=False,
            )
            imported = {line.rpartition("|")[2].strip() for line in done.stderr.splitlines()}
            assert "typer" in imported
            assert imported & unwanted == set(), words
