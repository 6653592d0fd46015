"""`aigw start` as a person at a terminal meets it."""

import sys
from collections.abc import Iterator
from pathlib import Path

import pexpect
import pytest

from tests.envoy.upstream import Upstream
from tests.world import PATIENCE, Machine, free_ports

pytestmark = pytest.mark.envoy
KEY = "sk-typed-at-a-terminal-0123456789"
ENTER = "\r"
BACKSPACE = "\x7f"
CTRL_C = "\x03"
COLUMNS = 100


@pytest.fixture
def machine(tmp_path: Path) -> Iterator[Machine]:
    """A home without a gateway."""
    with Machine(folder=tmp_path) as one:
        yield one


def talk(machine: Machine, *arguments: str) -> "pexpect.spawn[str]":
    """Begin a command at a terminal."""
    return pexpect.spawn(
        sys.executable,
        ["-m", "aigw", *arguments],
        env={**machine.environ(), "TERM": "xterm", "LANG": "C.UTF-8"},
        cwd=str(machine.folder),
        encoding="utf-8",
        timeout=PATIENCE,
        dimensions=(60, COLUMNS),
    )


def start(machine: Machine) -> "pexpect.spawn[str]":
    """Begin `aigw start` on free ports."""
    https, console = free_ports(2)
    ports = ("--http-port", machine.port, "--https-port", https, "--console-port", console)
    return talk(machine, "start", *map(str, ports))


def describe_custom(terminal: "pexpect.spawn[str]", url: str) -> None:
    """Find the custom provider by typing a part of its name, and answer its questions."""
    terminal.expect("Which provider")
    terminal.send("custom-openai" + ENTER)
    terminal.expect("Base URL")
    terminal.send(url + ENTER)
    terminal.expect("Key for custom-openai")
    terminal.send(KEY + ENTER)
    terminal.expect("Check the key")
    terminal.send("n" + ENTER)
    terminal.expect("Models")
    terminal.send("\x15" + "my-*" + ENTER)


def finish(terminal: "pexpect.spawn[str]") -> int | None:
    """Read to the end and return the exit code."""
    terminal.expect(pexpect.EOF)
    terminal.close()
    return terminal.exitstatus


def test_a_gateway_set_up_by_questions_answers(machine: Machine) -> None:
    with Upstream() as upstream:
        terminal = start(machine)
        log = terminal.logfile_read = Log()
        describe_custom(terminal, f"{upstream.url}/v1")
        terminal.expect("Which provider")
        terminal.send(ENTER)
        terminal.expect("higress/auto")
        terminal.send("y" + ENTER)
        terminal.expect("Model name when no rule matches")
        terminal.send("\x15" + "my-small" + ENTER)
        terminal.expect("Rules to add now")
        terminal.send(" " + ENTER)
        terminal.expect("Model name for reasoning")
        terminal.send("\x15" + "my-big" + ENTER)
        terminal.expect("Start with this")
        terminal.send("y" + ENTER)
        assert finish(terminal) == 0, log.text
        assert KEY not in log.text
        assert machine.ask("auto", "think step by step: why?")[0] == 200
        arrived = upstream.last()
        assert arrived.json()["model"] == "my-big"
        assert arrived.values("authorization") == [f"Bearer {KEY}"]
        assert machine.ask("auto", "hello")[0] == 200
        assert upstream.last().json()["model"] == "my-small"
        machine.run("delete", "--purge", "--yes")


def test_a_search_that_finds_nothing_chooses_nothing(machine: Machine) -> None:
    terminal = start(machine)
    terminal.expect("Which provider")
    terminal.send("custom-openaizz" + ENTER)
    terminal.expect("openaizz")
    terminal.send(ENTER + BACKSPACE + BACKSPACE + ENTER)
    assert terminal.expect(["Base URL", "Key for"]) == 0
    terminal.send(CTRL_C)
    assert finish(terminal) == 130


STAGES = ("Which provider", "Base URL", "Key for custom-openai", "Check the key", "Models")


