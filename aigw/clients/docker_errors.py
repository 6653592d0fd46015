"""Errors of the Docker engine, its SDK and the libraries below, as ours."""

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http import HTTPStatus
from http.client import HTTPException
from json import JSONDecodeError

from docker.errors import APIError, DockerException, StreamParseError
from requests.exceptions import RequestException
from requests.exceptions import Timeout as RequestTimeout
from urllib3.exceptions import HTTPError, ReadTimeoutError

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
_SLOW = (RequestTimeout, ReadTimeoutError, TimeoutError)
_BROKEN = (RequestException, HTTPError, HTTPException, StreamParseError, JSONDecodeError)
_NO_CONTAINER = re.compile(r"[Nn]o such container|no container with")
_NO_IMAGE = "no such image"
_FULL = "no space left on device"


@contextmanager
def translated(host: DockerHost, doing: str) -> Iterator[None]:
    """Turn what goes wrong in the block into our errors; `doing` says what was being done."""
    try:
        yield
    except APIError as error:
        raise refusal(_said(error), doing, status=error.status_code or 0) from error
    except (*_BROKEN, OSError) as error:
        raise gone(host, doing, slow=_is_slow(error)) from error
    except DockerException as error:
        raise DockerRefused(f"Docker's library failed while {doing}: {error}") from error


@contextmanager
def limited(late: Callable[[], AigwError]) -> Iterator[None]:
    """Raise what `late` returns when an answer in the block does not come in time."""
    try:
        yield
    except (RequestException, HTTPError, TimeoutError) as error:
        if _is_slow(error):
            raise late() from error
        raise


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


def _said(error: APIError) -> str:
    """Return the engine's own words; the exception's are a URL."""
    words = error.explanation or ""
    if isinstance(words, bytes):
        words = words.decode(errors="replace")
    return " ".join(words.split()) or f"status {error.status_code}"


def _is_slow(error: Exception) -> bool:
    """Say whether it is a time-out; in the middle of a body requests calls it a lost connection."""
    behind = error.args[0] if error.args else None
    return isinstance(error, _SLOW) or isinstance(behind, _SLOW)
