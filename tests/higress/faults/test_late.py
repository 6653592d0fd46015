"""A console that hangs and goes on later: what it does of a refused change is undone."""

from pathlib import Path

import pytest

from tests.higress.faults.faulty import expect_well, problems
from tests.higress.higress_machine import KEY, HigressMachine
from tests.higress.test_engine_refusals import stands
from tests.higress.test_engine_removed_keys import ANOTHER, SECOND
from tests.higress.upstreams import Upstream, eventually

pytestmark = pytest.mark.docker
LATE = "sk-canary-groq-0123"
ADD = ("config", "add", "--provider", "groq", "--key", LATE, "--no-check")
SOON = 60.0


def refused_by_silence(machine: HigressMachine, what: str, *words: str) -> None:
    """Have a change refused because the console hangs, asked for `what`; it hangs on."""
    machine.sh("pkill -STOP -f '[p]rograms console'")
    where = f"the console does not answer on 127.0.0.1:{machine.outer[1]}"
    assert problems(machine)["console_silent"]["message"] == where
    before = stands(machine)
    refused = machine.run(*words, expect=5)
    assert refused.err.splitlines()[-3:] == [
        f"error: {where} and may still change {what}, which the next `aigw start` undoes; "
        "everything is as before",
        "",
        "hint: aigw restart",
    ]
    assert stands(machine) == before
    assert "drift" not in problems(machine)


def listed(machine: HigressMachine) -> list[str]:
    """Return the providers that the console has."""
    return sorted(one["name"] for one in machine.console("GET", "/v1/ai/providers")[1]["data"])


def holders(machine: HigressMachine, text: str) -> list[Path]:
    """Return the files of the gateway that a text is in."""
    files = [file for file in machine.data.rglob("*") if file.is_file()]
    return [file for file in files if text.encode() in file.read_bytes()]


def test_what_a_console_that_hung_does_after_all_is_ours_to_undo(
    machine: HigressMachine, upstream: Upstream
) -> None:
    refused_by_silence(machine, "provider `groq`", *ADD)
    machine.sh("pkill -CONT -f '[p]rograms console'")
    eventually(lambda: listed(machine) == ["groq", "openai"])
    path = "wasmplugins/ai-proxy.internal.yaml"
    assert path in problems(machine)["drift"]["message"]
    planned = machine.run("plan", expect=10).out
    assert f"undo an unfinished change in {path}" in planned
    assert "by hand" not in f"{planned}{machine.start()}"
    assert listed(machine) == ["openai"]
    assert holders(machine, LATE) == []
    expect_well(machine, upstream)


def test_a_start_waits_for_what_the_console_is_about_to_do_late(
    machine: HigressMachine, upstream: Upstream
) -> None:
    refused_by_silence(machine, "provider `groq`", *ADD)
    machine.sh("pkill -CONT -f '[p]rograms console'")
    machine.start()
    assert listed(machine) == ["openai"]
    assert holders(machine, LATE) == []
    expect_well(machine, upstream)


def test_a_restart_makes_sure_that_nothing_comes_of_what_waited_in_the_console(
    machine: HigressMachine, upstream: Upstream
) -> None:
    refused_by_silence(machine, "provider `groq`", *ADD)
    machine.run("restart")
    assert listed(machine) == ["openai"]
    assert holders(machine, LATE) == []
    expect_well(machine, upstream)


def test_a_key_that_is_removed_while_nothing_runs_stays_in_no_unfinished_change(
    machine: HigressMachine, upstream: Upstream
) -> None:
    refused_by_silence(machine, "provider `groq`", *ADD)
    machine.run("stop")
    machine.run(*ANOTHER, SECOND)
    assert holders(machine, KEY) == []
    machine.run(*ANOTHER, KEY)
    expect_well(machine, upstream)
    assert holders(machine, LATE) == []


def test_a_route_that_the_console_removes_late_comes_back_and_nobody_is_blamed(
    machine: HigressMachine, upstream: Upstream
) -> None:
    machine.run(*ADD)
    refused_by_silence(machine, "AI route `0-groq`", "config", "remove", "--provider", "groq")
    machine.sh("pkill -CONT -f '[p]rograms console'")
    eventually(lambda: machine.console("GET", "/v1/ai/routes/0-groq")[0] == 404)
    assert "by hand" not in f"{problems(machine)}{machine.start()}"
    assert machine.console("GET", "/v1/ai/routes/0-groq")[0] == 200
    machine.run("config", "remove", "--provider", "groq")
    assert holders(machine, LATE) == []
    expect_well(machine, upstream)


def test_what_somebody_makes_of_a_refused_provider_in_the_console_stays(
    machine: HigressMachine, upstream: Upstream
) -> None:
    refused_by_silence(machine, "provider `groq`", *ADD)
    machine.sh("pkill -CONT -f '[p]rograms console'")
    eventually(lambda: listed(machine) == ["groq", "openai"])
    groq = machine.console("GET", "/v1/ai/providers/groq")[1]["data"]
    machine.console("PUT", "/v1/ai/providers/groq", {**groq, "tokens": ["sk-theirs-0123456789"]})
    machine.start()
    assert listed(machine) == ["groq", "openai"]
    assert machine.console("DELETE", "/v1/ai/providers/groq")[0] == 204
    expect_well(machine, upstream)
