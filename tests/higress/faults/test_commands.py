"""Commands that meet, are interrupted, killed or wait in vain leave a gateway that goes on."""

import os
import random
import signal
import subprocess
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

import docker
import pytest
import yaml

from tests.docker.registry import Registry
from tests.docker.registry import image as tiny_image
from tests.docker.tiny import root
from tests.docker.using import using
from tests.higress import image
from tests.higress.faults.faulty import expect_well, problems
from tests.higress.higress_machine import KEY, Heard, HigressMachine, openai
from tests.higress.upstreams import Upstream, eventually

pytestmark = pytest.mark.docker
SEED = int(os.environ.get("AIGW_TEST_SEED", "0")) or random.SystemRandom().randrange(1, 1 << 31)
ROUNDS = 5
OTHER = f"sha256:{'0' * 64}"


def add(upstream: Upstream, key: str) -> Sequence[str]:
    """Spell a command that adds a key."""
    url = ("--url", f"http://{upstream.ip}:8000/v1")
    return ("config", "add", "--provider", "openai", "--append", "--key", key, "--no-check", *url)


def keys(machine: HigressMachine) -> list[str]:
    """Return the keys that are kept."""
    tree = yaml.safe_load((machine.data / "credentials.yaml").read_text())
    return list(tree["openai"])


def only(machine: HigressMachine) -> None:
    """Have one key again."""
    machine.run("config", "add", "--provider", "openai", "--key", KEY, "--no-check")


def test_two_changes_at_once_both_count(machine: HigressMachine, upstream: Upstream) -> None:
    both = [f"sk-at-once-{number}-0123456789" for number in range(2)]
    children = [machine.begin(*add(upstream, key)) for key in both]
    assert [child.wait(90) for child in children] == [0, 0]
    assert sorted(keys(machine)) == sorted([KEY, *both])
    only(machine)
    expect_well(machine, upstream)


def test_two_starts_at_once_make_one_container(machine: HigressMachine, upstream: Upstream) -> None:
    machine.container.remove(force=True)
    children = [machine.begin("start", "--non-interactive") for _ in range(2)]
    assert [child.wait(120) for child in children] == [0, 0]
    assert [one.name for one in machine.containers()] == [machine.name]
    expect_well(machine, upstream)


def test_a_delete_removes_what_a_killed_command_used_and_leaves_what_is_in_use(
    machine: HigressMachine, upstream: Upstream
) -> None:
    tag = image.standin()
    with using(tag) as living:
        with using(tag) as killed:
            pass
        names = {one.name for one in machine.client.containers.list(all=True, ignore_removed=True)}
        assert {living, killed} <= names
        machine.run("delete", "--yes")
        names = {one.name for one in machine.client.containers.list(all=True, ignore_removed=True)}
        assert {living, killed} & names == {living}
    expect_well(machine, upstream)


def test_a_delete_and_a_start_at_once_end_in_one_of_two_states(
    machine: HigressMachine, upstream: Upstream
) -> None:
    machine.run("stop")
    deleting = machine.begin("delete", "--yes")
    starting = machine.begin("start", "--non-interactive")
    assert deleting.wait(120) == 0
    assert starting.wait(120) in {0, 4}
    assert keys(machine) == [KEY]
    machine.start("--engine", "higress")
    assert [one.name for one in machine.containers()] == [machine.name]
    expect_well(machine, upstream)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM], ids=["Ctrl-C", "SIGTERM"])
def test_who_is_interrupted_while_a_new_container_starts_has_the_old_one(
    machine: HigressMachine, upstream: Upstream, number: signal.Signals
) -> None:
    old = machine.born()[0]
    limit = f"{2 + number}g"
    child = machine.begin("start", "--non-interactive", "--memory", limit)
    eventually(lambda: len(machine.containers()) > 1)
    child.send_signal(number)
    assert child.wait(60) in {130, 143, -number}
    if number is signal.SIGINT:
        assert machine.born()[0] == old
    expect_well(machine, upstream)
    assert [one.name for one in machine.containers()] == [machine.name]