@pytest.mark.parametrize("stage", STAGES, ids=[stage.split()[0] for stage in STAGES])
def test_ctrl_c_changes_nothing(machine: Machine, stage: str) -> None:
    terminal = start(machine)
    answers = ["custom-openai" + ENTER, "http://127.0.0.1:9/v1" + ENTER, KEY + ENTER, "n" + ENTER]
    for question, answer in zip(STAGES, [*answers, ENTER], strict=True):
        terminal.expect(question)
        if question == stage:
            terminal.send(CTRL_C)
            break
        terminal.send(answer)
    assert finish(terminal) == 130
    assert "Traceback" not in (terminal.before or "")
    assert not machine.data.exists()
    assert machine.processes() == []


def test_a_key_typed_for_config_add_is_not_shown(machine: Machine) -> None:
    with Upstream() as upstream:
        machine.start()
        url = f"{upstream.url}/v1"
        terminal = talk(machine, "config", "add", "--provider", "openai", "--url", url)
        log = terminal.logfile_read = Log()
        terminal.expect("(?i)key")
        terminal.send(KEY + "\n")
        assert finish(terminal) == 0, log.text
        assert KEY not in log.text
        machine.ask("gpt-4o")
        assert upstream.last().values("authorization") == [f"Bearer {KEY}"]
        machine.run("delete", "--purge", "--yes")


def test_config_add_without_options_asks_and_marks_what_is_there(machine: Machine) -> None:
    with Upstream() as upstream:
        machine.start("--demo")
        terminal = talk(machine, "config", "add")
        log = terminal.logfile_read = Log()
        terminal.expect("Which provider")
        terminal.expect(r"\[configured\]")
        terminal.send("custom-openai" + ENTER)
        terminal.expect("Base URL")
        terminal.send(f"{upstream.url}/v1" + ENTER)
        terminal.expect("Key for custom-openai")
        terminal.send(KEY + ENTER)
        terminal.expect("Check the key")
        terminal.send(ENTER)
        terminal.expect("Models")
        terminal.send("my-*" + ENTER)
        terminal.expect("Add it")
        terminal.send(ENTER)
        assert finish(terminal) == 0, log.text
        assert KEY not in log.text
        assert machine.ask("my-big")[0] == 200
        assert upstream.last().values("authorization") == [f"Bearer {KEY}"]
        machine.run("delete", "--purge", "--yes")


def test_a_table_fits_the_terminal(machine: Machine) -> None:
    terminal = talk(machine, "config", "providers")
    log = terminal.logfile_read = Log()
    assert finish(terminal) == 0
    assert max(map(len, log.text.splitlines())) <= COLUMNS
    assert len(log.text.splitlines()) > len(machine.run("config", "providers").out.splitlines())
    assert " CLAUDE_CODE_OAUTH_TOKEN" in log.text


def test_delete_asks_and_no_keeps_everything(machine: Machine) -> None:
    machine.start("--demo")
    terminal = talk(machine, "delete", "--purge")
    terminal.expect(r"\[y/N\]")
    terminal.send("n\n")
    assert finish(terminal) == 130
    assert machine.ask("demo")[0] == 200
    machine.run("delete", "--purge", "--yes")


@pytest.mark.parametrize(
    ("arguments", "flag"),
    [
        (("config", "add", "--provider", "openai"), "--key-stdin"),
        (("config", "add"), "--provider"),
        (("delete", "--purge"), "--yes"),
    ],
    ids=["config add", "config add without options", "delete"],
)
def test_without_a_terminal_the_flags_are_named(
    machine: Machine, arguments: tuple[str, ...], flag: str
) -> None:
    machine.start("--demo")
    refused = machine.run(*arguments, expect=2)
    assert refused.out == ""
    assert flag in refused.err
    machine.run("delete", "--purge", "--yes")


def test_the_first_start_without_a_terminal_names_the_flags(machine: Machine) -> None:
    refused = machine.run("start", expect=2)
    assert refused.out == ""
    assert "--non-interactive" in refused.err
    assert not machine.data.exists()


class Log:
    """Everything that the terminal showed."""

    def __init__(self) -> None:
        self.text = ""

    def write(self, text: str) -> int:
        """Take what was shown."""
        self.text += text
        return len(text)

    def flush(self) -> None:
        """Do nothing: it is all there."""
