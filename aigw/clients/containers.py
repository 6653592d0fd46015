"""What is seen of containers and done to them, whatever does it."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from itertools import chain
from typing import Any, Protocol

from msgspec import Struct

from aigw.clients.pulling import PullProgress
from aigw.clients.registries import Reference
from aigw.spec.secret import Secret


class Published(Struct, frozen=True, kw_only=True):
    """A port of a container that is open on the machine: `8080/tcp` at `127.0.0.1:80`."""

    inner: str
    address: str
    port: int


class Mounted(Struct, frozen=True, kw_only=True):
    """A folder of the machine, or a volume by its name, inside a container."""

    kind: str
    source: str
    target: str


class ContainerSeen(Struct, frozen=True, kw_only=True):
    """A container as the engine shows it; its environment is not here, for keys may be in it.

    `status` is `created`, `running`, `paused`, `restarting`, `exited` or `dead`. `image` is the
    image's id, `reference` the name it was made with. `started` is in UTC, None until then. `error`
    is why the engine could not start it.
    """

    id: str
    name: str
    status: str
    labels: Mapping[str, str]
    started: datetime | None
    image: str
    reference: str
    ports: tuple[Published, ...]
    mounts: tuple[Mounted, ...]
    restart_policy: str
    exit_code: int
    out_of_memory: bool
    error: str

    def age(self, now: datetime) -> float:
        """Return how many seconds ago it was started; 0 for one that was not."""
        return (now - self.started).total_seconds() if self.started else 0.0

    @property
    def running(self) -> bool:
        """Say whether its processes are there, paused or not."""
        return self.status in {"running", "paused"}


class DockerInfo(Struct, frozen=True, kw_only=True):
    """What an engine is: `vm` says that containers do not run under this machine's kernel.

    `selinux`: a bind mount must be labelled.
    """

    selinux: bool
    vm: bool
    cpus: int


class Ran(Struct, frozen=True, kw_only=True):
    """How a command inside a container ended."""

    code: int
    out: bytes
    err: bytes


class ImageSeen(Struct, frozen=True, kw_only=True):
    """An image that is here; `digests` (`NAME@sha256:...`) are those that registries served."""

    id: str
    tags: tuple[str, ...]
    digests: tuple[str, ...]

    def digest(self, name: str) -> str:
        """Return the digest it has at that repository, else at any, else its id."""
        own = (digest for digest in self.digests if digest.startswith(f"{name}@"))
        return next(chain(own, self.digests), self.id).rpartition("@")[2]

    def is_(self, digest: str) -> bool:
        """Say whether it is what that digest stands for."""
        return digest in {self.id, *(own.rpartition("@")[2] for own in self.digests)}


class ImagesHere(Protocol):
    """The images that an engine has; raises DockerGone or DockerRefused."""

    def image(self, name: str) -> ImageSeen | None:
        """Return an image by name, digest or id; None when it is not here."""


class Images(ImagesHere, Protocol):
    """The images of one engine; every method raises DockerGone, DockerRefused or DiskFull."""

    def pull(self, reference: Reference) -> Iterator[PullProgress]:
        """Pull an image, step by step; what was finished stays when it is broken off."""

    def offered(self, reference: Reference, *, seconds: float) -> bool:
        """Say whether a registry has it, without pulling."""

    def served(self, reference: Reference, *, seconds: float) -> str:
        """Return the digest that a registry has for it now; empty when it does not say."""

    def load(self, archive: Iterable[bytes]) -> tuple[str, ...]:
        """Load an archive of `docker save`; returns the names or ids of what was in it."""


class Attended(Protocol):
    """Containers that are looked at and asked; methods as those of `Containers`."""

    def container(self, name: str) -> ContainerSeen | None:
        """Look at one; None when there is none of exactly that name or id."""

    def containers(self, label: str) -> tuple[ContainerSeen, ...]:
        """Look at all that have a label, as `name` or `name=value`, running or not."""

    def run(self, name: str, command: Sequence[str], *, seconds: float = 30.0) -> Ran:
        """Run a command inside a running container."""

    def logs_tail(self, name: str, lines: int) -> str:
        """Return the last lines that it wrote to stdout and stderr."""


class Containers(Protocol):
    """The containers of one engine; every method raises DockerGone or DockerRefused.

    A container is named by name or id. Where it must be there, ContainerMissing says it is not.
    """

    def info(self) -> DockerInfo:
        """Say what engine it is."""

    def container(self, name: str) -> ContainerSeen | None:
        """Look at one; None when there is none of exactly that name or id."""

    def containers(self, label: str) -> tuple[ContainerSeen, ...]:
        """Look at all that have a label, as `name` or `name=value`, running or not."""

    def environment(self, name: str) -> Mapping[str, Secret]:
        """Return the environment it was made with, where keys may be."""

    def create(self, arguments: Mapping[str, Any]) -> str:
        """Make one, not started, and return its id; raises ContainerConflict for a taken name."""

    def start(self, name: str) -> None:
        """Start it; raises PortTaken when a port that it publishes is not free."""

    def stop(self, name: str, *, seconds: int) -> None:
        """Ask it to end, and end it after so many seconds; one that does not run is left so."""

    def unpause(self, name: str) -> None:
        """Let a paused one go on."""

    def remove(self, name: str) -> None:
        """Remove it, running or not; one that is not there is left so."""

    def rename(self, name: str, new: str) -> None:
        """Give it another name."""

    def set_restart_policy(self, name: str, policy: str) -> None:
        """Say when the engine starts it by itself: `no`, `always`, `unless-stopped`."""

    def logs_tail(self, name: str, lines: int) -> str:
        """Return the last lines that it wrote to stdout and stderr."""

    def run(
        self,
        name: str,
        command: Sequence[str],
        *,
        stdin: bytes = b"",
        seconds: float = 30.0,
        user: str = "",
    ) -> Ran:
        """Run a command inside a running container. Keys go in by `stdin`, never in `command`."""

    def once(
        self,
        image: str,
        command: Sequence[str],
        *,
        binds: Mapping[str, str] | None = None,
        user: str = "",
        seconds: float = 60.0,
    ) -> Ran:
        """Run a command in a container without network that is removed afterwards.

        `binds` maps folders of the machine to `/target` or `/target:ro`.
        """

    def copy_out(self, name: str, path: str) -> Mapping[str, bytes]:
        """Return the files below a path of a container, by their names relative to it."""

    def copy_from_image(self, image: str, path: str) -> Mapping[str, bytes]:
        """Return the files below a path of an image, nothing of which is run."""

    def forget_abandoned(self) -> None:
        """Remove what killed commands of ours had made for one use; nobody's who is alive."""
