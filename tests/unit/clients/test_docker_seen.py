import os

from aigw.clients.containers import Mounted, Published
from aigw.clients.docker_seen import container_seen, docker_info, environment

NEVER_STARTED = {
    "Id": "ab",
    "Name": "/gw",
    "Image": "sha256:aa",
    "State": {"Status": "created", "StartedAt": "0001-01-01T00:00:00Z", "FinishedAt": ""},
    "Config": {"Image": "gw:1", "Labels": None, "Env": ["A=1", "B=x=y", "C"]},
    "HostConfig": {"PortBindings": {"80/tcp": [{"HostIp": "127.0.0.1", "HostPort": "8080"}]}},
    "NetworkSettings": {"Ports": {}, "Networks": {"bridge": None}},
    "Mounts": [{"Type": "volume", "Name": "v", "Source": "/x", "Destination": "/d", "RW": True}],
}


def test_a_container_that_never_ran_shows_what_was_asked_for() -> None:
    seen = container_seen(NEVER_STARTED)
    assert (seen.name, seen.status, seen.running) == ("gw", "created", False)
    assert seen.started is None
    assert seen.ports == (Published(inner="80/tcp", address="127.0.0.1", port=8080),)
    assert seen.mounts == (Mounted(kind="volume", source="v", target="/d"),)
    assert (seen.labels, seen.restart_policy) == ({}, "no")


def test_of_a_range_of_ports_that_was_asked_for_the_first_is_seen() -> None:
    asked = {"80/tcp": [{"HostIp": "", "HostPort": "8000-8010"}]}
    seen = container_seen({**NEVER_STARTED, "HostConfig": {"PortBindings": asked}})
    assert seen.ports == (Published(inner="80/tcp", address="", port=8000),)


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
    }
    info = docker_info(tree)
    assert (info.selinux, info.vm) == (True, True)
    assert not docker_info({**tree, "KernelVersion": os.uname().release}).vm
