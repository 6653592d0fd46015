"""Stopping: running requests finish, nothing is left, and nothing waits longer than it may."""

import os
import signal
import socket
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import closing
from http.client import HTTPConnection, IncompleteRead
from pathlib import Path

import pytest

from aigw.clients import process
from aigw.engines.envoy import EnvoyEngine
from aigw.engines.seen import State
from tests.envoy.gateway import provider
from tests.envoy.running import Running, kill
from tests.envoy.upstream import Answer, Upstream
from tests.waiting import PATIENCE, until
from tests.world import free_ports

pytestmark = pytest.mark.envoy

END = b"data: [DONE]\n\n"
SLOW = "demo:chunks=20 demo:delay=0.05"
ENDLESS = "demo:chunks=10000 demo:delay=0.05"


@pytest.fixture
def running(tmp_path: Path) -> Iterator[Running]:
    """A gateway that runs the demo provider."""
    with Running(tmp_path) as each:
        each.start()
        yield each


class Stop(threading.Thread):
    """A stop that runs beside the test; `drained` is what it returned."""

    def __init__(self, running: Running, *, seconds: float) -> None:
        super().__init__()
        self._running = running
        self._seconds = seconds
        self.drained: bool | None = None
        self.start()

    def run(self) -> None:
        """Stop the gateway."""
        self.drained = self._running.engine.stop(seconds=self._seconds)


def test_a_running_stream_finishes_while_nobody_new_is_let_in(running: Running) -> None:
    before = (running.supervisor, running.envoy)
    with running.open(SLOW, stream=True) as answer:
        stop = Stop(running, seconds=PATIENCE)
        until(running.refuses)
        assert answer.read().endswith(END)
    stop.join()
    assert stop.drained is True
    assert [process.alive(each) for each in before] == [False, False]
    assert running.engine.look().state is State.STOPPED


def test_a_stream_that_takes_too_long_is_cut_and_said_to_be(running: Running) -> None:
    with running.open(ENDLESS, stream=True) as answer:
        begun = time.monotonic()
        assert running.engine.stop(seconds=0.2) is False
        assert time.monotonic() - begun < PATIENCE
        with pytest.raises(IncompleteRead):
            answer.read()
    assert running.engine.look().state is State.STOPPED


def test_a_connection_that_is_kept_open_hinders_nothing(running: Running) -> None:
    with closing(HTTPConnection("127.0.0.1", running.port, timeout=PATIENCE)) as idle:
        idle.request("GET", "/health")
        idle.getresponse().read()
        begun = time.monotonic()
        assert running.engine.stop(seconds=PATIENCE) is True
        assert time.monotonic() - begun < PATIENCE / 2


def test_a_client_that_asks_on_and_on_is_told_to_close(running: Running) -> None:
    with (
        closing(HTTPConnection("127.0.0.1", running.port, timeout=PATIENCE)) as busy,
        running.open(SLOW, stream=True) as answer,
    ):
        busy.request("GET", "/health")
        assert busy.getresponse().read()
        stop = Stop(running, seconds=PATIENCE)
        until(running.refuses)
        busy.request("GET", "/health")
        last = busy.getresponse()
        assert (last.status, last.headers["connection"]) == (200, "close")
        answer.read()
    stop.join()
    assert stop.drained is True


def test_a_slow_reader_gets_everything(tmp_path: Path) -> None:
    content = b"x" * (24 * 1024 * 1024)
    with Upstream() as upstream, Running(tmp_path) as running:
        upstream.answers(Answer(body=content))
        running.keep_keys(p=("sk-p",))
        running.apply(running.spec(provider("p", upstream.url)))
        with socket.socket() as client:
            client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 65536)
            client.settimeout(PATIENCE)
            client.connect(("127.0.0.1", running.port))
            client.sendall(REQUEST)
            received = len(client.recv(1000))
            stop = Stop(running, seconds=PATIENCE)
            until(running.refuses)
            while part := client.recv(1024 * 1024):
                received += len(part)
        stop.join()
    assert received > len(content)
    assert stop.drained is True


