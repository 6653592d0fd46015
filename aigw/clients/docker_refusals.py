"""What a Docker engine says no with, as our errors."""

import re
from http import HTTPStatus

from aigw.clients.docker_hosts import DockerHost
from aigw.errors import (
    AigwError,
    ContainerConflict,
    ContainerMissing,
    DiskFull,
    DockerGone,
    DockerRefused,
    ImageMissing,
    PortTaken,
)

# Docker, its proxy, Docker Desktop, podman; moby/libnetwork portallocator and rootlessport.
_TAKEN = re.compile(r"port is already allocated|address already in use|[Pp]orts are not available")
_PLACE = re.compile(r"(?:\d{1,3}(?:\.\d{1,3}){3}|\[[0-9a-fA-F:]+\]):(\d{1,5})\b")
_NO_CONTAINER = re.compile(r"[Nn]o such container|no container with")
_NO_IMAGE = "no such image"
_FULL = "no space left on device"


def gone(host: DockerHost, doing: str, *, slow: bool) -> DockerGone:
    """Say that the engine went away, or says nothing."""
    if slow:
        return DockerGone(f"Docker gave no answer in time while {doing}", hint=host.start)
    where = host.url.removeprefix("unix://")
    return DockerGone(f"Docker went away while {doing}: nobody answers on {where}", hint=host.start)


def refusal(said: str, doing: str, *, status: int = 0) -> AigwError:
    """Sort what the engine said by what a person can do about it."""
    if _FULL in said:
        return DiskFull(f"Docker's disk is full ({doing})", hint="docker system df")
    if _TAKEN.search(said):
        place = _PLACE.search(said)
        port = f"port {place[1]}" if place else "a port"
        hint = "aigw start --http-port PORT"
        return PortTaken(f"{port} is taken by another program ({doing})", hint=hint)
    message = f"Docker failed {doing}: {said}"
    if _NO_IMAGE in said.lower():
        return ImageMissing(message)
    match status:
        case HTTPStatus.NOT_FOUND if _NO_CONTAINER.search(said):
            return ContainerMissing(message, reason=said)
        case HTTPStatus.CONFLICT:
            return ContainerConflict(message, reason=said)
        case _:
            return DockerRefused(message, reason=said)
