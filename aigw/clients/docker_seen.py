"""What the Docker engine shows of a container and of itself, as our values."""

import os
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

from aigw.clients.containers import ContainerSeen, DockerInfo, ImageSeen, Mounted, Published
from aigw.spec.secret import Secret

_NEVER_YEAR = 1
"""Docker writes 0001-01-01 for what has not happened; podman, too."""


def container_seen(tree: Mapping[str, Any]) -> ContainerSeen:
    """Read what `GET /containers/ID/json` answers (Engine API 1.41, ContainerInspect)."""
    state, config, host = tree["State"], tree["Config"], tree["HostConfig"]
    network = tree.get("NetworkSettings") or {}
    return ContainerSeen(
        id=tree["Id"],
        name=tree["Name"].removeprefix("/"),
        status=state["Status"],
        labels=config.get("Labels") or {},
        started=_time(state.get("StartedAt", "")),
        image=tree["Image"],
        reference=config.get("Image", ""),
        ports=tuple(_ports(host.get("PortBindings") or {}, network.get("Ports") or {})),
        mounts=tuple(map(_mount, tree.get("Mounts") or ())),
        restart_policy=(host.get("RestartPolicy") or {}).get("Name") or "no",
        exit_code=state.get("ExitCode", 0),
        out_of_memory=bool(state.get("OOMKilled")),
        error=state.get("Error") or "",
    )


def environment(tree: Mapping[str, Any]) -> dict[str, Secret]:
    """Read the environment of a container; any value may be a key."""
    pairs = (entry.partition("=") for entry in tree["Config"].get("Env") or ())
    return {name: Secret(value) for name, _, value in pairs}


def image_seen(tree: Mapping[str, Any]) -> ImageSeen:
    """Read what `GET /images/NAME/json` answers."""
    return ImageSeen(
        id=tree["Id"],
        tags=tuple(tree.get("RepoTags") or ()),
        digests=tuple(tree.get("RepoDigests") or ()),
    )


def docker_info(tree: Mapping[str, Any]) -> DockerInfo:
    """Read what `GET /info` answers (Engine API 1.41, SystemInfo)."""
    options = {
        option.split(",")[0].removeprefix("name=") for option in tree.get("SecurityOptions") or ()
    }
    return DockerInfo(
        selinux="selinux" in options,
        # Docker Desktop, Colima and their like bring a kernel of their own.
        vm=tree.get("KernelVersion", "") != os.uname().release,
        cpus=int(tree.get("NCPU", 0)),
    )


def _ports(wanted: Mapping[str, Any], given: Mapping[str, Any]) -> Iterator[Published]:
    """Yield the ports in force; those that were asked for where the container does not run."""
    for inner, places in (given or wanted).items():
        for place in places or ():
            port, _, _ = (place.get("HostPort") or "0").partition("-")  # `8000-8010`: one of them
            yield Published(inner=inner, address=place.get("HostIp") or "", port=int(port))


def _mount(tree: Mapping[str, Any]) -> Mounted:
    return Mounted(
        kind=tree["Type"],
        source=str(tree.get("Name" if tree["Type"] == "volume" else "Source") or ""),
        target=tree["Destination"],
    )


def _time(text: str) -> datetime | None:
    """Read a time of Go, which has nanoseconds."""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    return None if moment.year == _NEVER_YEAR else moment.astimezone(UTC)
