"""A change that is broken off half-way is taken back, or gone on with; nobody else is blamed."""

import signal
from collections.abc import Callable

import pytest

from tests.higress.faults.faulty import expect_well, problems
from tests.higress.higress_machine import HigressMachine
from tests.higress.upstreams import Upstream, eventually

pytestmark = pytest.mark.docker
PROXY = "wasmplugins/ai-proxy.internal.yaml"
CANARY = "sk-half-0123456789"


def add(upstream: Upstream) -> tuple[str, ...]:
    """Spell a command that adds a provider."""
    url = f"http://{upstream.ip}:8000/v1"
    kind = ("--provider", "custom", "--id", "half", "--url", url, "--models", "half-*")
    return ("config", "add", *kind, "--key", CANARY, "--no-check")


def broken_off(
    machine: HigressMachine,
    number: signal.Signals,
    *words: str,
    when: Callable[[], bool],
) -> tuple[int, str]:
    """Begin a command and end it by a signal once something is so; its code and what it said."""
    with machine.begin(*words, kept=True) as child:
        eventually(lambda: when() or child.poll() is not None)
        child.send_signal(number)
        said = child.communicate(timeout=90)[1]
    return child.returncode, said


def in_store(machine: HigressMachine) -> bool:
    """Say whether the key of the provider is in the store."""
    return CANARY in (machine.store / PROXY).read_text()


def expect_no_trace(machine: HigressMachine) -> None:
    """Nothing of the provider is left, in no file of the gateway."""
    assert machine.ask("half-1")[0] == 404
    files = [file for file in machine.data.rglob("*") if file.is_file()]
    assert [file for file in files if CANARY.encode() in file.read_bytes()] == []


def test_ctrl_c_takes_a_new_provider_back_and_the_same_command_does_it(
    machine: HigressMachine, upstream: Upstream
) -> None:
    ended = broken_off(machine, signal.SIGINT, *add(upstream), when=lambda: in_store(machine))
    assert ended[0] == 130, ended
    assert "\ninterrupted; everything is as before\n" in ended[1]
    expect_no_trace(machine)
    assert problems(machine) == {}
    machine.run(*add(upstream))
    assert machine.ask("half-1")[0] == 200
    machine.run("config", "remove", "--provider", "half")
    expect_no_trace(machine)
    expect_well(machine, upstream)


def test_ctrl_c_takes_a_removal_back(machine: HigressMachine, upstream: Upstream) -> None:
    machine.run(*add(upstream))
    remove = ("config", "remove", "--provider", "half")
    ended = broken_off(machine, signal.SIGINT, *remove, when=lambda: not in_store(machine))
    assert ended[0] == 130, ended
    assert "\ninterrupted; everything is as before\n" in ended[1]
    assert "by hand" not in ended[1]
    assert machine.ask("half-1")[0] == 200
    machine.run(*remove)
    expect_no_trace(machine)
    expect_well(machine, upstream)


def test_ctrl_c_takes_a_rule_back(machine: HigressMachine, upstream: Upstream) -> None:
    router = machine.store / "wasmplugins/model-router.internal.yaml"
    machine.run("route", "default", "gpt-4o")
    rule = ("route", "add", "--model", "gpt-4o", "--trigger", "half done")
    said = broken_off(machine, signal.SIGINT, *rule, when=lambda: "half done" in router.read_text())
    assert said[0] == 130, said
    assert machine.run("route", "list", "--json").json()["rules"] == []
    machine.run(*rule)
    machine.run("route", "remove", "--name", "gpt-4o")
    machine.run("route", "off")
    expect_well(machine, upstream)


def test_a_killed_change_is_gone_on_with_and_blamed_on_nobody(
    machine: HigressMachine, upstream: Upstream
) -> None:
    assert broken_off(machine, signal.SIGKILL, *add(upstream), when=lambda: in_store(machine))[0]
    assert "by hand" not in machine.run("status", expect=None).out
    started = machine.start()
    assert "by hand" not in started.err
    assert machine.ask("half-1")[0] == 200
    machine.run("config", "remove", "--provider", "half")
    expect_no_trace(machine)
    expect_well(machine, upstream)


def test_what_a_killed_change_left_goes_with_the_next_removal(
    machine: HigressMachine, upstream: Upstream
) -> None:
    assert broken_off(machine, signal.SIGKILL, *add(upstream), when=lambda: in_store(machine))[0]
    machine.run("config", "remove", "--provider", "half")
    expect_no_trace(machine)
    assert machine.run("plan").code == 0
    expect_well(machine, upstream)
