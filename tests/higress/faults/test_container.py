"""Whatever happens to a gateway's container from outside is told, and the next command mends it."""

from pathlib import Path

import pytest

from tests.higress.faults.faulty import expect_well, problems, stranger
from tests.higress.higress_machine import KEY, HigressMachine
from tests.higress.upstreams import Upstream, eventually
from tests.world import free_ports

pytestmark = pytest.mark.docker
STOPPED, DEGRADED = ("stopped", 4), ("degraded", 5)


@pytest.mark.parametrize(
    ("harm", "state", "step"),
    [
        ("kill", STOPPED, ("start", "container")),
        ("pause", DEGRADED, ("unpause", "container")),
        ("remove", STOPPED, ("create", "container")),
    ],
)
def test_a_container_that_was_harmed_by_hand_is_told_and_mended(
    machine: HigressMachine,
    upstream: Upstream,
    *,
    harm: str,
    state: tuple[str, int],
    step: tuple[str, str],
) -> None:
    container, (word, code) = machine.container, state
    container.remove(force=True) if harm == "remove" else getattr(container, harm)()
    assert machine.run("status", "--json", expect=code).json()["state"] == word
    planned = machine.run("plan", "--json", expect=10).json()["steps"]
    assert isinstance(planned, list)
    assert [(one["action"], one["what"].partition(" with ")[0]) for one in planned] == [step]
    expect_well(machine, upstream)


def test_a_container_restarted_by_hand_needs_nothing(
    machine: HigressMachine, upstream: Upstream
) -> None:
    machine.container.restart()
    expect_well(machine, upstream)


def test_a_paused_gateway_takes_a_change_and_goes_on(
    machine: HigressMachine, upstream: Upstream
) -> None:
    machine.container.pause()
    machine.run("route", "default", "gpt-4o")
    machine.run("route", "off")
    expect_well(machine, upstream)


def test_a_renamed_container_is_named_and_never_doubled(
    machine: HigressMachine, upstream: Upstream
) -> None:
    other, back = f"{machine.name}-x", f"docker rename {machine.name}-x {machine.name}"
    machine.container.rename(other)
    assert problems(machine)["renamed"] == {
        "code": "renamed",
        "message": f"its container was renamed to `{other}`",
        "hint": back,
    }
    kept = (machine.data / "gateway.yaml").read_bytes()
    for words in (("start", "--non-interactive"), ("route", "default", "gpt-4o")):
        refused = machine.run(*words, expect=6)
        assert refused.err.splitlines()[-3:] == [
            f"error: the container of gateway `{machine.name}` was renamed to `{other}`",
            "",
            f"hint: {back}",
        ]
    assert (machine.data / "gateway.yaml").read_bytes() == kept
    machine.run("stop")
    assert machine.client.containers.get(other).status == "exited"
    machine.client.containers.get(other).rename(machine.name)
    expect_well(machine, upstream)


def test_a_port_that_a_stranger_has_changes_nothing(
    machine: HigressMachine, upstream: Upstream
) -> None:
    born, (port,) = machine.born(), free_ports(1)
    with stranger(machine, f"f-stranger-{port}", ports=(port,)):
        for option in ("--http-port", "--https-port", "--console-port"):
            refused = machine.start(option, str(port), expect=5)
            error, _, hint = refused.err.splitlines()[-3:]
            assert error == (
                f"error: port {port} of 127.0.0.1 is taken by container `f-stranger-{port}`; "
                "everything is as before"
            )
            assert hint.startswith(f"hint: aigw start {option} ")
            assert hint.rsplit(" ", 1)[1] not in map(str, (machine.port, *machine.outer, port))
            assert machine.born() == born
    expect_well(machine, upstream)


def test_the_first_start_on_a_strangers_port_keeps_what_was_wanted(tmp_path: Path) -> None:
    with HigressMachine(folder=tmp_path, name="f-taken") as one:
        with stranger(one, "f-holder", ports=(one.outer[1],)):
            refused = one.start("--openai-key", KEY, expect=5)
            assert refused.err.splitlines()[-3] == (
                f"error: port {one.outer[1]} of 127.0.0.1 is taken by container `f-holder`; "
                "gateway `f-taken` was saved, but does not run"
            )
        assert one.containers() == []
        one.start()
        assert one.run("config", "list").out.count("openai")


def test_a_strangers_container_of_our_name_is_left_alone(tmp_path: Path) -> None:
    with (
        HigressMachine(folder=tmp_path, name="f-name") as one,
        stranger(one, "f-name"),
    ):
        refused = one.start(expect=6)
        assert refused.err.splitlines()[-3:] == [
            "error: container `f-name` was not made by aigw; it is left alone",
            "",
            "hint: aigw import FOLDER --container f-name",
        ]


@pytest.mark.parametrize(("aside", "more"), [("before", ()), ("failed", ("--retain",))])
def test_a_strangers_container_of_a_name_that_we_will_want_is_left_alone(
    machine: HigressMachine, upstream: Upstream, aside: str, more: tuple[str, ...]
) -> None:
    born, name = machine.born(), f"{machine.name}-{aside}"
    with stranger(machine, name):
        refused = machine.start("--memory", "3g", *more, expect=6)
        assert refused.err.splitlines()[-3:] == [
            f"error: container `{name}` was not made by aigw; it is left alone; "
            "everything is as before",
            "",
            f"hint: docker rename {name} OTHER-NAME",
        ]
    assert machine.born() == born
    expect_well(machine, upstream)


def test_too_little_memory_is_told_and_the_old_container_comes_back(
    machine: HigressMachine, upstream: Upstream
) -> None:
    old = machine.born()[0]
    refused = machine.start("--memory", "64m", expect=5)
    error = refused.err.partition("error: ")[2].splitlines()[0]
    assert "for lack of memory" in error, refused.err
    assert error.endswith("everything is as before")
    assert refused.err.splitlines()[-1] == "hint: aigw start --memory 2g"
    assert machine.born()[0] == old
    assert len(machine.containers()) == 1
    expect_well(machine, upstream)


def test_a_container_kept_for_a_look_is_named_and_goes_with_the_gateway(tmp_path: Path) -> None:
    with HigressMachine(folder=tmp_path, name="f-kept") as one:
        refused = one.start("--memory", "64m", "--retain", expect=5)
        assert "; it is kept as container `f-kept-failed`" in refused.err
        (kept,) = one.containers()
        assert (kept.name, kept.status) == ("f-kept-failed", "exited")
        removed = one.run("delete", "--purge", "--yes").out
        assert "removed container f-kept-failed" in removed
        assert one.containers() == []


def test_a_gateway_killed_in_the_midst_of_a_replacement_serves_again(
    machine: HigressMachine, upstream: Upstream
) -> None:
    machine.container.stop(timeout=1)
    machine.container.rename(f"{machine.name}-before")
    expect_well(machine, upstream)
    eventually(lambda: [one.name for one in machine.containers()] == [machine.name])
