"""The container of an old installation: found, put aside, and brought back."""

import os
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from msgspec import Struct

from aigw.engines.higress_container import FOLDER
from aigw.errors import BadUsage, DockerMissing, NotOurs
from aigw.operations.world import DEFAULT_GATEWAY, World
from aigw.spec.image import Image
from aigw.spec.legacy_env import EnvFile
from aigw.spec.legacy_keys import of_the_script
from aigw.spec.secret import Secret
from aigw.state.import_journal import ContainerBefore

if TYPE_CHECKING:  # slow to import, and needed only where Docker answers
    from aigw.clients.containers import ContainerSeen

DATA = "/data"
MACHINES = ("/host_mnt", "/run/desktop/mnt/host")
USUAL_IMAGE, USUAL_HOSTS, USUAL_TAG = "higress/all-in-one", ".cr.aliyuncs.com", "latest"
STOP_SECONDS = 30
NEVER = "no"
UNKNOWN = "Docker does not answer: whether the old container runs is not known"


class OldContainers(Protocol):
    """The containers of one Docker engine, as far as an import needs them."""

    def container(self, name: str) -> "ContainerSeen | None":
        """Look at one by name or id; None when there is none."""

    def mounting(self, target: str) -> "tuple[ContainerSeen, ...]":
        """Look at all that have something mounted there, running or not."""

    def environment(self, name: str) -> Mapping[str, Secret]:
        """Return the variables that it was made with."""

    def copy_out(self, name: str, path: str) -> Mapping[str, bytes]:
        """Return the files below a path of it, by their names relative to it."""

    def start(self, name: str) -> None:
        """Start it."""

    def stop(self, name: str, *, seconds: int) -> None:
        """Ask it to end, and end it after so many seconds."""

    def rename(self, name: str, new: str) -> None:
        """Give it another name."""

    def set_restart_policy(self, name: str, policy: str) -> None:
        """Say when Docker starts it by itself: `no`, `always`, `unless-stopped`, `on-failure`."""


Docker = Callable[[], OldContainers]
"""Returns the containers of this machine's Docker; raises DockerMissing where none answers."""


class Looked(Struct, frozen=True, kw_only=True):
    """The container that serves a folder, or None, and what the person should know about that."""

    container: "ContainerSeen | None" = None
    notes: tuple[str, ...] = ()


def look_for(docker: Docker, folder: Path, name: str) -> Looked:
    """Look for the container that serves the folder; without a `name` it is whatever its name is.

    Raises BadUsage when one that was named is not there, and NotOurs when it serves another folder.
    """
    try:
        found = docker().container(name or DEFAULT_GATEWAY)
        if not name and (found is None or _other(found, folder)):
            serving = (one for one in docker().mounting(DATA) if not _other(one, folder))
            found = next(serving, found)
    except DockerMissing:
        if name:
            raise
        return Looked(notes=(UNKNOWN,))
    if found is None and name:
        raise BadUsage(f"there is no container `{name}`", hint="docker ps -a")
    other = _other(found, folder) if found is not None else ""
    if other and name:
        raise NotOurs(other)
    ours = found is not None and FOLDER in found.labels
    return Looked(
        container=None if other or ours else found, notes=(other,) if other and not ours else ()
    )


def find_again(docker: Docker, was: ContainerBefore) -> "ContainerSeen | None":
    """Return the container that an import had begun with; None where it is gone, or no Docker."""
    try:
        return docker().container(was.id)
    except DockerMissing:
        return None


def put_aside(docker: Docker, was: ContainerBefore) -> None:
    """Stop the container for good and take its name from it; nothing of it is removed."""
    containers = docker()
    found = containers.container(was.id)
    if found is None:
        return
    containers.set_restart_policy(was.id, NEVER)
    containers.stop(was.id, seconds=STOP_SECONDS)
    if found.name != was.aside:
        containers.rename(was.id, was.aside)


def bring_back(world: World, docker: Docker, was: ContainerBefore) -> bool:
    """Give the container back its name and its life; says whether it is there at all."""
    containers = docker()
    found = containers.container(was.id)
    if found is None:
        world.note(f"container `{was.name}` is gone; the script's `start` makes it again")
        return False
    if found.name != was.name:
        containers.rename(was.id, was.name)
    containers.set_restart_policy(was.id, was.restart)
    if was.ran and not found.running:
        containers.start(was.id)
    return True


def as_it_was(found: "ContainerSeen") -> ContainerBefore:
    """Remember a container."""
    return ContainerBefore(
        id=found.id,
        name=found.name,
        aside=f"{found.name}-before-aigw",
        restart=found.restart_policy,
        ran=found.running or found.status == "restarting",
    )


def published(found: "ContainerSeen | None") -> dict[int, int]:
    """Return the port on the machine for each port inside."""
    ports = found.ports if found is not None else ()
    pairs = ((one.inner.partition("/"), one.port) for one in ports)
    return {int(inner): port for (inner, _, kind), port in pairs if kind in {"", "tcp"} and port}


def files(docker: Docker, found: "ContainerSeen", kinds: Iterable[str]) -> Mapping[str, bytes]:
    """Return the files of some folders, as the container's root sees them: some are his alone."""
    return {
        f"{kind}/{name}": content
        for kind in kinds
        for name, content in docker().copy_out(found.id, f"{DATA}/{kind}").items()
    }


def environment(docker: Docker, found: "ContainerSeen") -> EnvFile:
    """Return what `default.cfg` said when a container was made; the image's own are left out."""
    given = docker().environment(found.id)
    return EnvFile(
        values={name: value.reveal() for name, value in given.items() if of_the_script(name)}
    )


def image(found: "ContainerSeen | None") -> Image:
    """Return the image where it is another than we take ourselves."""
    reference = found.reference if found is not None else ""
    if not reference or "@" in reference or reference.startswith("sha256:"):
        return Image()
    repository, _, tag = reference.rpartition(":")
    if not repository or "/" in tag:
        repository, tag = reference, ""
    host, _, rest = repository.partition("/")
    usual = rest == USUAL_IMAGE and host.endswith(USUAL_HOSTS)
    return Image(
        repository="" if usual or repository == USUAL_IMAGE else repository,
        tag="" if tag == USUAL_TAG else tag,
    )


def _without_machine(source: str) -> str:
    """Return a folder's own name: Docker Desktop's machine has it mounted below another."""
    return next(
        (source.removeprefix(one) for one in MACHINES if source.startswith(f"{one}/")), source
    )


def _other(found: "ContainerSeen", folder: Path) -> str:
    """Say that a container does not serve the folder; empty where it does."""
    if FOLDER in found.labels:
        return f"container `{found.name}` is one of aigw's own"
    sources = [mount.source for mount in found.mounts if mount.target == DATA]
    if any(os.path.realpath(_without_machine(one)) == str(folder) for one in sources):
        return ""
    where = f"`{sources[0]}`" if sources else "no folder"
    return f"container `{found.name}` serves {where}, not `{folder}`; it is left alone"
