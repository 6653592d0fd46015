"""Applying a spec: what is done, what is proved, and what a running Envoy keeps."""

import os
import stat
from collections.abc import Iterator
from pathlib import Path

import pytest
from msgspec.structs import replace

from aigw.clients import ports, process
from aigw.engines.plan import Step
from aigw.engines.seen import State
from aigw.errors import PortTaken
from aigw.spec.routing import AutoRouting, RoutingRule
from aigw.spec.secret import Secret
from tests.envoy.gateway import provider
from tests.envoy.running import DEMO, Load, Running
from tests.envoy.upstream import Upstream
from tests.world import free_ports

pytestmark = pytest.mark.envoy

WRITE_ALL = [("write", name) for name in ("bootstrap", "listener", "providers", "routes")]


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


def said(steps: tuple[Step, ...]) -> list[tuple[str, str]]:
    """Return steps as pairs."""
    return [(step.action, step.what) for step in steps]


def rule(pattern: str) -> AutoRouting:
    """Make an auto-routing with one rule."""
    only = RoutingRule(name="r", pattern=pattern, trigger="", model="m")
    return AutoRouting(enabled=True, default="m", rules=(only,))


def test_what_runs_as_wanted_needs_nothing(running: Running) -> None:
    spec = running.spec()
    assert said(running.engine.plan(spec).steps) == [*WRITE_ALL, ("launch", "supervisor")]
    running.apply(spec)
    assert running.engine.plan(spec).in_sync
    assert running.engine.look().state is State.RUNNING
    assert running.ask().status == 200


def test_planning_changes_nothing(running: Running) -> None:
    running.engine.plan(running.spec())
    assert list(running.paths.folder.iterdir()) == []


def test_a_rule_is_reloaded_into_the_running_envoy(running: Running) -> None:
    running.start()
    before = running.envoy
    spec = running.spec(routing=rule("deep"))
    assert said(running.engine.plan(spec).steps) == [("write", "routes"), ("reload", "Envoy")]
    running.apply(spec)
    assert running.envoy == before
    assert running.ask("deep", model="auto").headers["x-aigw-rule"] == "r"


def test_a_new_key_is_in_use_when_the_command_is_done(running: Running, upstream: Upstream) -> None:
    spec = running.spec(provider("p", upstream.url))
    for number in range(5):
        running.keep_keys(p=(f"sk-{number}",))
        running.apply(spec)
        assert running.ask().status == 200
        assert upstream.last().values("authorization") == [f"Bearer sk-{number}"]


def test_all_keys_of_a_provider_are_used(running: Running, upstream: Upstream) -> None:
    spec = running.spec(provider("p", upstream.url))
    running.keep_keys(p=("sk-1",))
    running.apply(spec)
    running.keep_keys(p=("sk-1", "sk-2"))
    running.apply(spec)
    assert [running.ask().status for _ in range(4)] == [200] * 4
    seen = {request.values("authorization")[0] for request in upstream.received}
    assert seen == {"Bearer sk-1", "Bearer sk-2"}


def test_a_removed_key_is_on_disk_no_more(running: Running, upstream: Upstream) -> None:
    spec = running.spec(provider("p", upstream.url))
    running.keep_keys(p=("sk-stays", "sk-canary"))
    running.apply(spec)
    assert files_with("sk-canary", running.paths.folder)
    running.keep_keys(p=("sk-stays",))
    steps = said(running.engine.plan(spec).steps)
    assert ("remove", "key p.2") in steps
    running.apply(spec)
    assert files_with("sk-canary", running.paths.folder) == []
    assert files_with("sk-stays", running.paths.folder)
    assert running.engine.plan(spec).in_sync


def test_a_key_that_is_removed_while_nothing_runs_is_on_disk_no_more(
    running: Running, upstream: Upstream
) -> None:
    spec = running.spec(provider("p", upstream.url))
    running.keep_keys(p=("sk-stays", "sk-canary"))
    running.apply(spec)
    running.engine.stop(seconds=0)
    running.keep_keys(p=("sk-stays",))
    running.engine.forget({Secret("sk-canary")})
    assert files_with("sk-canary", running.paths.folder) == []
    running.apply(spec)
    assert running.ask().status == 200
    assert upstream.last().values("authorization") == ["Bearer sk-stays"]


