"""What a refused configuration, or a command that dies, leaves behind: a gateway that serves."""

import json
import os
import signal
import subprocess
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from aigw.clients import process
from aigw.clients.envoy_admin import EnvoyAdmin
from aigw.engines.config_files import read_files
from aigw.engines.envoy import EnvoyEngine
from aigw.engines.file_names import CLUSTERS, LISTENERS, ROUTES
from aigw.engines.reload import Reload
from aigw.engines.seen import State
from aigw.errors import AigwError, EngineRefused
from aigw.spec.gateway import GatewaySpec
from tests.envoy.gateway import provider
from tests.envoy.running import DEMO, Running, listener
from tests.envoy.upstream import Upstream
from tests.waiting import until
from tests.world import free_ports

pytestmark = pytest.mark.envoy


@pytest.fixture
def running(tmp_path: Path) -> Iterator[Running]:
    """A gateway that does not run yet."""
    with Running(tmp_path) as each:
        yield each


@pytest.fixture
def upstream() -> Iterator[Upstream]:
    """A provider that remembers the keys it was given."""
    with Upstream() as each:
        yield each


@pytest.fixture
def untrusting(running: Running, tmp_path: Path) -> GatewaySpec:
    """A spec that Envoy refuses, on a machine whose file of authorities holds none."""
    authorities = tmp_path / "authorities.pem"
    authorities.write_text("nobody")
    environ = {**os.environ, "SSL_CERT_FILE": str(authorities)}
    running.engine = EnvoyEngine(running.paths, environ=environ)
    running.keep_keys(p=("sk-p",))
    return running.spec(DEMO, provider("p", "https://llm.example.com/v1", models=("other",)))


def test_a_refused_configuration_is_told_in_envoys_words(
    running: Running, untrusting: GatewaySpec
) -> None:
    spec = running.start()
    envoy, files = running.envoy, read_files(running.paths)
    with pytest.raises(EngineRefused) as error:
        running.apply(untrusting)
    assert error.value.message.startswith("Envoy refused the configuration: ")
    assert "Failed to load trusted CA certificates from" in error.value.message
    assert read_files(running.paths) == files
    assert running.envoy == envoy
    assert running.ask().status == 200
    assert running.engine.plan(spec).in_sync
    assert list(running.paths.staging.iterdir()) == []


def test_a_refused_first_configuration_starts_nothing(
    running: Running, untrusting: GatewaySpec
) -> None:
    with pytest.raises(EngineRefused):
        running.apply(untrusting)
    assert running.engine.look().state is State.STOPPED
    assert running.refuses()


def test_a_gateway_does_not_go_down_into_a_configuration_that_would_not_come_up(
    running: Running, untrusting: GatewaySpec
) -> None:
    running.start()
    before = (running.supervisor, running.envoy)
    with pytest.raises(EngineRefused):
        running.engine.restart(running.engine.plan(untrusting))
    assert (running.supervisor, running.envoy) == before
    assert running.ask().status == 200


def test_what_only_the_running_envoy_refuses_is_told_in_its_words(running: Running) -> None:
    spec = running.start()
    there = read_files(running.paths)
    routes = json.loads(there[ROUTES])
    routes["version_info"] = "bad"
    routes["resources"][0]["virtual_hosts"][0]["domains"] = ["*", "*"]
    wanted = {**there, ROUTES: json.dumps(routes)}
    plan = running.engine.plan(spec)
    reload = Reload(running.paths, EnvoyAdmin(running.paths.admin_socket), there=there)
    with pytest.raises(EngineRefused) as error:
        reload.run(wanted, place=plan.place, generation=plan.generation)
    assert error.value.message.startswith("Envoy refused the new routes: ")
    assert "Only a single wildcard domain" in error.value.message
    assert running.ask().status == 200
    running.apply(spec)
    assert running.engine.plan(spec).in_sync


def test_a_port_taken_at_the_last_moment_brings_the_old_configuration_back(
    running: Running,
) -> None:
    spec, old, envoy = running.start(), running.port, running.envoy
    plan = running.engine.plan(running.spec(port=free_ports(1)[0]))
    errors: list[AigwError] = []
    moving = threading.Thread(target=lambda: errors.extend(failure(running, plan.spec)))
    with ExitStack() as stack:
        answer = stack.enter_context(running.open("demo:chunks=20 demo:delay=0.05", stream=True))
        moving.start()
        until(running.refuses)
        taken = stack.enter_context(listener(plan.place.port))
        assert answer.read().endswith(b"data: [DONE]\n\n")
        moving.join()
        taken.close()
    assert [error.message for error in errors] == [f"port {plan.place.port} of 127.0.0.1 is taken"]
    assert running.envoy != envoy
    assert running.engine.look().place is not None
    assert running.port == old
    assert running.ask().status == 200
    assert running.engine.plan(spec).in_sync


def failure(running: Running, spec: GatewaySpec) -> Iterator[AigwError]:
    """Apply a spec and return what was wrong."""
    try:
        running.engine.apply(running.engine.plan(spec))
    except AigwError as error:
        yield error


def begin(
    running: Running, upstream: Upstream, *, port: int, word: str
) -> "subprocess.Popen[bytes]":
    """Apply a spec in a process of its own, as a command does."""
    rule = {"name": "r", "pattern": word, "model": "m"}
    new = {"id": word, "type": "custom-openai", "url": upstream.url, "models": ["*"]}
    routing = {"enabled": True, "default": "m", "rules": [rule]}
    words = running.command("apply", port=port, providers=[new], autoRouting=routing)
    return subprocess.Popen(words, env=running.environ())


Moment = Callable[[Running], object]


def replaced(name: str) -> Moment:
    """Return a look at one file."""
    return lambda running: read_files(running.paths).get(name)


MOMENTS: dict[str, tuple[Moment, bool]] = {
    "validating": (lambda running: list(running.paths.staging.iterdir()), False),
    "keys replaced": (lambda running: list(running.paths.sds.iterdir()), False),
    "providers replaced": (replaced(CLUSTERS), False),
    "routes replaced": (replaced(ROUTES), False),
    "staged": (lambda running: list(running.paths.staging.iterdir()), True),
    "asked": (lambda running: running.paths.supervisor.read_text(), True),
    "listener replaced": (replaced(LISTENERS), True),
}


@pytest.mark.parametrize("moment", MOMENTS)
def test_a_command_killed_while_it_applies_is_made_good_by_the_next(
    running: Running, upstream: Upstream, moment: str
) -> None:
    look, moves = MOMENTS[moment]
    running.keep_keys(old=("sk-old",), new=("sk-new",))
    running.apply(running.spec(provider("old", upstream.url)))
    supervisor, before = running.supervisor, look(running)
    port = free_ports(1)[0] if moves else running.port
    with begin(running, upstream, port=port, word="new") as command:
        until(lambda: look(running) != before)
        command.send_signal(signal.SIGKILL)
    spec = running.spec(provider("old", upstream.url), port=port)
    running.apply(spec)
    assert running.engine.plan(spec).in_sync
    assert running.supervisor == supervisor
    assert running.ask().status == 200
    assert upstream.last().values("authorization") == ["Bearer sk-old"]
    assert [path.name for path in running.paths.sds.iterdir()] == ["old.1.json"]
    assert list(running.paths.staging.iterdir()) == []


@pytest.mark.slow
def test_a_hung_envoy_is_replaced(running: Running) -> None:
    spec = running.start()
    envoy = running.envoy
    process.send(envoy, signal.SIGSTOP)
    running.apply(spec)
    assert not process.alive(envoy)
    assert running.ask().status == 200
