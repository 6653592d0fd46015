"""The Higress engine: one container, configured by its file store and its console."""

from collections.abc import Callable, Collection, Mapping, Sequence
from contextlib import suppress
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

from aigw.clients.docker_hosts import DockerHost, find
from aigw.clients.docker_quick import QuickDocker
from aigw.engines.higress_boot import Boot
from aigw.engines.higress_changes import (
    forget_everywhere,
    keep_applied,
)
from aigw.engines.higress_container import (
    containers_of,
    is_ours,
    made_place,
    renamed,
)
from aigw.engines.higress_image import GatewayImage
from aigw.engines.higress_inside import Inside
from aigw.engines.higress_live import is_back
from aigw.engines.higress_look import look, unreachable
from aigw.engines.higress_notes import tell
from aigw.engines.higress_plan import HigressPlan
from aigw.engines.higress_planning import Planning
from aigw.engines.higress_store import Store
from aigw.engines.higress_unfinished import Unfinished
from aigw.engines.means import Means
from aigw.engines.seen import Seen
from aigw.engines.voice import Voice
from aigw.errors import (
    AigwError,
    BadUsage,
    DockerGone,
    DockerMissing,
    OutcomeUnknown,
)
from aigw.rendering.higress import Resources
from aigw.spec.gateway import GatewaySpec
from aigw.spec.secret import Secret
from aigw.state.paths import GatewayPaths
from aigw.state.secrets import KeyRing, salt

if TYPE_CHECKING:  # slow to import
    from aigw.clients.docker import Docker

START_SECONDS = 180.0
DRAIN_SECONDS = 30.0