def test_who_interrupts_the_taking_back_too_is_told_no_more_than_is_true(
    machine: HigressMachine, upstream: Upstream
) -> None:
    child = machine.begin("start", "--non-interactive", "--memory", "5g", kept=True)
    eventually(lambda: len(machine.containers()) > 1)
    child.send_signal(signal.SIGINT)
    eventually(lambda: len(machine.containers()) == 1)
    child.send_signal(signal.SIGINT)
    said = child.communicate(timeout=90)[1]
    (left,) = machine.containers()
    assert "everything is as before" not in said or left.status == "running"
    expect_well(machine, upstream)


def waiting(machine: HigressMachine, command: str) -> "subprocess.Popen[str]":
    """Begin to stop a gateway through which a stream runs, and come back while that is waited for.

    From then on its Envoy closes its listeners in 45 s, whatever becomes of the command.
    """
    child = machine.begin(command, "-v", kept=True)
    assert child.stderr is not None
    assert any("no more requests are taken" in line for line in child.stderr)
    return child


@pytest.mark.parametrize(("command", "after"), [("stop", "exited"), ("restart", "running")])
def test_who_interrupts_the_wait_for_running_requests_cuts_them(
    machine: HigressMachine, upstream: Upstream, command: str, after: str
) -> None:
    born, heard = machine.born(), Heard(machine.port, upstream, chunks=900, pause=0.1)
    heard.begin()
    child = waiting(machine, command)
    child.send_signal(signal.SIGINT)
    said = child.communicate(timeout=60)[1]
    assert child.returncode == 130
    assert "interrupted: it is stopped at once; requests that still ran were cut\n" in said
    heard.thread.join(30)
    assert not heard.whole()
    container = machine.container
    assert (container.id, container.status) == (born[0], after)
    assert (machine.born() == born) is (command == "stop")
    expect_well(machine, upstream)


@pytest.mark.parametrize("command", ["stop", "restart"])
def test_a_gateway_whose_stop_was_killed_is_told_and_mended_and_no_stream_is_cut(
    machine: HigressMachine, upstream: Upstream, command: str
) -> None:
    words = "it takes no more requests since a stop was interrupted"
    with machine.streaming(upstream, chunks=80):
        child = waiting(machine, command)
        assert "draining" not in problems(machine)
        child.kill()
        child.communicate(timeout=60)
        assert machine.run("status", "--json", expect=5).json()["state"] == "degraded"
        assert problems(machine)["draining"] == {
            "code": "draining",
            "message": words,
            "hint": "aigw restart",
        }
        planned = machine.run("plan", "--json", expect=10).json()["steps"]
        assert planned == [{"action": "restart", "what": f"container: {words}"}]
        machine.start()
    expect_well(machine, upstream)


def killed_after(machine: HigressMachine, words: Sequence[str], seconds: float) -> bool:
    """Run a command and kill it after some time; false when it had ended by itself."""
    child = machine.begin(*words)
    try:
        child.wait(seconds)
    except subprocess.TimeoutExpired:
        child.kill()
        child.wait()
        return True
    return False


def test_a_command_killed_at_any_moment_loses_nothing(
    machine: HigressMachine, upstream: Upstream
) -> None:
    print(f"seed {SEED} (repeat with AIGW_TEST_SEED={SEED})")  # noqa: T201 - needed to repeat it
    chance = random.Random(SEED)
    for number in range(ROUNDS):
        words: Sequence[str] = (
            add(upstream, f"sk-killed-{number}-0123456789"),
            ("route", "add", "--model", "gpt-4o", "--trigger", f"word {number}"),
            ("start", "--non-interactive", "--memory", f"{number + 3}g"),
            ("restart",),
            ("delete", "--yes"),
        )[number % 5]
        if words[0] == "route":
            machine.run("route", "default", "gpt-4o")
        kept, seconds = keys(machine), chance.uniform(0.3, 4.0)
        killed = killed_after(machine, words, seconds)
        print(f"{number}: {words[:2]} killed after {seconds:.2f} s: {killed}")  # noqa: T201
        machine.start("--engine", "higress")
        status = machine.run("status", "--json").json()
        assert (status["state"], status["in_sync"]) == ("running", True)
        assert keys(machine)[: len(kept)] == kept
        assert machine.ask("gpt-4o")[0] == 200
        assert [one.name for one in machine.containers()] == [machine.name]
        assert not list(machine.data.rglob(".tmp*"))
    machine.run("route", "off")
    only(machine)
    expect_well(machine, upstream)


