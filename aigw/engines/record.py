"""What a supervisor writes down for the commands, and what a command asks of a supervisor."""

import json
import os
import time
from contextlib import suppress
from pathlib import Path
from typing import Final, Literal

from msgspec import Struct

from aigw.clients import process
from aigw.clients.process import Identity
from aigw.state.files import write_atomically
from aigw.state.paths import GatewayPaths

_WRITE_SECONDS, _POLL_SECONDS = 15.0, 0.005

STOPPED: Final = "stopped"
"""The problem of an Envoy that was asked to end."""


class Record(Struct, frozen=True, kw_only=True):
    """A supervisor and its Envoy, in `run/supervisor.json`.

    `envoy` is None while none runs, and `problem` says why; it is `serving` once the supervisor
    has seen it take connections. `obeyed` is the id of the request for which Envoy was started;
    `drained` says of the Envoy that was stopped last that no request was cut; `runtime` is the
    folder of its sockets.
    """

    supervisor: Identity
    envoy: Identity | None = None
    serving: bool = False
    obeyed: str = ""
    problem: str = ""
    drained: bool = True
    foreground: bool = False
    runtime: str = ""


class Request(Struct, frozen=True, kw_only=True):
    """What to do on SIGUSR1, and how many seconds running requests have to finish."""

    id: str
    action: Literal["stop", "restart"]
    drain_seconds: float

    @classmethod
    def new(cls, action: Literal["stop", "restart"], *, drain_seconds: float) -> "Request":
        """Make a request unlike any other."""
        return cls(id=os.urandom(8).hex(), action=action, drain_seconds=drain_seconds)


def read_record(paths: GatewayPaths) -> Record | None:
    """Return what was written down last; None when there is nothing that can be read."""
    with suppress(OSError, ValueError, KeyError, TypeError):
        tree = json.loads(paths.supervisor.read_text(encoding="utf-8"))
        envoy = None
        if tree["envoy_pid"]:
            envoy = Identity(pid=int(tree["envoy_pid"]), started=str(tree["envoy_create_time"]))
        return Record(
            supervisor=Identity(pid=int(tree["pid"]), started=str(tree["create_time"])),
            envoy=envoy,
            serving=bool(tree["serving"]),
            obeyed=str(tree["obeyed"]),
            problem=str(tree["problem"]),
            drained=bool(tree["drained"]),
            foreground=bool(tree["foreground"]),
            runtime=str(tree["runtime"]),
        )
    return None


def living_supervisor(paths: GatewayPaths) -> Record | None:
    """Return the record of the supervisor that runs, waiting for one that was only just started.

    It has its lock from the moment when it is started, and writes its record soon after.
    """
    deadline = time.monotonic() + _WRITE_SECONDS
    while (record := read_record(paths)) is None or not process.alive(record.supervisor):
        if not process.held(paths.supervisor_lock) or time.monotonic() > deadline:
            return None
        time.sleep(_POLL_SECONDS)
    return record


def write_record(paths: GatewayPaths, record: Record) -> None:
    """Replace what was written down; raises CannotWrite."""
    tree = {
        "pid": record.supervisor.pid,
        "create_time": record.supervisor.started,
        "envoy_pid": record.envoy.pid if record.envoy else 0,
        "envoy_create_time": record.envoy.started if record.envoy else "",
        "serving": record.serving,
        "obeyed": record.obeyed,
        "problem": record.problem,
        "drained": record.drained,
        "foreground": record.foreground,
        "runtime": record.runtime,
    }
    write_atomically(paths.supervisor, json.dumps(tree, indent=1) + "\n", durable=False)


def take_request(paths: GatewayPaths) -> Request | None:
    """Return what a command asks, once; None when there is nothing that can be read."""
    file = _request_file(paths)
    try:
        tree = json.loads(file.read_text(encoding="utf-8"))
        file.unlink()
        name, seconds = str(tree["id"]), float(tree["drain_seconds"])
        action: Literal["stop", "restart"] = "restart" if tree["action"] == "restart" else "stop"
    except (OSError, ValueError, KeyError, TypeError):
        return None
    return Request(id=name, action=action, drain_seconds=seconds)


def withdraw_request(paths: GatewayPaths) -> None:
    """Forget what a command asked that died before the supervisor read it; the lock is held."""
    with suppress(OSError):
        _request_file(paths).unlink()


def write_request(paths: GatewayPaths, request: Request) -> None:
    """Leave a request for the supervisor; raises CannotWrite."""
    tree = {
        "id": request.id,
        "action": request.action,
        "drain_seconds": request.drain_seconds,
    }
    write_atomically(_request_file(paths), json.dumps(tree) + "\n", durable=False)


def _request_file(paths: GatewayPaths) -> Path:
    return paths.run / "request.json"
