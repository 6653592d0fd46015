"""What goes on inside a running container: looked at, changed, proved, and let finish."""

import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import PurePosixPath

from aigw.clients.console import Console
from aigw.clients.containers import Attended, ContainerSeen
from aigw.engines import higress_account
from aigw.engines.higress_admin import Admin
from aigw.engines.higress_changes import Changes, clusters_of, providers_of
from aigw.engines.higress_container import CONSOLE, HTTP
from aigw.engines.higress_copies import OVERWRITTEN
from aigw.engines.higress_ending import INTERRUPTED, is_ending, note_ending
from aigw.engines.higress_live import Live, mend, remove, take_back, write
from aigw.engines.higress_plan import HigressPlan
from aigw.engines.higress_ready import Expected, Readiness
from aigw.engines.higress_refusals import Refusals
from aigw.engines.higress_signs import death, written
from aigw.engines.higress_store import Store
from aigw.engines.place import Place
from aigw.engines.seen import Trouble
from aigw.engines.voice import Voice
from aigw.errors import AigwError, LeftAlone, NotReady
from aigw.rendering.higress import ADMIN_FILE, BUILT_IN
from aigw.spec.gateway import GatewaySpec
from aigw.spec.secret import Secret
from aigw.state.files import private_folder
from aigw.state.paths import GatewayPaths

_POLL_SECONDS = 0.1
_BACK_SECONDS = 30.0
_CONSOLE_SECONDS = 3.0
_HEALTH_SECONDS = 5.0
_RESPAWN_SECONDS = 10.0
_LATE_SECONDS = 2.0

Adapt = Callable[[HigressPlan, str], HigressPlan]
"""Make a plan anew for a version of the plugins."""


