"""Find the Docker engine of this machine: the one the user means, else one that answers."""

import grp
import os
import ssl
from collections.abc import Iterator, Mapping
from http.client import HTTPException
from itertools import chain
from pathlib import Path
from typing import Final

from msgspec import Struct

from aigw.clients.docker_api import UNIX, Flavor, Pong, Tls, exists, ping
from aigw.clients.docker_contexts import Named, named
from aigw.clients.docker_sockets import Machine, Runtime, default, runtimes
from aigw.errors import DockerMissing

OLDEST_API: Final = (1, 41)
"""Engine API of Docker 20.10."""

_SECONDS = 3.0
_EMBEDDED = "aigw start --engine envoy"


class DockerHost(Struct, frozen=True, kw_only=True):
    """An engine that answers: its address, what led to it, and how it is started (or empty).

    `api` is its Engine API version; `passed_over` says of each that was preferred why it is not
    the one.
    """

    url: str
    source: str
    tls: Tls | None
    api: tuple[int, int]
    flavor: Flavor
    start: str
    passed_over: tuple[str, ...]


def find(
    environ: Mapping[str, str], home: Path, *, root: Path = Path("/"), seconds: float = _SECONDS
) -> DockerHost:
    """Return the engine to use; `seconds` is how long each may take to answer.

    What DOCKER_HOST or DOCKER_CONTEXT names is used or nothing is; then come the current context,
    the default socket and those of the programs we know. Raises DockerMissing.
    """
    machine = Machine(environ=environ, home=home, root=root)
    known = (default(machine), *runtimes(machine))
    asked = named(environ, home)
    tried: list[_Tried] = []
    for candidate in chain([asked] if asked else [], _sockets(known)):
        start = _start(candidate, known)
        answer = _asked(candidate, seconds)
        if isinstance(answer, Pong):
            return _host(candidate, answer, start, tried)
        tried.append(_Tried(what=_words(candidate, answer.why), hint=answer.mend or start))
        if candidate.must:
            raise _refused(candidate, answer, start)
    raise _nothing(machine, known, tried)


class _Silent(Struct, frozen=True, kw_only=True):
    """Why an engine cannot be used, and the command that mends it, where we know one."""

    why: str
    mend: str = ""


class _Tried(Struct, frozen=True, kw_only=True):
    what: str
    hint: str


def _sockets(known: tuple[Runtime, ...]) -> Iterator[Named]:
    for runtime in known:
        for path in runtime.sockets:
            if exists(path):
                yield Named(source=runtime.name, must=False, url=f"{UNIX}{path}")


def _asked(what: Named, seconds: float) -> Pong | _Silent:
    if what.problem:
        return _Silent(why=what.problem)
    try:
        pong = ping(what.url, what.tls, seconds=seconds)
    except PermissionError:
        return _forbidden(Path(what.url.removeprefix(UNIX)))
    except (OSError, HTTPException, ValueError) as error:
        return _Silent(why=_why(error, seconds))
    if pong is None:
        return _Silent(why="what answers there is no Docker engine")
    if pong.api < OLDEST_API:
        spoken, needed = (".".join(map(str, api)) for api in (pong.api, OLDEST_API))
        return _Silent(why=f"it speaks Engine API {spoken}, and {needed} (Docker 20.10) is needed")
    return pong


def _why(error: Exception, seconds: float) -> str:
    match error:
        case FileNotFoundError():
            return "there is no such socket"
        case ConnectionRefusedError():
            return "nobody listens there"
        case TimeoutError():
            return f"no answer within {seconds:g} s"
        case ssl.SSLError():
            return f"TLS failed: {error.reason or error}"
        case OSError():  # without a number: `AF_UNIX path too long`
            return (os.strerror(error.errno) if error.errno else str(error)).lower()
        case _:
            return "what answers there is no Docker engine"


def _forbidden(path: Path) -> _Silent:
    """Say who may use a socket, and how to become one of them."""
    try:
        group = grp.getgrgid(path.stat().st_gid)
    except (OSError, KeyError):
        return _Silent(why="permission denied")
    if group.gr_gid == 0:
        return _Silent(why="permission denied: it is root's")
    why = f"permission denied: it is for the group `{group.gr_name}`"
    join = f'sudo usermod -aG {group.gr_name} "$USER" && newgrp {group.gr_name}'
    return _Silent(why=why, mend=join)


def _host(what: Named, pong: Pong, start: str, tried: list[_Tried]) -> DockerHost:
    return DockerHost(
        url=what.url,
        source=what.source,
        tls=what.tls,
        api=pong.api,
        flavor=pong.flavor,
        start=start,
        passed_over=tuple(one.what for one in tried),
    )


def _start(what: Named, known: tuple[Runtime, ...]) -> str:
    """Return the command that starts the program whose socket it is; empty when it is not known."""
    path = Path(what.url.removeprefix(UNIX))
    return next((runtime.start for runtime in known if path in runtime.sockets), "")


def _words(what: Named, why: str) -> str:
    if not what.url or what.url in why:
        return f"{what.source}: {why}"
    return f"{what.source} ({what.url.removeprefix(UNIX)}): {why}"


def _refused(what: Named, silent: _Silent, start: str) -> DockerMissing:
    variable = what.source.split(maxsplit=1)[0]
    hint = silent.mend or (start if not what.problem else "") or f"unset {variable}"
    return DockerMissing(f"no Docker engine: {_words(what, silent.why)}", hint=hint)


def _nothing(machine: Machine, known: tuple[Runtime, ...], tried: list[_Tried]) -> DockerMissing:
    without = [
        runtime.name for runtime in known if not any(exists(path) for path in runtime.sockets)
    ]
    lines = [*(one.what for one in tried), f"no socket: {', '.join(without)}"]
    message = "".join(f"\n  {line}" for line in (lines if without else lines[:-1]))
    installed = [runtime.start for runtime in known if machine.installed(runtime)]
    hints = dict.fromkeys(hint for hint in (*(one.hint for one in tried), *installed) if hint)
    return DockerMissing(
        f"no Docker engine answers; tried:{message}", hint="\n".join(hints) or _EMBEDDED
    )
