"""Ports: whether one is free, and if not, who has it."""

import errno
import json
import os
import socket
import sys
from collections.abc import Container, Mapping
from contextlib import closing
from http.client import HTTPException
from itertools import chain
from urllib.parse import urlencode

from aigw.clients.docker_api import DEFAULT_SOCKET, UNIX, get
from aigw.errors import PortTaken

_LAST_PORT = 65535
_NEAR = 100
_DOCKER_SECONDS = 2.0
# Docker listens in the container's place, as these (Linux, Docker Desktop, Rancher, OrbStack).
_DOCKERS = ("docker-proxy", "com.docker", "rootlesskit", "limactl", "OrbStack")


def free(address: str, port: int) -> bool:
    """Say whether a listener could be made there now.

    Raises PortTaken when nobody could make one: a port for root only, an address of no interface.
    """
    family, _, _, _, place = socket.getaddrinfo(
        address, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
    )[0]
    with closing(socket.socket(family, socket.SOCK_STREAM)) as probe:
        if sys.platform == "linux":
            # Here it only passes over connections that were closed a moment ago (socket(7)).
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(place)
            probe.listen()
        except OSError as error:
            if error.errno == errno.EADDRINUSE:
                return False
            words = os.strerror(error.errno or 0).lower()
            raise PortTaken(f"nobody can listen on port {port} of {address}: {words}") from error
    return True


def holder(port: int, environ: Mapping[str, str]) -> str:
    """Say who listens on a port: "`nginx` (process 12)", "container `web`", "another program"."""
    found = _process(port)
    if found and not found[0].startswith(_DOCKERS):
        return f"`{found[0]}` (process {found[1]})"
    container = _container(port, environ)
    if container:
        return f"container `{container}`"
    return f"`{found[0]}` (process {found[1]})" if found else "another program"


def suggest(address: str, port: int, *, avoiding: Container[int] = ()) -> int:
    """Return a free port near that one, above it where there is one; 0 when all are taken."""
    above = range(port + 1, min(port + _NEAR, _LAST_PORT) + 1)
    below = range(port - 1, max(port - _NEAR, 1023), -1)
    wanted = (near for near in chain(above, below) if near not in avoiding)
    return next((near for near in wanted if free(address, near)), 0)


def _process(port: int) -> tuple[str, int] | None:
    """Return name and id of the process that listens, if we may see it."""
    import psutil  # late: 20 ms, and only a taken port needs it

    try:
        connections = psutil.net_connections(kind="tcp")
    except psutil.AccessDenied:
        return None
    for connection in connections:
        place = connection.laddr if connection.status == psutil.CONN_LISTEN else ()
        if place and place.port == port and connection.pid:
            try:
                return psutil.Process(connection.pid).name(), connection.pid
            except psutil.Error:
                return None
    return None


def _container(port: int, environ: Mapping[str, str]) -> str:
    """Return the name of the container that publishes the port; empty when Docker does not say.

    Asked without the Docker SDK: that takes 100 ms to import and may wait twice as long as told.
    """
    host = environ.get("DOCKER_HOST") or f"{UNIX}/{DEFAULT_SOCKET}"
    if not host.startswith(UNIX):
        return ""  # on another machine, where our ports are not
    query = urlencode({"filters": json.dumps({"publish": [str(port)]})})
    try:
        found = get(host, None, f"/containers/json?{query}", seconds=_DOCKER_SECONDS)
    except (OSError, HTTPException, ValueError):
        return ""
    match found:
        case [{"Names": [str(name), *_]}, *_]:
            return name.removeprefix("/")
        case _:
            return ""
