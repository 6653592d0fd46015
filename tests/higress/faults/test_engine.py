"""Docker itself goes away, refuses, is full or is not for us: told, and nothing of ours is lost."""

import os
import pwd
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.docker.relay import Relay, relay
from tests.higress.faults.faulty import expect_well
from tests.higress.higress_machine import HigressMachine
from tests.higress.upstreams import Upstream
from tests.world import ROOT, Ended

pytestmark = pytest.mark.docker
ENGINE = os.environ.get("DOCKER_HOST", "unix:///var/run/docker.sock")
NOBODY = "unix:///nowhere/docker.sock"
GONE = "no Docker engine: DOCKER_HOST (/nowhere/docker.sock): there is no such socket"
ADD = ("config", "add", "--provider", "groq", "--key", "sk-groq-0123456789", "--no-check")


def with_engine(machine: HigressMachine, url: str, *words: str, code: int) -> Ended:
    """Run a command that is told of another engine."""
    there = machine.environment
    machine.environment = {**there, "DOCKER_HOST": url}
    try:
        return machine.run(*words, expect=code)
    finally:
        machine.environment = there


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (("status",), 5),
        (("start", "--non-interactive"), 5),
        (("stop",), 5),
        (("restart",), 5),
        (("plan",), 5),
        (("delete", "--purge", "--yes"), 5),
        (ADD, 5),
        (("start", "--non-interactive", "--engine", "envoy"), 5),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, tuple) else None,
)
def test_without_docker_every_command_says_so_and_leaves_all_as_it_is(
    machine: HigressMachine, words: tuple[str, ...], code: int
) -> None:
    born = machine.born()
    said = with_engine(machine, NOBODY, *words, code=code)
    assert GONE in f"{said.out}{said.err}", said
    assert machine.born() == born
    assert machine.ask("gpt-4o")[0] == 200


def test_a_change_of_a_gateway_that_serves_is_refused_without_docker(
    machine: HigressMachine,
) -> None:
    documents = machine.spec()
    shown: Any = with_engine(machine, NOBODY, "status", "--json", code=5).json()
    assert (shown["state"], shown["in_sync"]) == ("degraded", True)
    with_engine(machine, NOBODY, *ADD, code=5)
    assert machine.spec() == documents


def test_a_change_of_one_that_does_not_answer_is_kept_and_said_not_to_be_applied(
    machine: HigressMachine, upstream: Upstream
) -> None:
    machine.run("stop")
    said = with_engine(machine, NOBODY, *ADD, code=0)
    start = f"`aigw -g {machine.name} start`"
    assert f"{GONE}; what changes is kept, and counts from {start} on" in said.err
    assert "groq" in machine.run("config", "list").out
    machine.run("start")
    machine.run("config", "remove", "--provider", "groq")
    expect_well(machine, upstream)


def test_a_socket_that_we_may_not_use_is_told_as_such() -> None:
    with tempfile.TemporaryDirectory(prefix="aigw-other-") as name:
        nobody = pwd.getpwnam("nobody")
        os.chown(name, nobody.pw_uid, nobody.pw_gid)
        ids = (f"--reuid={nobody.pw_uid}", f"--regid={nobody.pw_gid}", "--clear-groups")
        # To read Python where it lies in a closed folder; a socket needs the right to write.
        caps = ("--inh-caps=-all,+dac_read_search", "--ambient-caps=-all,+dac_read_search")
        words = (sys.executable, "-m", "aigw", "start", "--engine", "higress", "--non-interactive")
        done = subprocess.run(
            ("setpriv", *ids, *caps, *words),
            env={"PATH": os.environ["PATH"], "AIGW_HOME": f"{name}/a", "PYTHONPATH": str(ROOT)},
            cwd=name,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
    assert done.returncode == 5, done
    assert "/var/run/docker.sock" in done.stderr
    assert "permission" in done.stderr
    assert "hint: " in done.stderr


def dies(path: Relay, what: Callable[[], bool]) -> threading.Thread:
    """Cut the way to the engine once something is so."""

    def watch() -> None:
        over = threading.Event()
        for _ in range(600):
            if what():
                break
            over.wait(0.02)
        path.cut()

    thread = threading.Thread(target=watch)
    thread.start()
    return thread


@pytest.mark.parametrize("moment", ["create", "ready"])
def test_an_engine_that_dies_meanwhile_is_told_and_the_next_start_goes_on(
    tmp_path: Path, moment: str
) -> None:
    with HigressMachine(folder=tmp_path, name=f"f-dies-{moment}") as one:

        def reached() -> bool:
            made = one.containers()
            return bool(made) and (moment == "create" or made[0].status == "running")

        with relay(ENGINE) as path:
            one.environment = {"DOCKER_HOST": path.url}
            killer = dies(path, reached)
            said = one.start("--openai-key", "sk-first-0123456789", expect=5)
            killer.join()
        assert "Docker" in said.err.partition("error: ")[2]
        one.environment = {}
        one.start()
        status = one.run("status", "--json").json()
        assert (status["state"], status["in_sync"]) == ("running", True)
        assert [made.name for made in one.containers()] == [one.name]
        one.run("delete", "--purge", "--yes")
        assert one.containers() == []


def test_an_engine_that_dies_during_a_change_leaves_a_gateway_that_goes_on(
    machine: HigressMachine, upstream: Upstream
) -> None:
    with relay(ENGINE) as path:
        machine.environment = {"DOCKER_HOST": path.url}
        before = (machine.store / "wasmplugins" / "ai-proxy.internal.yaml").stat().st_mtime_ns
        file = machine.store / "wasmplugins" / "ai-proxy.internal.yaml"
        killer = dies(path, lambda: file.exists() and file.stat().st_mtime_ns != before)
        said = machine.run(*ADD, expect=None)
        killer.join()
    machine.environment = {}
    assert said.code in {0, 5}, said
    assert "an error that should not happen" not in said.err
    assert machine.ask("gpt-4o")[0] == 200
    machine.start()
    machine.run("config", "remove", "--provider", "groq", expect=None)
    expect_well(machine, upstream)
