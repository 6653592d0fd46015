"""The life of the container: made, started, replaced, brought back, removed."""

import os
from collections.abc import Callable, Mapping
from contextlib import suppress
from os import fspath
from pathlib import Path

from aigw.clients.containers import Attended, Containers, ContainerSeen
from aigw.engines.higress_container import (
    FOLDER,
    asides,
    binds,
    is_ours,
    keep_made_with,
    labelled,
)
from aigw.engines.higress_inside import Adapt, Inside
from aigw.engines.higress_live import take_back
from aigw.engines.higress_plan import HigressPlan
from aigw.engines.higress_store import Store
from aigw.engines.place import Place
from aigw.engines.voice import CUT, Voice
from aigw.errors import AigwError, CannotWrite, NotOurs, PortTaken
from aigw.spec.gateway import GatewaySpec
from aigw.state.files import private_folder
from aigw.state.paths import GatewayPaths

STOP_SECONDS = 10
_PROBE = ".aigw-probe"
_PORTS = {"http": "--http-port", "https": "--https-port", "console": "--console-port"}


class Boot:
    """The container of one gateway, from outside."""

    def __init__(
        self,
        paths: GatewayPaths,
        quick: Attended,
        docker: Callable[[], Containers],
        *,
        store: Store,
        inside: Inside,
        environ: Mapping[str, str],
        voice: Voice,
        drain_seconds: float,
    ) -> None:
        self._paths = paths
        self._quick = quick
        self._made = docker
        self._store = store
        self._inside = inside
        self._environ = environ
        self._voice = voice
        self._drain_seconds = drain_seconds
        self._before, self._failed = asides(paths)

    @property
    def _docker(self) -> Containers:
        return self._made()

    def prepare(self) -> None:
        """Make every folder that the container gets, ours and private."""
        self._store.prepare()
        for folder in (self._paths.higress_log.parent, self._paths.part_logs):
            private_folder(folder)
        private_folder(self._paths.higress_run)

    def begin(
        self, plan: HigressPlan, adapt: Adapt, *, seconds: float, retain: bool
    ) -> HigressPlan:
        """Write the store and start the container, a new one where it must be.

        It passes its proof, or what was there before comes back.
        """
        self.refuse_taken(plan.spec, but=plan.container)
        if plan.makes:
            self._refuse_strangers(plan, retain=retain)
            self._prove_folder(plan.image, selinux=plan.selinux)
        try:
            self.make_way(plan.container)
            self._inside.write(plan)
            self._start(plan)
            served = self._inside.await_boot(plan, adapt, seconds=seconds)
        except BaseException as error:
            self._bring_back(plan, error, retain=retain)
            raise
        if plan.makes:
            keep_made_with(self._paths, plan.arguments)
        self.forget_others()
        return served

    def wake(self, plan: HigressPlan) -> None:
        """Let a paused container go on."""
        if plan.container is not None and plan.container.status == "paused":
            self._docker.unpause(plan.container.id)

    def refuse_taken(self, spec: GatewaySpec, *, but: ContainerSeen | None = None) -> None:
        """Raise PortTaken when one of the ports is not free, saying who has it.

        Those that `but` publishes are ours already.
        """
        ours = {(one.address, one.port) for one in but.ports} if but and but.running else set()
        wanted = {getattr(spec.listen, name) for name in _PORTS}
        for name, option in _PORTS.items():
            place = Place(address=spec.listen.address, port=getattr(spec.listen, name))
            if (place.address, place.port) in ours:
                continue
            try:
                place.refuse_taken_naming(self._environ, avoiding=wanted)
            except PortTaken as error:
                hint = error.hint.replace("--http-port", option)
                raise PortTaken(error.message, hint=hint) from error

    def forget_others(self) -> None:
        """Remove the container that was there before, once it is not needed any more."""
        self._remove(self._before)

    def remove(self, image: str) -> tuple[str, ...]:
        """Remove every container of the gateway; its files become ours, by an image that is here.

        `image` is for where no container tells of one.
        """
        found = self._quick.containers(f"{FOLDER}={fspath(self._paths.folder)}")
        self._own_files(found[0].image if found else image)
        for container in found:
            self._docker.remove(container.id)
        self._docker.forget_abandoned()
        return tuple(f"container {container.name}" for container in found)

    def end(self, container: ContainerSeen | None, *, seconds: float) -> bool:
        """Let requests finish for so long, then stop it; False when one was cut.

        Who interrupts it does not wait for them: to take no more cannot be taken back.
        """
        if container is None or not container.running:
            return True
        try:
            whole = self._inside.drain(container, seconds=seconds)
        except BaseException as error:
            if isinstance(error, KeyboardInterrupt):
                self._voice.note(
                    "interrupted: it is stopped at once; requests that still ran were cut"
                )
            with suppress(AigwError):  # why it is stopped counts more
                self._docker.stop(container.id, seconds=STOP_SECONDS)
            raise
        self._docker.stop(container.id, seconds=STOP_SECONDS)
        return whole

    def make_way(self, container: ContainerSeen | None) -> None:
        """Stop it for what is started next, and say so when a request was cut."""
        if not self.end(container, seconds=self._drain_seconds):
            self._voice.note(CUT)

    def restore(self, plan: HigressPlan) -> None:
        """Give what was there before its name, and start it if it ran."""
        old = self._ours(plan.container.id if plan.container is not None else self._before)
        if old is None:
            return
        if old.name != self._paths.name:
            self._docker.rename(old.id, self._paths.name)
        if plan.container is not None and plan.container.running:
            self._docker.start(old.id)

    def _start(self, plan: HigressPlan) -> None:
        if plan.makes:
            if plan.container is not None:
                self._remove(self._before)
                self._docker.rename(plan.container.id, self._before)
            self._voice.step(f"create container {self._paths.name}")
            self._docker.create(plan.arguments)
        self._voice.step(f"start container {self._paths.name}")
        self._docker.start(self._paths.name)

    def _bring_back(self, plan: HigressPlan, error: BaseException, *, retain: bool) -> None:
        """End the container that failed, or keep it aside, and start the old one as it was.

        What goes wrong with that is added to the error's words.
        """
        try:
            with self._voice.waiting("bringing back what was there before"):
                self._put_aside(plan, error, retain=retain)
                take_back(self._store, plan.changes, step=self._voice.step)
                self.restore(plan)
        except AigwError as failed:
            if isinstance(error, AigwError):
                error.message += f"; and what was there before is not back: {failed.message}"

    def _put_aside(self, plan: HigressPlan, error: BaseException, *, retain: bool) -> None:
        """Stop the container that failed; remove it if it is new and nobody wants to see it."""
        failed = self._ours(self._paths.name)
        if failed is None:
            return
        new = plan.container is None or failed.id != plan.container.id
        if new and not retain:
            self._docker.remove(failed.id)  # at once: one that has just begun is deaf to a stop
            return
        with suppress(AigwError):
            self._docker.stop(failed.id, seconds=STOP_SECONDS)
        if not new:
            return
        self._remove(self._failed)
        self._docker.rename(failed.id, self._failed)
        if isinstance(error, AigwError):
            error.message += f"; it is kept as container `{self._failed}`"

    def _refuse_strangers(self, plan: HigressPlan, *, retain: bool) -> None:
        """Raise NotOurs where somebody else has a name that a container of ours will want."""
        wanted = (self._before,) if plan.container is not None else ()
        for name in (*wanted, *((self._failed,) if retain else ())):
            found = self._quick.container(name)
            if found is not None and not is_ours(found, self._paths):
                message = f"container `{name}` was not made by aigw; it is left alone"
                raise NotOurs(message, hint=f"docker rename {name} OTHER-NAME")

    def _ours(self, name: str) -> ContainerSeen | None:
        """Return the container of that name or id, if it is this gateway's."""
        found = self._quick.container(name)
        return found if found is not None and is_ours(found, self._paths) else None

    def _remove(self, name: str) -> None:
        container = self._ours(name)
        if container is not None:
            self._docker.remove(container.id)

    def _prove_folder(self, image: str, *, selinux: bool) -> None:
        """Raise CannotWrite where what a container writes into our folder does not come there.

        So it is with folders that a virtual machine does not share, and where root is remapped.
        """
        probe, folder = self._paths.higress / _PROBE, fspath(self._paths.higress)
        command = ("sh", "-c", f"cat /data/secrets/*.yaml >/dev/null 2>&1; : >/data/{_PROBE}")
        ran = self._docker.once(image, command, binds=labelled({folder: "/data"}, selinux=selinux))
        came = probe.exists()
        probe.unlink(missing_ok=True)
        if ran.code or not came:
            words = ran.err.decode("utf-8", errors="replace").strip()[:200]
            raise CannotWrite(
                f"a container cannot write to `{self._paths.higress}`"
                f"{f': {words}' if words else ', or it does not come to this machine'}",
                hint="aigw start --data-folder FOLDER-THAT-DOCKER-SHARES",
            )

    def _own_files(self, image: str) -> None:
        """Give us what the container's root made: folders of root's cannot be emptied by others."""
        targets = binds(self._paths)
        if not image or not any(map(_is_foreign, targets)):
            return
        owner = f"{os.geteuid()}:{os.getegid()}"
        with suppress(AigwError):
            mounted = labelled(targets, selinux=self._docker.info().selinux)
            self._docker.once(image, ("chown", "-R", owner, *targets.values()), binds=mounted)


def _is_foreign(folder: str) -> bool:
    """Say whether another user made a folder in it: what is in that we cannot remove."""
    here = os.geteuid()
    return any(
        Path(place, name).lstat().st_uid != here
        for place, names, _ in os.walk(folder)
        for name in names
    )