class HigressEngine:
    """The engine of one gateway. Who calls anything but `seen` and `plan` holds its lock."""

    def __init__(
        self,
        paths: GatewayPaths,
        *,
        environ: Mapping[str, str],
        zone: Callable[[], str],
        voice: Voice,
        means: Means,
        drain_seconds: float = DRAIN_SECONDS,
    ) -> None:
        self._paths = paths
        self._environ = environ
        self._zone = zone
        self._voice = voice
        self._means = means
        self._drain_seconds = drain_seconds
        self._fetched = False
        self._store = Store(paths.higress)
        self._unfinished = Unfinished(paths.higress_run)

    @cached_property
    def _host(self) -> DockerHost:
        return find(self._environ, Path.home())

    @cached_property
    def _quick(self) -> QuickDocker:
        return QuickDocker(self._host)

    @cached_property
    def _docker(self) -> "Docker":
        from aigw.clients.docker import Docker  # late: most changes do without the SDK

        return Docker(self._host)

    @cached_property
    def _image(self) -> GatewayImage:
        return GatewayImage(
            self._paths, self._quick, lambda: self._docker, zone=self._zone, voice=self._voice
        )

    @cached_property
    def _inside(self) -> Inside:
        return Inside(self._paths, self._quick, self._store, self._voice)

    @property
    def _seconds(self) -> float:
        return self._means.seconds or START_SECONDS

    def seen(self) -> Seen:
        """Say what runs."""
        try:
            return look(self._paths, self._quick, self._inside)
        except (DockerMissing, DockerGone) as error:
            return unreachable(self._paths, error)

    def runs(self) -> bool:
        """Say whether the container runs: as Docker tells, or as it answers without Docker."""
        try:
            container = self._quick.container(self._paths.name) or renamed(self._quick, self._paths)
        except (DockerMissing, DockerGone) as error:
            place = made_place(self._paths)
            if place and place.generation():
                return True
            self._voice.note(
                f"{error.message}; what changes is kept, and counts from `aigw start` on"
            )
            return False
        return container is not None and is_ours(container, self._paths) and container.running

    def plan(self, spec: GatewaySpec, /, *, ring: KeyRing | None = None) -> HigressPlan:
        """Say what is missing; raises SpecInvalid, BadUsage, NotOurs, DockerMissing."""
        return self._planning.plan(spec, ring=ring)

    def prepare(self, plan: HigressPlan, /) -> None:
        """Have the image here; raises ImageMissing."""
        self._prepared(plan, again=True)
        self._fetched = True

    def apply(self, plan: HigressPlan, /) -> None:
        """Bring it about, and prove it by a request through every provider.

        Raises ImageMissing, PortTaken, NotReady, EngineRefused, DockerGone; what served before
        serves on, or again.
        """
        self._bring_about(self._prepared(plan, again=plan.cold))

    def _bring_about(self, plan: HigressPlan) -> None:
        tell(plan, self._voice, machine=self._planning.machine, host=self._host)
        before = self._unfinished.attempts()
        over = plan.cold or not before  # a console that is stopped does nothing later
        if not over and not plan.dead and self._inside.rests(plan):
            plan, over = self.plan(plan.spec, ring=plan.given), True
        if not plan.in_sync:
            plan = self._attempted(plan, before)
        self._boot.forget_others()
        keep_applied(self._paths.higress_run, plan.rendered)
        self._unfinished.keep(() if over else before)

    def _attempted(self, plan: HigressPlan, before: Sequence[Resources]) -> HigressPlan:
        """Bring it about, and remember meanwhile that it may be half done."""
        self._unfinished.keep((*before, plan.rendered))
        try:
            if plan.cold or plan.makes or plan.dead:
                self._store.refuse_broken(plan.changes.wanted, but=plan.changes.broken)
                return self._boot.begin(
                    plan, self._planning.adapted, seconds=self._seconds, retain=self._means.retain
                )
            return self._go_on(plan)
        except AigwError as error:
            if not isinstance(error, OutcomeUnknown) and is_back(self._store, plan.changes):
                self._unfinished.keep(before)
            raise

    def restart(self, plan: HigressPlan, /) -> None:
        """Stop it and start it again as planned; who interrupts that has it start as it was."""
        plan = self._prepared(plan, again=True)  # while the old one serves: it may fail
        self._store.refuse_broken(plan.changes.wanted, but=plan.changes.broken)
        try:
            self._boot.make_way(plan.container)
            self._bring_about(self.plan(plan.spec, ring=plan.given))
        except KeyboardInterrupt:
            self._boot.restore(plan)
            raise

    def refuse_taken(self, spec: GatewaySpec, /) -> None:
        """Raise PortTaken when it could not be started, before a person is asked for the rest."""
        container = self._quick.container(self._paths.name)
        if container is None or not container.running:
            self._boot.refuse_taken(spec)

    def refuse_needed(self, going: Collection[str], /) -> None:
        """Raise BadUsage when a route that a person made leads to one of these providers."""
        if going:
            from aigw.engines.higress_needed import refuse_needed  # late, for most changes

            refuse_needed(self._paths, self._store, going, runs=self.runs)

    def supervise(self, _: HigressPlan, /) -> NoReturn:
        """Refuse: Docker is what keeps a container running."""
        raise BadUsage(
            "--foreground is for the embedded engine; Docker keeps a container running",
            hint="aigw start",
        )

    def stop(self, *, seconds: float) -> bool:
        """Let requests finish for so long, then stop the container; False when one was cut."""
        container = self._quick.container(self._paths.name) or renamed(self._quick, self._paths)
        if container is None or not is_ours(container, self._paths):
            return True
        return self._boot.end(container, seconds=seconds)

    def forget(self, keys: Collection[Secret], /) -> None:
        """Cut keys out of a store that no container has open, as far as that is known."""
        with suppress(DockerMissing, DockerGone):
            if not any(one.running for one in containers_of(self._quick, self._paths)):
                forget_everywhere(self._paths.higress_run, self._store, keys)
                self._unfinished.forget(keys)

    def remove(self) -> tuple[str, ...]:
        """Remove every container of the gateway; what they wrote is ours from then on."""
        known = self._image.known
        return self._boot.remove(known.id if known else "")

    @cached_property
    def _planning(self) -> Planning:
        return Planning(
            self._paths,
            self._quick,
            image=self._image,
            inside=self._inside,
            store=self._store,
            unfinished=self._unfinished,
            means=self._means,
            environ=self._environ,
            refuse_needed=self.refuse_needed,
        )

    @cached_property
    def _boot(self) -> Boot:
        return Boot(
            self._paths,
            self._quick,
            lambda: self._docker,
            store=self._store,
            inside=self._inside,
            environ=self._environ,
            voice=self._voice,
            drain_seconds=self._drain_seconds,
        )

    def _prepared(self, plan: HigressPlan, *, again: bool) -> HigressPlan:
        """Make the folders, have the image, and look again where that brought something new.

        With `again` the image is had as at a new start, by its policy.
        """
        had_salt = self._paths.salt.exists()
        self._paths.prepare()
        self._boot.prepare()
        if not had_salt:
            salt(self._paths.salt)
        again = again and not self._fetched
        fetches = (self._means.pulls or self._means.archive) and not self._fetched
        if again or plan.makes or not plan.image or fetches:
            with self._voice.waiting("getting the image"):
                image = self._image.have(
                    plan.spec.image,
                    archive=self._means.archive,
                    again=again or bool(fetches),
                )
            if had_salt and image == plan.image:
                return plan
        elif had_salt:
            return plan
        return self.plan(plan.spec, ring=plan.given)

    def _go_on(self, plan: HigressPlan) -> HigressPlan:
        """Change a container that runs; one that does not answer may be starting still."""
        self._boot.wake(plan)
        if not plan.serving:
            boot = max(self._seconds, START_SECONDS)
            if self._inside.starts(plan, seconds=boot):
                return self._inside.change_at_boot(
                    plan, self._planning.adapted, seconds=self._seconds
                )
            plan = self.plan(plan.spec, ring=plan.given)
        self._inside.change(plan, seconds=self._seconds)
        return plan
