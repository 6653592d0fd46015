import os
from datetime import UTC, datetime

from aigw.clients.containers import Mounted, Published
from aigw.clients.docker_api import Flavor
from aigw.clients.docker_hosts import DockerHost
from aigw.clients.docker_seen import container_seen, docker_info, environment

HOST = DockerHost(
    url="unix:///x",
    source="",
    tls=None,
    api=(1, 41),
    flavor=Flavor.PODMAN,
    start="",
    passed_over=(),
)
NEVER_STARTED = {
    "Id": "ab",
    "Name": "/gw",
    "Created": "2026-11-30T02:12:14.48Z",
    "Image": "sha256:aa",
    "State": {"Status": "created", "StartedAt": "0001-01-01T00:00:00Z", "FinishedAt": ""},
    "Config": {"Image": "gw:1", "Labels": None, "Env": ["A=1", "B=x=y", "C"]},
    "HostConfig": {"PortBindings": {"80/tcp": [{"HostIp": "127.0.0.1", "HostPort": "8080"}]}},
    "NetworkSettings": {"Ports": {}, "Networks": {"bridge": None}},
    "Mounts": [{"Type": "volume", "Name": "v", "Source": "/x", "Destination": "/d", "RW": True}],
}


def test_a_container_that_never_ran_shows_what_was_asked_for() -> None:
    seen = container_seen(NEVER_STARTED)
    assert (seen.name, seen.status, seen.health, seen.running) == ("gw", "created", "", False)
    assert (seen.started, seen.finished) == (None, None)
    assert seen.created == datetime(2026, 11, 30, 2, 12, 14, 480000, tzinfo=UTC)
    assert seen.ports == (Published(inner="80/tcp", address="127.0.0.1", port=8080),)
    assert seen.mounts == (Mounted(kind="volume", source="v", target="/d", writable=True),)
    assert (seen.labels, seen.networks, seen.restart_policy) == ({}, {"bridge": ""}, "no")


def test_podman_says_none_of_a_health_check_that_is_not_there() -> None:
    state = {"Status": "running", "Health": {"Status": "none"}}
    assert container_seen({**NEVER_STARTED, "State": state}).health == ""


def test_the_environment_of_a_container_does_not_print_itself() -> None:
    values = environment(NEVER_STARTED)
    assert {name: value.reveal() for name, value in values.items()} == {
        "A": "1",
        "B": "x=y",
        "C": "",
    }
    assert "x=y" not in repr(values)


def test_an_engine_says_how_it_keeps_containers_apart() -> None:
    tree = {
        "SecurityOptions": ["name=seccomp,profile=default", "name=rootless", "name=selinux"],
        "KernelVersion": f"{os.uname().release}-linuxkit",
        "OperatingSystem": "Docker Desktop",
    }
    info = docker_info(tree, HOST)
    assert (info.rootless, info.selinux, info.remapped, info.vm) == (True, True, False, True)
    assert not docker_info({**tree, "KernelVersion": os.uname().release}, HOST).vm
