"""The life of a supervisor: start or adopt Envoy, start it again, rotate logs, let it finish."""

import math
import os
import sys
import time
from collections.abc import Mapping
from contextlib import suppress

from msgspec import Struct
from msgspec.structs import replace

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
from aigw.state.files import private_folder
from aigw.state.paths import GatewayPaths

_LOOK_SECONDS = 0.5
_READY_SECONDS = 10.0
_END_SECONDS = 5.0
_POLL_SECONDS = 0.01
_TICK_SECONDS = 2.0
_HEALTHY_SECONDS = 60.0
_DELAYS = (0.0, 0.5, 1.0, 2.0, 4.0, 8.0, 16.0, 30.0)


class Settings(Struct, frozen=True, kw_only=True):
    """How it runs, how long requests may take at the end, how large and many logs become.

    `locked` says that the lock was handed down by who started it.
    """

    foreground: bool = False
    locked: bool = False
    drain_seconds: float = 30.0
    log_bytes: int = 64 * 1024 * 1024
    log_files: int = 5


def delay(failures: int) -> float:
    """Return the seconds before Envoy is started again, after so many short lives in a row."""
    return _DELAYS[min(failures, len(_DELAYS) - 1)]


class Supervisor:
    """Keeps one Envoy alive; see engines/supervisor.py."""

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
        self._demo = DemoService(paths.demo_socket)
        self._record = Record(
            supervisor=me,
            foreground=settings.foreground,
            runtime=str(paths.runtime),
        )
        self._begun = -math.inf
        self._failures = 0
        self._due: float | None = None

    def run(self) -> None:
        """Keep Envoy alive until asked to stop.

        Raises Busy when another supervisor does it, and what hinders the first start of Envoy.
        """
        self._be_the_only_one()
        private_folder(self._paths.runtime)
        with self._demo:
            # Commands take the record for the sign that everything is there to be used.
            self._note(envoy=one_envoy.living(self._paths))
            self._begin()
            self._demo.start()
            while self._handle(self._next()):
                pass

    def _be_the_only_one(self) -> None:
        """Take the lock for life; a command that only looks holds it for a moment."""
        if self._settings.locked:
            return
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
            say(f"adopted Envoy {envoy.pid}")
            self._note(envoy=envoy, serving=True)
            return True
        say(f"Envoy {envoy.pid} does not answer; ending it")
        process.end(envoy, seconds=_END_SECONDS)
        return False

    def _start(self) -> None:
        """Start Envoy and see it take connections; raises what hinders it."""
        promote(self._paths)
        private_folder(self._paths.runtime)
        self._demo.renew()
        wanted = place(self._paths)
        if wanted is not None:
            wanted.refuse_taken()
        offset = log_words.size(self._paths.envoy_log)
        envoy = one_envoy.launch(self._paths, self._environ)
        self._begun = time.monotonic()
        self._note(envoy=envoy)
        self.events.watch(envoy)
        if self._serves_soon(envoy):
            say(f"started Envoy {envoy.pid}")
            self._note(envoy=envoy, serving=True)
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
                return self._obey(Request.new("stop", drain_seconds=seconds))
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
        say(f"{why}; next start in {seconds:g} s")

    def _obey(self, request: Request) -> bool:
        stopping = request.action == "stop"
        say(f"{request.action} within {request.drain_seconds:g} s")
        self._stop_envoy(request.drain_seconds, hurry=stopping)
        if not stopping:
            self._record = replace(self._record, obeyed=request.id)
            self._try_start()
        return not stopping

    def _stop_envoy(self, seconds: float, *, hurry: bool) -> None:
        """End Envoy after its requests; with `hurry` another signal ends it at once."""
        envoy = self._record.envoy
        self._due = None
        if envoy is None:
            self._note(envoy=None, problem=self._record.problem, drained=True)
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
            say(f"logs were not rotated: {error}")

    def _rotate_logs(self) -> None:
        size, files = self._settings.log_bytes, self._settings.log_files
        if rotation.larger(self._paths.access_log, size):
            rotation.rotate(self._paths.access_log, files=files, reopen=self._admin.reopen_logs)
        for log in (self._paths.envoy_log, self._paths.supervisor_log):
            if rotation.larger(log, size):
                rotation.copy_and_empty(log, files=files)

    def _note(
        self,
        *,
        envoy: Identity | None,
        problem: str = "",
        serving: bool = False,
        drained: bool | None = None,
    ) -> None:
        self._record = replace(
            self._record,
            envoy=envoy,
            problem=problem,
            serving=serving,
            drained=self._record.drained if drained is None else drained,
        )
        try:
            write_record(self._paths, self._record)
        except CannotWrite as error:
            say(str(error))


def say(text: str) -> None:
    """Write a line to the supervisor's log, which is its standard error."""
    moment = time.strftime("%Y-%m-%dT%H:%M:%S%z")
    sys.stderr.write(f"{moment} {text}\n")
    sys.stderr.flush()