class Inside:
    """The inside of one gateway's container."""

    def __init__(self, paths: GatewayPaths, docker: Attended, store: Store, voice: Voice) -> None:
        self._paths = paths
        self._docker = docker
        self._store = store
        self._voice = voice
        self._admin = Admin(docker, paths.name)
        self._refusals = Refusals(paths, docker, self._admin, store)

    def generation(self, container: ContainerSeen | None) -> str:
        """Return the generation that answers now; empty when nobody answers."""
        place = published(container, HTTP)
        if container is None or container.status != "running" or place is None:
            return ""
        return place.generation()

    def console(self, spec: GatewaySpec) -> Console:
        """Return its console; raises NotReady when nobody is its administrator."""
        account = higress_account.account(self._store.read((ADMIN_FILE,)))
        if account is None:
            raise NotReady(
                f"`{self._paths.higress / ADMIN_FILE}` names no administrator",
                hint="aigw restart",
            )
        listen = spec.listen
        return Console(listen.address, listen.console, user=account.name, password=account.password)

    def await_boot(self, plan: HigressPlan, adapt: Adapt, *, seconds: float) -> HigressPlan:
        """Wait until a container that was started is ready, and prove it.

        `adapt` makes the plan anew once it is known which version of the plugins is there; the one
        that serves in the end is returned.
        """
        expected = _expected(plan, seconds, refused=None)
        readiness = self._readiness(plan)
        readiness.await_parts(expected)
        first, plan = plan, adapt(plan, self._admin.plugin_version())
        self._put(plan)  # not `write`: what people had edited is kept already
        readiness.await_effect(expected)
        self._refusals.keep(readiness.refusals)
        if readiness.refusals and plan.plugins == first.plugins:  # else these were of a wrong guess
            which = ", ".join(sorted(readiness.refusals))
            self._voice.note(f"note: Envoy refused a plugin that is not ours; ours serve ({which})")
        return plan

    def rests(self, plan: HigressPlan) -> bool:
        """Say whether the console answers, and give what waited in it the time to be done."""
        if plan.container is None or _console_silent(plan.container):
            return False
        time.sleep(_LATE_SECONDS)
        return True

    def starts(self, plan: HigressPlan, *, seconds: float) -> bool:
        """Say whether a running container is starting still; False once its Envoy answers.

        `seconds` is what a boot may take. Raises LeftAlone where waiting would not help. An Envoy
        that starts resets connections until it serves: one that takes them and is silent hangs.
        """
        place = Place(address=plan.spec.listen.address, port=plan.spec.listen.http)
        age = plan.container.age(datetime.now(UTC)) if plan.container else 0.0
        deadline = time.monotonic() + _RESPAWN_SECONDS
        while not (answer := place.health(seconds=_HEALTH_SECONDS)).status:
            envoy = f"Envoy of gateway `{self._paths.name}`"
            if answer.silent:
                message = f"{envoy} hangs: it takes connections and does not answer"
                raise LeftAlone(message, hint="aigw restart")
            if age < seconds:
                return True
            if time.monotonic() > deadline:
                message = f"{envoy} does not answer, long after its container was started"
                raise LeftAlone(message, hint="aigw restart")
            time.sleep(_POLL_SECONDS)
        return False

    def change_at_boot(self, plan: HigressPlan, adapt: Adapt, *, seconds: float) -> HigressPlan:
        """Change one that is starting still, as `change` does: where it fails, all is as before."""
        try:
            self.write(plan)
            return self.await_boot(plan, adapt, seconds=seconds)
        except AigwError as error:
            self._take_back(plan, error)
            self._blame(plan, error)
            if isinstance(error, NotReady):
                raise LeftAlone(error.message, hint=error.hint, quoted=error.quoted) from error
            raise

    def write(self, plan: HigressPlan) -> None:
        """Write everything by file."""
        self._keep_edits(plan.changes)
        mend(self._store, plan.changes, step=self._voice.step)
        self._put(plan)

    def _put(self, plan: HigressPlan) -> None:
        write(self._store, plan.changes, step=self._voice.step)
        remove(self._store, plan.changes, step=self._voice.step)

    def change(self, plan: HigressPlan, *, seconds: float) -> None:
        """Change a running one and prove it; where it is refused, all is as before."""
        begun = time.monotonic()
        refused = self._admin.refusals()
        before = time.monotonic() - begun
        self._keep_edits(plan.changes)
        mend(self._store, plan.changes, step=self._voice.step)
        console, readiness = self.console(plan.spec), self._readiness(plan)
        live = Live(
            store=self._store,
            console=console,
            step=self._voice.step,
            by_console=plan.plugins == BUILT_IN,
        )
        try:
            live.bring_about(plan.changes, generation=plan.generation)
            written = time.monotonic()
            readiness.await_effect(_expected(plan, seconds, refused=refused))
        except AigwError as error:
            risen = self._refusals.since(refused)
            self._take_back(plan, error)
            self._refusals.forget(risen)
            self._blame(plan, error)
            raise
        effect = before + time.monotonic() - written
        self._voice.step(
            f"waited {console.waited:.3f} s for the console, {effect:.3f} for the effect"
        )
        self._refusals.keep(readiness.refusals)

    def troubles(self, container: ContainerSeen, serving: str) -> Iterator[Trouble]:
        """Yield what is wrong inside a container that runs and serves a generation, or none."""
        silent = _console_silent(container)
        if silent:
            yield Trouble(code="console_silent", message=silent, hint="aigw logs --engine")
        if (silent or not serving) and (found := death(container, self._docker)):
            yield Trouble(code="part_dead", message=found.problem, hint="aigw restart")
        with suppress(AigwError):
            if refused := self._refusals.still():
                message = f"Envoy refused what was changed last ({refused}) and serves what it had"
                yield Trouble(code="update_rejected", message=message, hint="aigw logs --engine")

    def drain(self, container: ContainerSeen, *, seconds: float) -> bool:
        """Take no more connections and wait for the requests that run; False when some are left."""
        if container.status != "running":
            return True
        note_ending(self._paths, container)
        deadline = time.monotonic() + seconds
        with suppress(AigwError):
            self._admin.drain()
            self._voice.step("no more requests are taken; waiting for those that run")
            while self._admin.unfinished():
                if time.monotonic() > deadline:
                    return False
                time.sleep(_POLL_SECONDS)
        return True

    def _readiness(self, plan: HigressPlan) -> Readiness:
        fresh = plan.cold or plan.makes or bool(plan.dead)
        return Readiness(
            self._paths,
            self._docker,
            self.console(plan.spec),
            waiting=self._voice.waiting,
            before=written(self._paths.part_logs) if fresh else {},
        )

    def dead(self, container: ContainerSeen | None, serving: str) -> str:
        """Say why a running container must be restarted; empty while it serves or may come up.

        `serving` is the generation that answers.
        """
        if container is None or container.status != "running":
            return ""
        if is_ending(self._paths, container):
            return INTERRUPTED
        if serving and not _console_silent(container):
            return ""
        found = death(container, self._docker)
        return found.problem if found is not None else ""

    def _take_back(self, plan: HigressPlan, error: AigwError) -> None:
        """Write what was there, and wait until it serves again."""
        take_back(self._store, plan.changes, step=self._voice.step)
        place = Place(address=plan.spec.listen.address, port=plan.spec.listen.http)
        deadline = time.monotonic() + _BACK_SECONDS
        while plan.serving and place.generation() != plan.serving:
            if time.monotonic() > deadline:
                error.message += "; and the old configuration does not serve again"
                error.hint = "aigw restart"
                return
            time.sleep(_POLL_SECONDS)

    def _blame(self, plan: HigressPlan, error: AigwError) -> None:
        """Name the file that somebody broke: one is enough for the console to refuse its kind."""
        for problem in self._store.broken():
            error.message += f"; `{problem.path}` is broken: {problem.message}"
            error.hint = self._store.mended(problem.path, plan.changes.wanted)
            return

    def _keep_edits(self, found: Changes) -> None:
        """Keep a copy of what somebody changed by hand and we are about to overwrite; say so."""
        for path in found.gone:
            self._voice.note(f"making {path} again, which was removed by hand")
        for path, words in found.broken.items():
            kept = self._kept(path)
            self._voice.note(f"making {path} again, which was broken by hand ({words}){kept}")
        for path in dict.fromkeys(edit.partition(": ")[0] for edit in found.edits):
            fields = [edit.removeprefix(f"{path}: ") for edit in found.edits if path in edit]
            kept = self._kept(path)
            self._voice.note(f"overwriting a change by hand in {path} ({', '.join(fields)}){kept}")

    def _kept(self, path: str) -> str:
        """Copy a file that is about to be overwritten, and say so."""
        folder = private_folder(self._paths.higress_run / OVERWRITTEN)
        copy = folder / path.replace("/", ".")
        return f"; as it was it is kept as `{copy}`" if self._store.copy(path, copy) else ""


