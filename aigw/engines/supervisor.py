"""Keeps the Envoy of one data folder alive: `python -m aigw.engines.supervisor FOLDER`.

It runs detached after `aigw start`, or in the foreground under systemd and in containers. SIGTERM
lets running requests finish and ends both; SIGUSR1 means that a command left a request
(engines/record.py). Killed itself, it leaves Envoy serving, and the next one adopts that Envoy.
"""

import math
import os
import signal
import sys
import time
from argparse import ArgumentParser
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path

from aigw.clients import process
from aigw.clients.envoy_admin import EnvoyAdmin
from aigw.clients.process import Identity
from aigw.engines import log_words, one_envoy, rotation
from aigw.engines.demo.service import DemoService
from aigw.engines.events import Asked, Ended, Event, Events, Stopped
from aigw.engines.place import place
from aigw.engines.record import STOPPED, Record, Request, read_record, take_request, write_record
from aigw.engines.staging import promote
from aigw.errors import AigwError, Busy, CannotWrite, EngineRefused, NotReady
from aigw.state.paths import GatewayPaths
from aigw.state.runtime import noted_runtime

_LOOK_SECONDS = 0.5
_READY_SECONDS = 10.0
_END_SECONDS = 5.0
_POLL_SECONDS = 0.01
_TICK_SECONDS = 2.0
_HEALTHY_SECONDS = 60.0
_DELAYS = (0.0, 0.5, 1.0, 2.0, 4.0, 8.0, 16.0, 30.0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """Where it runs, how long requests may take at the end, how large and many logs become."""

    foreground: bool = False

    drain_seconds: float = 30.0
    log_bytes: int = 64 * 1024 * 1024
    log_files: int = 5


def delay(failures: int) -> float:
    """Return the seconds before Envoy is started again, after so many short lives in a row."""
    return _DELAYS[min(failures, len(_DELAYS) - 1)]


class Supervisor:
    """See the module."""

    def __init__(
        self, paths: GatewayPaths, *, settings: Settings, environ: Mapping[str, str]
    ) -> None:
        me = process.identify(os.getpid())
        assert me is not None
        self.events = Events()
        self._paths = paths
        self._settings = settings
        self._environ = environ
        self._admin = EnvoyAdmin(paths.admin_socket)
        self._record = Record(supervisor=me, started_at=time.time(), foreground=settings.foreground)
        self._begun = -math.inf
        self._failures = 0
        self._due: float | None = None

    def run(self) -> None:
        """Keep Envoy alive until asked to stop.

        Raises Busy when another supervisor does it, and what hinders the first start of Envoy.
        """
        self._be_the_only_one()
        self._note(envoy=one_envoy.living(self._paths), problem="")
        with DemoService(self._paths.demo_socket) as demo:
            self._begin()
            demo.start()
            while self._handle(self._next()):
                pass

    def _be_the_only_one(self) -> None:
        """Take the lock for life; a command that only looks holds it for a moment."""
        deadline = time.monotonic() + _LOOK_SECONDS
        while process.hold(self._paths.supervisor_lock) is None:
            if time.monotonic() > deadline:
                other = read_record(self._paths)
                who = f" by process {other.supervisor.pid}" if other else ""
                raise Busy(f"gateway `{self._paths.name}` is supervised already{who}")
            time.sleep(_POLL_SECONDS)

    def _begin(self) -> None:
        if self._adopt():
            return
        try:
            self._start()
        except AigwError as error:
            self._note(envoy=None, problem=error.message)
            raise

    def _adopt(self) -> bool:
        """Take over an Envoy that outlived its supervisor; one that does not answer is ended."""
        envoy = one_envoy.find(self._paths, seconds=_READY_SECONDS)
        if envoy is None:
            return False
        self.events.watch(envoy)
        if self._serves_soon(envoy):
            _say(f"adopted Envoy {envoy.pid}")
            self._note(envoy=envoy, problem="")
            return True
        _say(f"Envoy {envoy.pid} does not answer; ending it")
        process.end(envoy, seconds=_END_SECONDS)
        return False

    def _start(self) -> None:
        """Start Envoy and see it take connections; raises what hinders it."""
        self._record = replace(self._record, starts=self._record.starts + 1)
        promote(self._paths)
        wanted = place(self._paths)
        if wanted is not None:
            wanted.refuse_taken()
        offset = log_words.size(self._paths.envoy_log)
        envoy = one_envoy.launch(self._paths, self._environ)
        self._begun = time.monotonic()
        self._note(envoy=envoy, problem="")
        self.events.watch(envoy)
        if self._serves_soon(envoy):
            _say(f"started Envoy {envoy.pid}")
            return
        process.end(envoy, seconds=_END_SECONDS)
        said = log_words.complaints(self._paths.envoy_log, offset)
        raise EngineRefused(f"Envoy did not start: {said or 'it said nothing'}")

    def _serves_soon(self, envoy: Identity) -> bool:
        """Wait until Envoy takes connections; False when it does not."""
        deadline = time.monotonic() + _READY_SECONDS
        with suppress(EngineRefused):
            while not one_envoy.serves(self._admin):
                if time.monotonic() > deadline:
                    return False
                if self.events.arrived(_POLL_SECONDS, lambda event: event == Ended(envoy)):
                    return False
            return True
        return False

    def _next(self) -> Event | None:
        until_due = self._due - time.monotonic() if self._due is not None else _TICK_SECONDS
        return self.events.next(min(until_due, _TICK_SECONDS))

    def _handle(self, event: Event | None) -> bool:
        """Do what an event, or the time, asks for; False when it was the end."""
        match event:
            case Ended(ended):
                self._lost(ended)
            case Asked():
                request = take_request(self._paths)
                return request is None or self._obey(request)
            case Stopped():
                seconds = self._settings.drain_seconds
                return self._obey(Request(action="stop", drain_seconds=seconds))
            case None:
                self._do_duties()
        return True

    def _lost(self, ended: Identity) -> None:
        """Plan the next start after Envoy has ended by itself."""
        how = process.reap(ended)
        if ended != self._record.envoy:
            return
        if time.monotonic() - self._begun > _HEALTHY_SECONDS:
            self._failures = 0
        self._note(envoy=None, problem=f"Envoy ended ({how or 'killed'})")
        self._plan_start(f"Envoy {ended.pid} ended ({how or 'killed'})")

    def _plan_start(self, why: str) -> None:
        seconds = delay(self._failures)
        self._failures += 1
        self._due = time.monotonic() + seconds
        _say(f"{why}; next start in {seconds:g} s")

    def _obey(self, request: Request) -> bool:
        stopping = request.action == "stop"
        _say(f"{request.action} within {request.drain_seconds:g} s")
        self._stop_envoy(request.drain_seconds, hurry=stopping)
        if not stopping:
            self._try_start()
        return not stopping

    def _stop_envoy(self, seconds: float, *, hurry: bool) -> None:
        """End Envoy after its requests; with `hurry` another signal ends it at once."""
        envoy = self._record.envoy
        self._due = None
        if envoy is None:
            return

        def disturbed(pause: float) -> bool:
            return self.events.arrived(
                pause, lambda event: event == Ended(envoy) or (hurry and event == Stopped())
            )

        drained = one_envoy.drain(self._admin, seconds=seconds, disturbed=disturbed)
        process.end(envoy, seconds=_END_SECONDS)
        self._note(envoy=None, problem=STOPPED, drained=drained)

    def _try_start(self) -> None:
        self._due = None
        try:
            self._start()
        except AigwError as error:
            self._note(envoy=None, problem=error.message)
            self._plan_start(error.message)

    def _do_duties(self) -> None:
        if self._due is not None and time.monotonic() >= self._due:
            self._try_start()
        try:
            self._rotate_logs()
        except (OSError, NotReady) as error:
            _say(f"logs were not rotated: {error}")

    def _rotate_logs(self) -> None:
        size, files = self._settings.log_bytes, self._settings.log_files
        if rotation.larger(self._paths.access_log, size):
            rotation.rotate(self._paths.access_log, files=files, reopen=self._admin.reopen_logs)
        for log in (self._paths.envoy_log, self._paths.supervisor_log):
            if rotation.larger(log, size):
                rotation.copy_and_empty(log, files=files)

    def _note(self, *, envoy: Identity | None, problem: str, drained: bool = True) -> None:
        self._record = replace(self._record, envoy=envoy, problem=problem, drained=drained)
        try:
            write_record(self._paths, self._record)
        except CannotWrite as error:
            _say(str(error))


def main(arguments: Sequence[str], environ: Mapping[str, str]) -> int:
    """Supervise until the end; returns the exit code."""
    parser = ArgumentParser(prog="aigw.engines.supervisor")
    parser.add_argument("folder", type=Path)
    parser.add_argument("--name", default="")
    parser.add_argument("--foreground", action="store_true")
    parser.add_argument("--drain-seconds", type=float, default=Settings().drain_seconds)
    parser.add_argument("--log-bytes", type=int, default=Settings().log_bytes)
    parser.add_argument("--log-files", type=int, default=Settings().log_files)
    asked = parser.parse_args(arguments)
    os.umask(0o077)
    try:
        paths = _paths(asked.folder, asked.name)
        os.chdir(paths.folder)
        settings = Settings(
            foreground=asked.foreground,
            drain_seconds=asked.drain_seconds,
            log_bytes=asked.log_bytes,
            log_files=asked.log_files,
        )
        supervisor = Supervisor(paths, settings=settings, environ=environ)
        _take_signals(supervisor.events, foreground=asked.foreground)
        supervisor.run()
    except AigwError as error:
        _say(str(error))
        return error.exit_code
    return 0


def _paths(folder: Path, name: str) -> GatewayPaths:
    runtime = noted_runtime(folder / "run" / "runtime")
    if runtime is None or not (folder / "envoy" / "bootstrap.json").is_file():
        raise NotReady(f"`{folder}` is not set up to run", hint="aigw start")
    return GatewayPaths(name=name or folder.name, folder=folder, runtime=runtime)


def _take_signals(events: Events, *, foreground: bool) -> None:
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGUSR1):
        signal.signal(number, events.on_signal)
    # A closed terminal ends what runs in it, and nothing else.
    signal.signal(signal.SIGHUP, events.on_signal if foreground else signal.SIG_IGN)


def _say(text: str) -> None:
    moment = time.strftime("%Y-%m-%dT%H:%M:%S%z")
    sys.stderr.write(f"{moment} {text}\n")
    sys.stderr.flush()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:], os.environ))