REQUEST = (
    b"POST /v1/chat/completions HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\n"
    b"connection: close\r\ncontent-length: 27\r\n\r\n"
    b'{"model":"m","messages":[]}'
)


@pytest.mark.parametrize("verb", ["restart", "move"])
def test_a_stream_that_is_cut_by_a_restart_is_told_once(running: Running, verb: str) -> None:
    told: list[str] = []
    running.engine = EnvoyEngine(
        running.paths, environ=os.environ, drain_seconds=0.2, note=told.append
    )
    port = running.port if verb == "restart" else free_ports(1)[0]
    with running.open(ENDLESS, stream=True) as answer:
        plan = running.engine.plan(running.spec(port=port))
        running.engine.restart(plan) if verb == "restart" else running.engine.apply(plan)
        with pytest.raises(IncompleteRead):
            answer.read()
    assert told == ["requests that were still running were cut"]
    assert running.engine.stop(seconds=PATIENCE) is True


def test_what_is_stopped_already_stays_so(running: Running) -> None:
    assert [running.engine.stop(seconds=PATIENCE) for _ in range(2)] == [True, True]
    assert running.refuses()


def test_an_envoy_without_a_supervisor_is_drained_too(tmp_path: Path) -> None:
    event = threading.Event()
    with Upstream() as upstream, Running(tmp_path) as running:
        upstream.answers(Answer(body=[b'{"a":', event, b"1}"]))
        running.keep_keys(p=("sk-p",))
        running.apply(running.spec(provider("p", upstream.url)))
        kill(running.supervisor)
        with running.open("hello") as answer:
            stop = Stop(running, seconds=PATIENCE)
            until(running.refuses)
            event.set()
            assert answer.read() == b'{"a":1}'
        stop.join()
        assert stop.drained is True
        assert running.engine.look().state is State.STOPPED


def test_a_supervisor_that_waits_to_start_envoy_again_stops_at_once(running: Running) -> None:
    first = running.envoy
    kill(first)
    until(lambda: running.engine.look().state is State.RUNNING and running.envoy != first)
    kill(running.envoy)
    until(lambda: "next start in 0.5 s" in running.paths.supervisor_log.read_text())
    assert running.engine.stop(seconds=PATIENCE) is True
    assert running.engine.look().state is State.STOPPED


@pytest.fixture
def foreground(tmp_path: Path) -> Iterator[tuple[Running, "subprocess.Popen[bytes]"]]:
    """A gateway whose supervisor runs in the foreground, as under systemd."""
    with Running(tmp_path) as running:
        command = running.command("supervise")
        with subprocess.Popen(command, env=running.environ()) as started:
            until(lambda: running.engine.look().state is State.RUNNING)
            assert running.supervisor.pid == started.pid
            yield running, started
            started.kill()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
def test_a_signal_lets_requests_finish_and_ends_with_0(
    foreground: tuple[Running, "subprocess.Popen[bytes]"], number: signal.Signals
) -> None:
    running, started = foreground
    with running.open(SLOW, stream=True) as answer:
        started.send_signal(number)
        until(running.refuses)
        assert answer.read().endswith(END)
    assert started.wait(PATIENCE) == 0
    assert running.engine.look().state is State.STOPPED


def test_a_second_signal_ends_at_once(
    foreground: tuple[Running, "subprocess.Popen[bytes]"],
) -> None:
    running, started = foreground
    with running.open(ENDLESS, stream=True) as answer:
        started.send_signal(signal.SIGINT)
        until(running.refuses)
        started.send_signal(signal.SIGINT)
        assert started.wait(PATIENCE) == 0
        with pytest.raises(IncompleteRead):
            answer.read()
    assert running.engine.look().state is State.STOPPED


def test_a_gateway_in_the_foreground_changes_while_it_runs(
    foreground: tuple[Running, "subprocess.Popen[bytes]"],
) -> None:
    running, started = foreground
    before = running.envoy
    plan = running.engine.plan(running.spec())
    assert plan.in_sync
    running.engine.restart(plan)
    assert running.envoy != before
    assert running.supervisor.pid == started.pid
    assert running.ask().status == 200
