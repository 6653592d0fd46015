"""What a running Envoy tells of itself, and what it never tells."""

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from aigw.clients.envoy_admin import EnvoyAdmin, UnixConnection
from aigw.errors import NotReady
from tests.envoy.gateway import provider
from tests.envoy.running import Running, kill
from tests.waiting import until

pytestmark = pytest.mark.envoy


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """A gateway with one provider and its key."""
    with Running(tmp_path_factory.mktemp("admin")) as each:
        each.keep_keys(p=("sk-canary",))
        each.apply(each.spec(provider("p", "http://127.0.0.1:1")))
        yield each


@pytest.fixture
def admin(running: Running) -> EnvoyAdmin:
    """The gateway's Envoy."""
    return EnvoyAdmin(running.paths.admin_socket)


def test_the_process_behind_the_socket_is_envoy(running: Running, admin: EnvoyAdmin) -> None:
    assert admin.process() == running.envoy
    command = Path(f"/proc/{running.envoy.pid}/cmdline").read_bytes()
    assert str(running.paths.bootstrap).encode() in command


def test_it_tells_what_is_in_force(admin: EnvoyAdmin) -> None:
    found = admin.subscriptions()
    names = {
        "cluster_manager.cds",
        "http.gateway.rds.gateway",
        "listener_manager.lds",
        "sds.key.p.1",
    }
    assert set(found) == names
    assert all(each.version and not each.rejected for each in found.values())


def test_it_tells_how_it_is(admin: EnvoyAdmin) -> None:
    assert admin.ready()
    assert (admin.listeners().active, admin.listeners().refused) == (1, 0)
    assert admin.uptime() >= 0
    assert admin.unfinished() is False


def test_no_key_is_in_what_it_tells(running: Running) -> None:
    told = {}
    for target in ("/config_dump?include_eds", "/stats", "/clusters", "/listeners"):
        with closing(UnixConnection(running.paths.admin_socket, seconds=5)) as connection:
            connection.request("GET", target)
            told[target] = connection.getresponse().read()
    assert b"key.p.1" in told["/config_dump?include_eds"]
    assert [target for target, text in told.items() if b"sk-canary" in text] == []


def test_a_drained_envoy_does_not_listen(tmp_path: Path) -> None:
    with Running(tmp_path) as running:
        running.start()
        admin = EnvoyAdmin(running.paths.admin_socket)
        admin.drain_listeners()
        until(running.refuses)
        assert admin.listeners().active == 0
        assert admin.ready()


def test_a_dead_envoy_is_nobody_and_not_ready(tmp_path: Path) -> None:
    with Running(tmp_path) as running:
        running.start()
        kill(running.supervisor)
        kill(running.envoy)
        admin = EnvoyAdmin(running.paths.admin_socket)
        assert running.paths.admin_socket.exists()
        assert admin.process() is None
        with pytest.raises(NotReady, match="Envoy does not answer on"):
            admin.ready()