def _console_silent(container: ContainerSeen) -> str:
    """Say why a container's console cannot be used; empty where it can, or is not to be had."""
    place = published(container, CONSOLE)
    if place is None:
        return ""
    asked = Console(
        place.address, place.port, user="", password=Secret(""), seconds=_CONSOLE_SECONDS
    )
    return asked.stands()


def published(container: ContainerSeen | None, inner: int) -> Place | None:
    """Say where a port of the inside is on this machine."""
    ports = container.ports if container else ()
    found = (one for one in ports if one.inner == f"{inner}/tcp")
    return next((Place(address=one.address, port=one.port) for one in found), None)


def _expected(plan: HigressPlan, seconds: float, *, refused: Mapping[str, int] | None) -> Expected:
    return Expected(
        spec=plan.spec,
        entries={
            name: entry
            for name, entry in providers_of(plan.changes.wanted).items()
            if plan.spec.provider(name)
        },
        generation=plan.generation,
        refused=refused,
        clusters=clusters_of(plan.changes.wanted),
        routes={
            PurePosixPath(path).stem: path in plan.changes.wanted
            for path in (*plan.changes.wanted, *plan.changes.removed)
            if path.startswith("ingresses/ai-route-")
        },
        deadline=time.monotonic() + seconds,
    )
