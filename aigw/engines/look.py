"""One look at what runs of a gateway."""

from msgspec import Struct

from aigw.clients import process
from aigw.clients.envoy_admin import EnvoyAdmin
from aigw.clients.process import Identity
from aigw.engines import one_envoy
from aigw.engines.place import Place, place
from aigw.engines.record import Record, living_supervisor, read_record
from aigw.engines.seen import Seen, State, Trouble
from aigw.errors import NotReady
from aigw.state.paths import GatewayPaths


class Facts(Struct, frozen=True, kw_only=True):
    """What runs: None and empty for what does not.

    `generation` is the one that answered just now, `place` where the files on disk say that it
    listens, `uptime_seconds` of Envoy; `sockets` says that those of what runs are in their folder.
    """

    supervisor: Identity | None
    envoy: Identity | None
    record: Record | None
    place: Place | None
    listening: bool
    generation: str
    uptime_seconds: int
    sockets: bool

    @property
    def state(self) -> State:
        """Say how it is, all in all."""
        if self.supervisor is None and self.envoy is None:
            return State.STOPPED
        return State.DEGRADED if self.troubles else State.RUNNING

    @property
    def pid(self) -> int:
        """The process to name to a person: the supervisor, else Envoy, else 0."""
        process_ = self.supervisor or self.envoy
        return process_.pid if process_ else 0

    @property
    def troubles(self) -> tuple[Trouble, ...]:
        """Say all that is wrong with what runs."""
        found = []
        if self.supervisor is None and self.envoy is not None:
            message = "the supervisor is gone; Envoy serves on, but nobody would restart it"
            found.append(Trouble(code="supervisor_gone", message=message, hint="aigw start"))
        if self.supervisor is not None and self.envoy is None:
            why = self.record.problem if self.record and self.record.problem else "it is starting"
            message = f"Envoy does not run: {why}"
            found.append(Trouble(code="envoy_gone", message=message, hint="aigw logs --engine"))
        if not self.sockets:
            message = "the folder of its sockets was emptied: commands or Envoy do not find them"
            found.append(Trouble(code="sockets_gone", message=message, hint="aigw restart"))
        elif self.envoy is not None and not self.listening:
            message = f"Envoy runs, but does not listen on `{self.place}`"
            found.append(Trouble(code="not_listening", message=message, hint="aigw restart"))
        elif self.envoy is not None and not self.generation:
            message = f"`{self.place}` does not answer GET /health"
            found.append(Trouble(code="not_answering", message=message, hint="aigw restart"))
        return tuple(found)

    def seen(self) -> Seen:
        """Say it as a person is told."""
        serving = self.envoy is not None and self.place is not None
        return Seen(
            state=self.state,
            generation=self.generation,
            address=self.place.address if serving and self.place else "",
            port=self.place.port if serving and self.place else 0,
            pid=self.pid,
            container="",
            uptime_seconds=self.uptime_seconds if self.envoy else None,
            troubles=self.troubles,
        )


def look(paths: GatewayPaths) -> Facts:
    """Look once."""
    record = living_supervisor(paths) or read_record(paths)
    envoy, where = one_envoy.living(paths), place(paths)
    listening, uptime = _ask(paths) if envoy else (False, 0)
    supervisor = record.supervisor if record and process.alive(record.supervisor) else None
    demo, admin = paths.demo_socket.is_socket(), paths.admin_socket.is_socket()
    return Facts(
        supervisor=supervisor,
        envoy=envoy,
        record=record,
        place=where,
        listening=listening,
        generation=where.generation() if listening and where else "",
        uptime_seconds=uptime,
        sockets=(demo or supervisor is None) and (admin or not _served(envoy, record)),
    )


def _served(envoy: Identity | None, record: Record | None) -> bool:
    """Say whether the supervisor has seen this Envoy serve, and so its socket."""
    return envoy is not None and record is not None and record.envoy == envoy and record.serving


def _ask(paths: GatewayPaths) -> tuple[bool, int]:
    admin = EnvoyAdmin(paths.admin_socket)
    try:
        return admin.listeners().active > 0, admin.uptime()
    except NotReady:
        return False, 0
