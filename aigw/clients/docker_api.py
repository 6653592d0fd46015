"""Single questions to a Docker engine, without its SDK: importing that takes 80 ms."""

import json
import ssl
from collections.abc import Mapping
from contextlib import closing
from enum import StrEnum
from http import HTTPStatus
from http.client import HTTPConnection, HTTPSConnection
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

from msgspec import Struct

from aigw.clients.envoy_admin import UnixConnection

UNIX: Final = "unix://"
DEFAULT_SOCKET: Final = "var/run/docker.sock"
"""Where a Docker engine listens when nobody says otherwise, below the root of the files."""

_MOST_BYTES = 1024 * 1024
PLAIN_PORT, TLS_PORT = 2375, 2376


class Flavor(StrEnum):
    """Whose engine it is; both speak Docker's API, with quirks."""

    DOCKER = "docker"
    PODMAN = "podman"


class Tls(Struct, frozen=True, kw_only=True):
    """The files with which one engine is spoken to; empty ones are left out."""

    ca: str = ""
    cert: str = ""
    key: str = ""
    verify: bool = True


class Pong(Struct, frozen=True, kw_only=True):
    """What an engine says of itself: the API version it speaks, and whose it is."""

    api: tuple[int, int]
    flavor: Flavor


def connection(url: str, tls: Tls | None, *, seconds: float) -> HTTPConnection:
    """Make a connection to `unix:///path` or `tcp://host:port`; no proxy is ever used."""
    if url.startswith(UNIX):
        return UnixConnection(Path(url.removeprefix(UNIX)), seconds=seconds)
    parts = urlsplit(url)
    host = parts.hostname or ""
    if tls is None:
        return HTTPConnection(host, parts.port or PLAIN_PORT, timeout=seconds)
    port = parts.port or TLS_PORT
    return HTTPSConnection(host, port, timeout=seconds, context=_context(tls))


def ping(url: str, tls: Tls | None, *, seconds: float) -> Pong | None:
    """Ask an engine for a sign of life; None when what answers is none.

    Raises `OSError` or `HTTPException` when nothing answers, or not in HTTP.
    """
    with closing(connection(url, tls, seconds=seconds)) as engine:
        engine.request("GET", "/_ping")
        answer = engine.getresponse()
        answer.read(_MOST_BYTES)
    headers = {name.lower(): value for name, value in answer.getheaders()}
    api = _version(headers)
    if answer.status != HTTPStatus.OK or api is None:
        return None
    podman = "libpod-api-version" in headers
    return Pong(api=api, flavor=Flavor.PODMAN if podman else Flavor.DOCKER)


def get(url: str, tls: Tls | None, target: str, *, seconds: float) -> object:
    """Return the JSON of a small answer; raises `OSError`, `HTTPException` or `ValueError`."""
    with closing(connection(url, tls, seconds=seconds)) as engine:
        engine.request("GET", target)
        return json.loads(engine.getresponse().read(_MOST_BYTES))


def exists(path: Path) -> bool:
    """Say whether a file is there that we may see."""
    try:
        path.stat()
    except OSError:
        return False  # `Path.exists` raises where a folder is closed to us, as /run/podman is
    return True


def _version(headers: Mapping[str, str]) -> tuple[int, int] | None:
    major, _, minor = headers.get("api-version", "").partition(".")
    return (int(major), int(minor)) if major.isdecimal() and minor.isdecimal() else None


def _context(tls: Tls) -> ssl.SSLContext:
    context = ssl.create_default_context(cafile=tls.ca or None)
    if not tls.verify:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    if tls.cert:
        context.load_cert_chain(tls.cert, tls.key or None)
    return context
