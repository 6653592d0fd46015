"""Streams that outlive the wait for them are cut when a container makes way, and that is said."""

import io
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from msgspec.structs import replace

from aigw.cli.pull_progress import Pulls
from aigw.engines.higress import HigressEngine
from aigw.engines.means import Means
from aigw.engines.voice import Voice
from aigw.spec.gateway import GatewaySpec
from aigw.spec.image import Limits
from aigw.state.document import load
from aigw.state.paths import Home
from tests.fakes import silent
from tests.higress.higress_machine import Heard, HigressMachine
from tests.higress.upstreams import Upstream

pytestmark = pytest.mark.docker


@pytest.mark.parametrize("verb", ["restart", "replace"])
def test_a_stream_that_is_cut_is_told(
    running: HigressMachine, provider: Upstream, verb: str
) -> None:
    told: list[str] = []
    engine, spec = impatient(running, told)
    with endless(running, provider):
        if verb == "restart":
            engine.restart(engine.plan(spec))
        else:
            engine.apply(engine.plan(replace(spec, container=Limits(memory="1g"))))
    assert told == ["requests that were still running were cut"]
    assert running.ask("gpt-4o")[0] == 200


def test_a_restart_without_a_stream_says_nothing(running: HigressMachine) -> None:
    told: list[str] = []
    engine, spec = impatient(running, told)
    engine.restart(engine.plan(spec))
    assert told == []


def impatient(machine: HigressMachine, told: list[str]) -> tuple[HigressEngine, GatewaySpec]:
    """Return the engine of the machine's gateway, which waits less than a second; and its spec."""
    environ = machine.environ()
    paths = Home.find(environ).existing(machine.name)
    voice = Voice(
        waiting=silent,
        step=lambda _: None,
        note=told.append,
        pulls=Pulls(stream=io.StringIO(), shown=False),
    )
    engine = HigressEngine(
        paths,
        environ=environ,
        zone=lambda: "UTC",
        voice=voice,
        means=Means(),
        drain_seconds=0.2,
    )
    return engine, load(paths)


@contextmanager
def endless(machine: HigressMachine, provider: Upstream) -> Iterator[None]:
    """Have a stream that runs until it is cut in the block."""
    heard = Heard(machine.port, provider, chunks=900, pause=0.1)
    heard.begin()
    yield
    heard.thread.join(30)
    assert not heard.whole()
    provider.forget()
