import pytest

from aigw.clients.docker_refusals import refusal
from aigw.errors import ContainerConflict, ContainerMissing, DiskFull, DockerRefused, PortTaken

BIND = "driver failed programming external connectivity on endpoint x (0a1b):"


@pytest.mark.parametrize(
    ("said", "port"),
    [
        (f"{BIND} Bind for 127.0.0.1:8080 failed: port is already allocated", "port 8080"),
        (
            f"{BIND} Error starting userland proxy: listen tcp4 127.0.0.1:8443: bind: address"
            " already in use",
            "port 8443",
        ),
        (
            "Ports are not available: exposing port TCP 127.0.0.1:8001 -> 0.0.0.0:0: listen tcp"
            " 127.0.0.1:8001: bind: address already in use",
            "port 8001",
        ),
        ("rootlessport listen tcp 127.0.0.1:8080: bind: address already in use", "port 8080"),
        ("cannot listen on the TCP port: listen tcp4 :80: bind: address already in use", "a port"),
        ("listen tcp6 [::1]:8080: bind: address already in use", "port 8080"),
    ],
    ids=["docker", "proxy", "desktop", "podman", "podman any", "ipv6"],
)
def test_a_taken_port_is_said_with_its_number(said: str, port: str) -> None:
    error = refusal(said, "starting `x`", status=500)
    assert isinstance(error, PortTaken)
    assert error.message == f"{port} is taken by another program (starting `x`)"


def test_a_full_disk_is_said_as_such() -> None:
    error = refusal("write /var/lib/docker/tmp/x: no space left on device", "pulling x")
    assert (type(error), error.message) == (DiskFull, "Docker's disk is full (pulling x)")


@pytest.mark.parametrize(
    ("status", "said", "kind"),
    [
        (404, "No such container: x", ContainerMissing),
        (404, 'no container with name or ID "x" found: no such container', ContainerMissing),
        (404, "Could not find the file /x in container y", DockerRefused),
        (409, "Container x is paused", ContainerConflict),
        (500, "something", DockerRefused),
    ],
)
def test_a_refusal_keeps_the_words_of_the_engine(
    status: int, said: str, kind: type[DockerRefused]
) -> None:
    error = refusal(said, "doing", status=status)
    assert type(error) is kind
    assert (error.message, error.exit_code) == (f"Docker failed doing: {said}", 5)