def test_a_provider_comes_and_goes_without_a_failed_request(
    running: Running, upstream: Upstream
) -> None:
    running.keep_keys(p=("sk-p",))
    alone, both = running.spec(DEMO), running.spec(DEMO, provider("p", upstream.url))
    before = None
    for spec in (alone, both, alone):
        running.apply(spec)
        assert before in (None, running.envoy)
        before = running.envoy
        assert running.ask().status == 200
    clusters = (running.paths.cds / "cds.json").read_text()
    assert "p.1" not in clusters
    assert running.engine.plan(alone).in_sync


def test_no_request_fails_while_everything_changes(running: Running, upstream: Upstream) -> None:
    """Keys, providers, their ids and rules change under load."""
    running.keep_keys(a=("sk-a",), b=("sk-b",))
    running.apply(running.spec(provider("a", upstream.url)))
    before = running.envoy
    with Load(running) as load:
        for number in range(20):
            name = "ab"[number % 2]
            running.keep_keys(a=(f"sk-{number}", "sk-a"), b=(f"sk-{number}",))
            running.apply(running.spec(provider(name, upstream.url), routing=rule(f"{number}")))
    assert set(load.outcomes) == {"200"}
    assert load.outcomes["200"] > 20
    assert running.envoy == before


def test_another_port_restarts_envoy_and_not_its_supervisor(running: Running) -> None:
    running.start()
    supervisor, envoy, old = running.supervisor, running.envoy, running.port
    spec = running.spec(port=free_ports(1)[0])
    assert said(running.engine.plan(spec).steps)[-1] == ("restart", "Envoy")
    running.apply(spec)
    assert running.supervisor == supervisor
    assert not process.alive(envoy)
    assert running.ask().status == 200
    assert ports.free("127.0.0.1", old)
    assert running.engine.plan(spec).in_sync


def test_a_taken_port_is_refused_and_its_holder_lives_on(
    running: Running, upstream: Upstream
) -> None:
    with pytest.raises(PortTaken) as error:
        running.apply(running.spec(port=upstream.port))
    assert f"(process {os.getpid()})" in error.value.message
    assert error.value.hint.startswith("aigw start --http-port ")
    assert running.engine.look().state is State.STOPPED
    assert not ports.free("127.0.0.1", upstream.port)


def test_a_gateway_does_not_move_to_a_taken_port(running: Running, upstream: Upstream) -> None:
    spec = running.start()
    envoy = running.envoy
    with pytest.raises(PortTaken):
        running.engine.apply(running.engine.plan(running.spec(port=upstream.port)))
    assert running.envoy == envoy
    assert running.engine.plan(spec).in_sync


def test_nobody_else_can_read_what_a_gateway_writes(running: Running, upstream: Upstream) -> None:
    old = os.umask(0)
    try:
        running.keep_keys(p=("sk-p",))
        running.apply(running.spec(provider("p", upstream.url)))
        assert running.ask().status == 200
    finally:
        os.umask(old)
    found = [*running.paths.folder.rglob("*"), *running.paths.runtime.rglob("*")]
    open_to_others = {
        str(path): oct(path.stat().st_mode)
        for path in found
        if path.stat().st_mode & (stat.S_IRWXG | stat.S_IRWXO)
    }
    assert open_to_others == {}
    assert {running.paths.admin_socket, running.paths.access_log} <= set(found)
    for each in (running.supervisor, running.envoy):
        assert "Umask:\t0077\n" in Path(f"/proc/{each.pid}/status").read_text()


def test_a_gateway_without_providers_runs(running: Running) -> None:
    spec = replace(running.spec(), providers=())
    running.apply(spec)
    assert running.ask().status == 404
    assert running.generation == running.engine.plan(spec).generation


def files_with(text: str, folder: Path) -> list[Path]:
    """Return the files that hold a text, credentials left out."""
    return [
        path
        for path in folder.rglob("*")
        if path.is_file() and path.name != "credentials.yaml" and text in path.read_text()
    ]
