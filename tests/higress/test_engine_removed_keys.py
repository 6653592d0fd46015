"""A key that was removed, or typed by somebody in its place, stays in no file of the gateway."""

from pathlib import Path

import pytest

from tests.faults.canaries import files_with
from tests.higress.higress_machine import KEY, HigressMachine
from tests.higress.upstreams import Upstream

pytestmark = pytest.mark.docker

THEIRS, DEEP, SECOND = (f"sk-{name}-0123456789" for name in ("theirs", "deep", "second"))
ANOTHER = ("config", "add", "--provider", "openai", "--no-check", "--key")


def add(machine: HigressMachine, provider: Upstream) -> None:
    """Add a provider with a key."""
    url = f"http://{provider.ip}:8000/v1"
    kind = ("--provider", "deepseek", "--url", url, "--key", DEEP, "--no-check")
    machine.run("config", "add", *kind)


def typed(machine: HigressMachine) -> None:
    """Put another key into the place of ours in the console."""
    page = "/v1/ai/providers/deepseek"
    data = machine.console("GET", page)[1]["data"]
    assert machine.console("PUT", page, {**data, "tokens": [THEIRS]})[0] == 200


def copies(machine: HigressMachine) -> Path:
    """Say where copies of what was overwritten are."""
    return machine.data / "run" / "higress" / "overwritten"


def test_a_removed_key_stays_in_no_copy_nor_does_one_that_was_typed_in_its_place(
    running: HigressMachine, provider: Upstream
) -> None:
    add(running, provider)
    typed(running)
    running.start()
    assert [key for key in (KEY, THEIRS) if not files_with(copies(running), [key])] == []
    running.run(*ANOTHER, SECOND)
    assert files_with(running.data, [KEY, THEIRS]) == set()
    typed(running)
    running.run("config", "remove", "--provider", "deepseek")
    assert files_with(running.data, [DEEP, THEIRS]) == set()
    assert {"[hidden]" in file.read_text() for file in copies(running).iterdir()} == {True}
    assert running.ask("gpt-4o")[0] == 200
    running.run(*ANOTHER, KEY)


def test_a_key_that_is_removed_while_nothing_runs_stays_in_no_file(
    running: HigressMachine, provider: Upstream
) -> None:
    add(running, provider)
    typed(running)
    running.start()
    running.run("stop")
    running.run("config", "remove", "--provider", "deepseek")
    assert files_with(running.data, [DEEP, THEIRS]) == set()
    assert running.start().err == ""
    assert running.ask("gpt-4o")[0] == 200
    assert running.run("plan").code == 0
