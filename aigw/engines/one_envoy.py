"""The one Envoy of a data folder: find it, start it, let it finish."""

import os
import time
from collections.abc import Callable, Mapping
from pathlib import Path

from aigw.clients import process
from aigw.clients.envoy_admin import EnvoyAdmin
from aigw.clients.process import Identity
from aigw.engines.binary import find_envoy
from aigw.engines.record import read_record
from aigw.errors import EngineRefused, NotReady
from aigw.state.files import private_folder, reason
from aigw.state.paths import GatewayPaths

FLUSH_MILLISECONDS = 500
_POLL_SECONDS = 0.02


def command(envoy: Path, bootstrap: Path) -> tuple[str, ...]:
    """Spell the start of Envoy.

    `immediate` lets a drain close kept-alive connections with their next answer; `main` would
    write 30 KB of extension names at every start.
    """
    return (
        *(str(envoy), "-c", str(bootstrap)),
        *("--concurrency", "1"),
        *("--file-flush-interval-msec", str(FLUSH_MILLISECONDS)),
        *("--drain-strategy", "immediate"),
        *("--component-log-level", "main:warning,lua:warning"),
        "--disable-hot-restart",
        "--reject-unknown-dynamic-fields",
    )


def living(paths: GatewayPaths) -> Identity | None:
    """Return the Envoy of this data folder, whoever started it; None when there is none.

    The system says who listens on its admin socket; the record helps when the socket is gone.
    """
    listening = EnvoyAdmin(paths.admin_socket).process()
    if listening is not None:
        return listening
    record = read_record(paths)
    known = record.envoy if record else None
    return known if known is not None and process.alive(known) else None


def find(paths: GatewayPaths, *, seconds: float) -> Identity | None:
    """Return the Envoy of this data folder, waiting for one that has only just been started."""
    deadline = time.monotonic() + seconds
    while (found := living(paths)) is None and process.held(_lock(paths)):
        if time.monotonic() > deadline:
            break
        time.sleep(_POLL_SECONDS)
    return found


def launch(paths: GatewayPaths, environ: Mapping[str, str]) -> Identity:
    """Start Envoy; raises EngineMissing, and EngineRefused when one of this folder lives already.

    It holds the lock `run/envoy.lock` for its life, so that there are never two.
    """
    words = command(find_envoy(environ), paths.bootstrap)
    try:
        lock = process.hold(_lock(paths))
        if lock is None:
            raise EngineRefused(f"an Envoy of `{paths.folder}` still runs and does not answer")
        try:
            private_folder(paths.runtime)
            paths.admin_socket.unlink(missing_ok=True)
            return process.launch(words, log=paths.envoy_log, environ=environ, keep=lock)
        finally:
            os.close(lock)
    except OSError as error:
        raise EngineRefused(f"`{words[0]}` could not be started: {reason(error)}") from error


def serves(admin: EnvoyAdmin) -> bool:
    """Say whether Envoy takes connections; raises EngineRefused when it never will."""
    try:
        if not admin.ready():
            return False
        listeners = admin.listeners()
    except NotReady:
        return False
    if listeners.refused:
        raise EngineRefused("Envoy could not open its listener")
    return listeners.active > 0


def drain(admin: EnvoyAdmin, *, seconds: float, disturbed: Callable[[float], bool]) -> bool:
    """Take no more connections and wait until clients have what they asked for.

    `disturbed` waits that many seconds and says whether to wait no longer. False when requests
    were left when the time was up.
    """
    deadline = time.monotonic() + seconds
    try:
        admin.drain_listeners()
        # Twice: a request may end between the counts of one answer.
        while admin.unfinished() or admin.unfinished():
            if time.monotonic() > deadline or disturbed(_POLL_SECONDS):
                return False
    except NotReady:
        return False
    return True


def _lock(paths: GatewayPaths) -> Path:
    return paths.run / "envoy.lock"
