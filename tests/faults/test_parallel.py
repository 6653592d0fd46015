"""Commands that meet: each does its work, or says what it waits for, and all ends well."""

import threading
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from tests.envoy.upstream import Upstream
from tests.world import Ended, Machine

pytestmark = pytest.mark.envoy
PATIENCE = 100.0


@pytest.fixture(scope="module")
def upstream() -> Iterator[Upstream]:
    """The provider of everything that is added."""
    with Upstream() as provider:
        yield provider


@pytest.fixture
def machine(tmp_path: Path) -> Iterator[Machine]:
    """A home without a gateway."""
    with Machine(folder=tmp_path) as one:
        yield one


def together(machine: Machine, *commands: Sequence[str]) -> list[Ended]:
    """Begin all commands at once and wait for the last."""
    running = [machine.begin(*words, kept=True) for words in commands]
    said = [one.communicate(timeout=PATIENCE) for one in running]
    return [
        Ended(code=one.returncode, out=out, err=err)
        for one, (out, err) in zip(running, said, strict=True)
    ]


def start(machine: Machine) -> Sequence[str]:
    """Spell `start`."""
    return ("start", "--non-interactive", "--http-port", str(machine.port), "--demo")


def add(upstream: Upstream, number: int) -> Sequence[str]:
    """Spell `config add` of one of many providers."""
    return (
        *("config", "add", "--provider", "openai", "--id", f"p{number}", "--no-check"),
        *("--url", f"{upstream.url}/v1", "--models", f"model-{number}"),
        *("--key", key(number)),
    )


def key(number: int) -> str:
    """Return the key of one of many providers."""
    return f"sk-parallel-{number:02d}-0123456789"


def expect_one_gateway(machine: Machine) -> None:
    """One supervisor and one Envoy run, in sync with the spec, and serve."""
    status = machine.run("status", "--json").json()
    assert (status["state"], status["in_sync"]) == ("running", True)
    names = [" ".join(one.cmdline()) for one in machine.processes()]
    assert len([name for name in names if "supervisor" in name]) == 1, names
    assert len([one for one in machine.processes() if "envoy" in one.name()]) == 1
    assert machine.ask("demo")[0] == 200


def expect_nothing(machine: Machine) -> None:
    """Nothing runs, and a new start works."""
    assert machine.processes() == []
    machine.run(*start(machine))
    expect_one_gateway(machine)


def test_twenty_changes_at_once_are_all_there_and_no_request_fails(
    machine: Machine, upstream: Upstream
) -> None:
    machine.run(*start(machine))
    over, answers = threading.Event(), list[int]()

    def ask() -> None:
        while not over.wait(0.02):
            answers.append(machine.ask("demo")[0])

    thread = threading.Thread(target=ask)
    thread.start()
    rules = [
        ("route", "add", "--model", "demo", "--trigger", f"word{number}", "--name", f"r{number}")
        for number in range(8)
    ]
    adds = [add(upstream, number) for number in range(10)]
    more = [("route", "default", "demo"), ("start", "--non-interactive")]
    try:
        ended = together(machine, *adds, *rules, *more)
    finally:
        over.set()
        thread.join()
    assert [one for one in ended if one.code != 0] == []
    assert set(answers) == {200}
    for number in range(10):
        assert machine.ask(f"model-{number}")[0] == 200
        assert upstream.last().values("authorization") == [f"Bearer {key(number)}"]
    for number in range(8):
        assert machine.ask("auto", f"word{number} please")[1]["x-aigw-rule"] == f"r{number}"
    expect_one_gateway(machine)
    machine.run("delete", "--purge", "--yes")


def test_the_same_provider_added_by_many_at_once_keeps_every_key(
    machine: Machine, upstream: Upstream
) -> None:
    machine.run(*start(machine))
    words = [
        *("config", "add", "--provider", "openai", "--no-check", "--append"),
        *("--url", f"{upstream.url}/v1", "--models", "one"),
    ]
    ended = together(machine, *([*words, "--key", key(number)] for number in range(6)))
    assert [one for one in ended if one.code != 0] == []
    seen = set[str]()
    for _ in range(6):
        assert machine.ask("one")[0] == 200
        seen.update(upstream.last().values("authorization"))
    assert seen == {f"Bearer {key(number)}" for number in range(6)}
    machine.run("delete", "--purge", "--yes")


def test_two_starts_at_once_are_one_gateway(machine: Machine) -> None:
    ended = together(machine, *[start(machine)] * 3)
    assert [one for one in ended if one.code != 0] == []
    expect_one_gateway(machine)
    machine.run("delete", "--purge", "--yes")


def test_a_provider_added_while_the_gateway_stops_is_kept(
    machine: Machine, upstream: Upstream
) -> None:
    machine.run(*start(machine))
    stopped, added = together(machine, ("stop",), add(upstream, 1))
    assert (stopped.code, added.code) == (0, 0), (stopped, added)
    assert machine.processes() == []
    machine.run("start", "--non-interactive")
    assert machine.ask("model-1")[0] == 200
    assert upstream.last().values("authorization") == [f"Bearer {key(1)}"]
    machine.run("delete", "--purge", "--yes")


def test_stops_and_starts_at_once_end_in_one_of_the_two(machine: Machine) -> None:
    machine.run(*start(machine))
    ended = together(machine, ("stop",), start(machine), ("restart",), ("stop",), start(machine))
    assert [one for one in ended if one.code != 0] == []
    machine.run(*start(machine))
    expect_one_gateway(machine)
    machine.run("delete", "--purge", "--yes")


@pytest.mark.parametrize("purge", [("--purge",), ()], ids=["purge", "keep"])
def test_a_delete_that_meets_a_start_leaves_all_or_nothing(
    machine: Machine, purge: Sequence[str]
) -> None:
    machine.run(*start(machine))
    machine.run("stop")
    ended = together(machine, start(machine), ("delete", "--yes", *purge), start(machine))
    started = [one for index, one in enumerate(ended) if index != 1]
    assert ended[1].code == 0, ended
    told = [one.code == 0 or "deleted the gateway meanwhile" in one.err for one in started]
    assert all(told), ended
    assert {one.code for one in started} <= {0, 4}, ended
    if machine.processes():
        expect_one_gateway(machine)
    else:
        expect_nothing(machine)
    machine.run("delete", "--purge", "--yes")
    assert machine.processes() == []
    assert not machine.data.exists()


def test_deletes_at_once_all_find_it_gone(machine: Machine) -> None:
    machine.run(*start(machine))
    ended = together(machine, *[("delete", "--purge", "--yes")] * 3)
    assert {one.code for one in ended} in ({0}, {0, 4}), ended
    assert machine.processes() == []
    assert not machine.data.exists()
