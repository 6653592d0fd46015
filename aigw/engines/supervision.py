"""A command's side of the supervisor: start it, ask it, end it."""

import os
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from signal import SIGUSR1
from typing import NoReturn

import aigw
from aigw.clients import process
from aigw.clients.envoy_admin import EnvoyAdmin
from aigw.clients.process import Identity
from aigw.engines import one_envoy
from aigw.engines.log_words import news
from aigw.engines.place import Place
from aigw.engines.record import (
    STOPPED,
    Record,
    Request,
    living_supervisor,
    read_record,
    write_request,
)
from aigw.errors import EngineRefused, NotReady
from aigw.state.files import reason
from aigw.state.paths import GatewayPaths

_END_SECONDS = 15.0
_POLL_SECONDS = 0.002


def launch(paths: GatewayPaths, environ: Mapping[str, str]) -> Identity:
    """Start a detached supervisor and wait until it can be asked; it starts or adopts Envoy.

    It is given its lock, so that whoever comes meanwhile knows of it. One that was started by a
    command that died since is taken instead.
    """
    try:
        lock = process.hold(paths.supervisor_lock)
        if lock is None:
            return _launched(paths, None)
        try:
            words = (*_command(paths), "--locked")
            environment = _environment(environ)
            started = process.launch(
                words, log=paths.supervisor_log, environ=environment, keep=lock
            )
        finally:
            os.close(lock)
    except OSError as error:
        raise EngineRefused(f"the supervisor could not be started: {reason(error)}") from error
    return _launched(paths, started)


def _launched(paths: GatewayPaths, started: Identity | None) -> Identity:
    record = living_supervisor(paths)
    if record is None:
        problem = _problem(paths, started) if started else "another supervisor came and went"
        raise EngineRefused(problem)
    return record.supervisor


def become(paths: GatewayPaths, environ: Mapping[str, str]) -> NoReturn:
    """Turn this very process into the supervisor, in the foreground."""
    process.become((*_command(paths), "--foreground"), environ=_environment(environ))


def restart_envoy(
    paths: GatewayPaths, supervisor: Identity, *, drain_seconds: float
) -> Record | None:
    """Have Envoy restarted with what was staged, after its requests; return the record of it.

    None when the supervisor ended instead: a command that died had asked it to stop. Raises
    NotReady.
    """
    request = Request.new("restart", drain_seconds=drain_seconds)
    write_request(paths, request)
    process.send(supervisor, SIGUSR1)
    deadline = time.monotonic() + drain_seconds + _END_SECONDS
    while (record := read_record(paths)) is None or record.obeyed != request.id:
        if not process.alive(supervisor):
            return None
        if time.monotonic() > deadline:
            raise NotReady("the supervisor did not restart Envoy")
        time.sleep(_POLL_SECONDS)
    return record


def stop(paths: GatewayPaths, *, seconds: float) -> bool:
    """End Envoy and its supervisor, whichever of them runs; False when a request was cut."""
    record = living_supervisor(paths)
    if record is not None:
        write_request(paths, Request.new("stop", drain_seconds=seconds))
        process.send(record.supervisor, SIGUSR1)
        if process.wait_for_exit(record.supervisor, seconds=seconds + _END_SECONDS):
            process.reap(record.supervisor)
        else:
            process.end(record.supervisor, seconds=_END_SECONDS)
        record = read_record(paths)
    envoy = one_envoy.find(paths, seconds=_END_SECONDS)
    if envoy is None:
        return record is None or record.drained
    admin = EnvoyAdmin(paths.admin_socket)
    drained = one_envoy.drain(admin, seconds=seconds, disturbed=_pause)
    process.end(envoy, seconds=_END_SECONDS)
    return drained


def await_generation(
    paths: GatewayPaths, supervisor: Identity, *, place: Place, generation: str, seconds: float
) -> None:
    """Wait until the gateway answers with a generation, and the supervisor has seen it serve.

    Raises EngineRefused as soon as the supervisor says that Envoy cannot run, or has ended, and
    NotReady when the time is up.
    """
    deadline = time.monotonic() + seconds
    while (seen := place.generation()) != generation or not _serving(paths):
        if problem := _problem(paths, supervisor):
            raise EngineRefused(problem)
        if time.monotonic() > deadline:
            serving = f"serves generation {seen}" if seen else "does not answer"
            raise NotReady(f"the gateway on `{place}` {serving}, not {generation}")
        time.sleep(_POLL_SECONDS)


def _serving(paths: GatewayPaths) -> bool:
    record = read_record(paths)
    return record is not None and record.serving


def _problem(paths: GatewayPaths, supervisor: Identity) -> str:
    """Say why nothing will come of waiting; empty while something may."""
    record = read_record(paths)
    own = record if record is not None and record.supervisor == supervisor else None
    if own is not None and own.problem not in ("", STOPPED):
        return own.problem
    if process.alive(supervisor):
        return ""
    lines = news(paths.supervisor_log, 0).splitlines()
    return f"the supervisor ended: {lines[-1].partition(' ')[2] if lines else 'it said nothing'}"


def _pause(seconds: float) -> bool:
    time.sleep(seconds)
    return False


def _command(paths: GatewayPaths) -> tuple[str, ...]:
    # -P: the folder where the command was given must not lend modules.
    program = (sys.executable, "-P", "-m", "aigw.engines.supervisor")
    return (*program, str(paths.folder), "--name", paths.name)


def _environment(environ: Mapping[str, str]) -> Mapping[str, str]:
    """Let a checkout find itself; what is installed needs no help."""
    root = Path(aigw.__file__).parent.parent
    if root.name in ("site-packages", "dist-packages"):
        return environ
    return {**environ, "PYTHONPATH": str(root)}
