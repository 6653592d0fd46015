"""What of a gateway needs another container: named before, proved after, taken back if it fails."""

import io
from collections.abc import Iterator
from typing import Any

import docker
import pytest

from tests.higress import image
from tests.higress.higress_machine import KEY, HigressMachine
from tests.higress.upstreams import Upstream
from tests.world import free_ports

pytestmark = pytest.mark.docker

BROKEN = "b-broken"
RECIPE = "FROM {}\nENV CONFIG_TEMPLATE=anything\n"
"""With it the API server of the image gives up."""


@pytest.fixture(scope="module")
def broken() -> Iterator[str]:
    """An image that is there and does not start."""
    client: Any = docker.from_env()
    recipe = io.BytesIO(RECIPE.format(image.standin()).encode())
    client.images.build(fileobj=recipe, tag=f"{image.REPOSITORY}:{BROKEN}", rm=True, forcerm=True)
    yield BROKEN
    client.images.remove(f"{image.REPOSITORY}:{BROKEN}", force=True)
    client.close()


def used(machine: HigressMachine, provider: Upstream) -> str:
    """Ask once, and say with which key the provider was asked."""
    status, _, body = machine.ask("gpt-4o")
    assert status == 200, body
    return (provider.last().header("authorization") or "").removeprefix("Bearer ")


def test_what_needs_a_new_container_is_named_and_nothing_is_done(
    running: HigressMachine, broken: str
) -> None:
    born = running.born()
    expected = {
        ("--memory", "1g"): "memory",
        ("--cpus", "1"): "processors",
        ("--https-port", str(free_ports(1)[0])): "ports",
        ("--image-tag", broken): "image",
    }
    found = {}
    for flags in expected:
        planned = running.start(*flags, "--dry-run", "--json").json()
        steps: Any = planned["steps"]
        (found[flags],) = (one["what"] for one in steps if one["action"] == "replace")
    assert found == {flags: f"container, for its {because}" for flags, because in expected.items()}
    assert running.born() == born
    assert running.run("plan").code == 0


@pytest.mark.parametrize(
    ("flags", "words"),
    [
        (("--cpus", "900"), "a container cannot have 900 processors: Docker has {} here"),
        (("--memory", "5m"), "at least `6m`"),
    ],
    ids=["processors", "memory"],
)
def test_limits_that_no_container_can_have_are_refused_while_the_old_one_serves(
    running: HigressMachine, flags: tuple[str, str], words: str
) -> None:
    born, spec = running.born(), running.spec()
    for more in ((), ("--dry-run",)):
        refused = running.start(*flags, *more, expect=2)
        assert words.format(running.client.info()["NCPU"]) in refused.err
    assert (running.born(), running.spec()) == (born, spec)


def test_an_impossible_container_is_refused_while_the_other_engine_serves(
    machine: HigressMachine,
) -> None:
    machine.start("--engine", "envoy", "--openai-key", KEY)
    serves = machine.run("status", "--json").json()
    refused = machine.start("--engine", "higress", "--cpus", "900", expect=2)
    count = machine.client.info()["NCPU"]
    assert refused.err == (
        f"error: a container cannot have 900 processors: Docker has {count} here\n\n"
        f"hint: aigw start --cpus {count}\n"
    )
    status = machine.run("status", "--json").json()
    same = ("engine", "state", "pid", "generation")
    assert {name: status[name] for name in same} == {name: serves[name] for name in same}


def test_a_container_with_other_ports_and_limits_takes_over(
    running: HigressMachine, provider: Upstream
) -> None:
    old, port = running.born(), free_ports(1)[0]
    spec = running.data / "gateway.yaml"
    text = spec.read_text()
    assert f"http: {running.port}" in text
    spec.write_text(text.replace(f"http: {running.port}", f"http: {port}"))
    planned = running.run("plan", "--diff", expect=10).out.splitlines()
    assert planned[0] == f"gateway {running.name}: `aigw -g {running.name} start` would"
    assert "  replace container, for its ports" in planned
    assert any(line.startswith("+") and f"http: {port}" in line for line in planned)
    before, running.port = running.port, port
    started = running.start("--memory", "1g", "--json").json()
    assert started["url"] == f"http://127.0.0.1:{port}/v1"
    assert {"action": "replace", "what": "container, for its memory, ports"} in _list(started)
    assert running.born()[0] != old[0]
    assert running.container.attrs["HostConfig"]["Memory"] == 1 << 30
    assert [one.name for one in running.containers()] == [running.name]
    assert used(running, provider) == KEY
    running.port = before
    with pytest.raises(OSError, match="refused"):
        running.ask("gpt-4o")
    running.port = port
    assert running.run("plan").code == 0


def _list(started: dict[str, object]) -> list[dict[str, str]]:
    changed = started["changed"]
    assert isinstance(changed, list)
    return changed


def test_the_old_container_comes_back_when_the_new_one_fails_which_is_kept_if_asked_for(
    running: HigressMachine, provider: Upstream, broken: str
) -> None:
    old, spec, kept = running.container.id, running.spec(), f"{running.name}-failed"
    store = {file.name for file in running.store.rglob("*.yaml")}
    refused = running.start("--image-tag", broken, "--retain", expect=5)
    assert refused.out == ""
    assert refused.err.splitlines()[0] == (
        f"error: gateway `{running.name}` cannot start: its part `apiserver` gave up; "
        f"it is kept as container `{kept}`; everything is as before"
    )
    assert {one.name: one.status for one in running.containers()} == {
        running.name: "running",
        kept: "exited",
    }
    assert running.container.id == old
    assert running.spec() == spec
    assert {file.name for file in running.store.rglob("*.yaml")} == store
    assert used(running, provider) == KEY
    assert running.run("plan").code == 0
    deleted = running.run("delete", "--yes", "--json").json()
    assert {f"container {running.name}", f"container {kept}"} <= set(_removed(deleted))
    assert running.containers() == []


def _removed(deleted: dict[str, object]) -> list[str]:
    removed = deleted["removed"]
    assert isinstance(removed, list)
    return removed
