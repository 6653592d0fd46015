import json
import os
import socket
import sys
import threading
from collections.abc import Iterator, Mapping
from contextlib import closing
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from socketserver import ThreadingUnixStreamServer
from urllib.parse import parse_qs, urlsplit

import psutil
import pytest

from aigw.clients.ports import free, holder, suggest
from aigw.errors import PortTaken
from tests.unit.state.children import as_nobody

NO_DOCKER = {"DOCKER_HOST": "unix:///nowhere/docker.sock"}


@pytest.fixture
def listener() -> Iterator[socket.socket]:
    with socket.create_server(("127.0.0.1", 0)) as made:
        yield made


def port_of(listener: socket.socket) -> int:
    return int(listener.getsockname()[1])


def test_a_port_with_a_listener_is_not_free(listener: socket.socket) -> None:
    assert not free("127.0.0.1", port_of(listener))


def test_a_port_of_all_addresses_is_not_free_on_ours() -> None:
    with socket.create_server(("0.0.0.0", 0)) as everywhere:
        assert not free("127.0.0.1", port_of(everywhere))


def test_a_port_that_others_may_share_is_not_free() -> None:
    with socket.socket() as sharing:
        sharing.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        sharing.bind(("127.0.0.1", 0))
        sharing.listen()
        assert not free("127.0.0.1", port_of(sharing))


def test_a_port_is_free_right_after_its_listener_ended(listener: socket.socket) -> None:
    port = port_of(listener)
    with socket.create_connection(("127.0.0.1", port)):
        listener.accept()[0].close()
    listener.close()
    assert free("127.0.0.1", port)
    assert free("localhost", port)


@pytest.mark.parametrize("address", ["127.0.0.1", "::1"])
def test_asking_leaves_the_port_free(address: str) -> None:
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    with socket.create_server((address, 0), family=family) as made:
        port = port_of(made)
    assert (free(address, port), free(address, port)) == (True, True)


def test_a_port_of_another_machine_is_refused_in_words() -> None:
    with pytest.raises(PortTaken) as error:
        free("192.0.2.1", 8080)
    assert error.value.message == (
        "nobody can listen on port 8080 of 192.0.2.1: cannot assign requested address"
    )


def test_the_process_that_has_the_port_is_named(listener: socket.socket) -> None:
    name = psutil.Process().name()
    assert holder(port_of(listener), NO_DOCKER) == f"`{name}` (process {os.getpid()})"


def test_a_port_nobody_has_is_somebodys_else() -> None:
    with socket.create_server(("127.0.0.1", 0)) as made:
        port = port_of(made)
    assert holder(port, NO_DOCKER) == "another program"


def test_a_suggested_port_is_free_and_near(listener: socket.socket) -> None:
    taken = port_of(listener)
    near = suggest("127.0.0.1", taken)
    assert near != taken
    assert abs(near - taken) <= 100
    assert free("127.0.0.1", near)


def test_above_the_last_port_one_below_is_suggested() -> None:
    assert 65435 <= suggest("127.0.0.1", 65535) < 65535


PUBLISHED = 1
"""A port that nothing on this machine listens on by chance."""


class Docker(ThreadingUnixStreamServer):
    """A Docker in which the container `web` publishes PUBLISHED (Engine API, ContainerList)."""

    daemon_threads = True

    def __init__(self, path: Path) -> None:
        super().__init__(os.fspath(path), _Api)


class _Api(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        parts = urlsplit(self.path)
        published = json.loads(parse_qs(parts.query)["filters"][0])["publish"] == [str(PUBLISHED)]
        containers = [{"Id": "c" * 64, "Names": ["/web"]}] if published else []
        content = json.dumps(containers if parts.path == "/containers/json" else {}).encode()
        self.send_response(200)
        self.send_header("content-length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def address_string(self) -> str:
        return "docker"

    def log_message(self, *words: object) -> None:
        """Say nothing."""


@pytest.fixture
def docker(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Mapping[str, str]]:
    """The environment in which a Docker is found."""
    monkeypatch.chdir(tmp_path)
    path = Path("/proc/self/cwd/docker.sock") if sys.platform == "linux" else Path("docker.sock")
    with closing(_Served(Docker(path))):
        yield {"DOCKER_HOST": f"unix://{path}"}


class _Served:
    def __init__(self, server: Docker) -> None:
        self._server = server
        self._thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        self._thread.start()

    def close(self) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()


def test_the_container_that_publishes_the_port_is_named(docker: Mapping[str, str]) -> None:
    assert holder(PUBLISHED, docker) == "container `web`"


def test_a_port_that_no_container_publishes_is_another_programs(docker: Mapping[str, str]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as made:
        port = port_of(made)
    assert holder(port, docker) == "another program"


def test_only_root_sees_whose_the_port_is(listener: socket.socket) -> None:
    port = port_of(listener)

    def asked() -> str:
        listener.close()
        return holder(port, NO_DOCKER)

    ours = f"`{psutil.Process().name()}` (process {os.getpid()})"
    assert as_nobody(asked) == ("another program" if os.geteuid() == 0 else ours)


@pytest.mark.parametrize(
    "host", ["unix:///nowhere", "unix:///usr", "tcp://127.0.0.1:1", "nonsense", ""]
)
def test_no_docker_is_no_hindrance(host: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as made:
        port = port_of(made)
    assert holder(port, {"DOCKER_HOST": host}) == "another program"