@pytest.fixture(scope="module")
def slow() -> Iterator[str]:
    """An image whose pilot takes half an hour."""
    client = docker.from_env()
    made = client.containers.create(image.standin())
    try:
        changes = ["ENV STANDIN_PILOT_DELAY=1800"]
        client.api.commit(str(made.id), repository="f-slow", tag="1", changes="\n".join(changes))
        yield "f-slow"
    finally:
        made.remove(force=True)
        client.images.remove("f-slow:1", force=True)
        client.close()


@pytest.mark.parametrize("retain", [False, True])
def test_a_boot_that_takes_too_long_is_named_and_nothing_of_it_runs(
    tmp_path: Path, slow: str, *, retain: bool
) -> None:
    with HigressMachine(folder=tmp_path, name=f"f-slow-{retain}".lower()) as one:
        words = ("--image-repo", slow, "--image-tag", "1", "--timeout", "4")
        begun = time.monotonic()
        ended = one.start(*words, *(("--retain",) if retain else ()), expect=5)
        assert time.monotonic() - begun < 40
        error = ended.err.partition("error: ")[2]
        assert error.startswith(f"gateway `{one.name}` is not ready: it does not answer /health")
        assert "the end of its log:\n" in error
        assert "hint: aigw logs --engine" in error
        left = [(made.name, made.status) for made in one.containers()]
        assert left == ([(f"{one.name}-failed", "exited")] if retain else [])
        assert one.run("status", "--json", expect=4).json()["state"] == "stopped"


def test_registries_that_refuse_lie_or_say_nothing_are_told(tmp_path: Path) -> None:
    made = tiny_image(root())
    name = "d/gateway"
    with (
        HigressMachine(folder=tmp_path, name="f-registry") as one,
        Registry(images={f"{name}:1": made}) as registry,
    ):
        pull = ("--registry", registry.host, "--image-repo", name, "--pull", "missing")
        registry.status = 403
        refused = one.start(*pull, "--image-tag", "1", expect=5)
        assert registry.host in refused.err.partition("error: ")[2]
        registry.status = 0
        refused = one.start(*pull, "--image-tag", "2", expect=5)
        assert registry.host in refused.err.partition("error: ")[2]
        ended = one.start(*pull, "--image-tag", "1", expect=5)
        assert f"image {registry.host}/{name}:1 is not Higress' all-in-one: " in ended.err
        assert one.containers() == []
        pinned = {"repository": name, "tag": "1", "registry": registry.host, "digest": OTHER}
        file = str(one.document(image=pinned))
        refused = one.run("start", "--non-interactive", "--file", file, expect=5)
        assert f"{registry.host}/{name}:1 is {made.digest}, but {OTHER} is pinned" in refused.err
        one.run("delete", "--purge", "--yes")
    client = docker.from_env()
    client.images.remove(made.id, force=True)
    client.close()


def test_without_a_terminal_it_asks_nothing(tmp_path: Path, upstream: Upstream) -> None:
    with HigressMachine(folder=tmp_path, name="f-pipe") as one:
        file = one.document(openai(upstream))
        ended = one.run("start", "--file", str(file), "--openai-key", KEY, stdin="", expect=None)
        assert ended.code in {0, 2}, ended
        refused = one.run("delete", "--purge", expect=None)
        assert refused.code == 2, refused
