"""The images that a Docker engine keeps, and how it gets them."""

from collections.abc import Iterable, Iterator
from contextlib import closing, contextmanager

from docker.errors import NotFound

from aigw.clients import docker_seen
from aigw.clients.containers import ImageSeen
from aigw.clients.docker_api import Flavor, ping
from aigw.clients.docker_client import Api, Call, anonymously, api
from aigw.clients.docker_errors import SLOW, refusal, translated
from aigw.clients.docker_hosts import DockerHost
from aigw.clients.pulling import PullProgress, problem, progress
from aigw.clients.region import reachable
from aigw.clients.registries import Reference
from aigw.errors import DockerGone, DockerRefused, ImageMissing

_SILENCE_SECONDS = 60.0
_CALL_SECONDS = 60.0
_PING_SECONDS = 3.0


class ImageStore:
    """The images of one engine; see `Images` for what the methods raise.

    `silence` is for how many seconds the engine may say nothing while it pulls or loads.
    """

    def __init__(self, host: DockerHost, *, silence: float = _SILENCE_SECONDS) -> None:
        self._host = host
        self._silence = silence

    def image(self, name: str) -> ImageSeen | None:
        """Return an image by name, digest or id; None when it is not here."""
        with self._asking(f"looking at image {name}", _CALL_SECONDS) as engine:
            inspect: Call = engine.inspect_image
            try:
                return docker_seen.image_seen(inspect(name))
            except NotFound:
                return None

    def pull(self, reference: Reference) -> Iterator[PullProgress]:
        """Pull an image, step by step; what was finished stays when it is broken off."""
        doing, tag = f"pulling {reference}", reference.digest or reference.tag
        with self._asking(doing, self._silence) as engine:
            try:
                lines = anonymously(engine.pull, reference.name, tag=tag, stream=True, decode=True)
                yield from progress(_checked(lines, doing))
            except SLOW as error:
                self._refuse_dead(doing)
                words = f"nothing came for {self._silence:g} s"
                raise refusal(words, doing) from error

    def offered(self, reference: Reference, *, seconds: float) -> bool:
        """Say whether a registry has it, without pulling."""
        if self._host.flavor is Flavor.PODMAN:  # has no such question
            return bool(reference.host) and reachable(reference.host, seconds)
        return bool(self.served(reference, seconds=seconds))

    def served(self, reference: Reference, *, seconds: float) -> str:
        """Return the digest that a registry has for it now; empty when it does not say."""
        try:
            with self._asking(f"asking for {reference}", seconds) as engine:
                tree = anonymously(engine.inspect_distribution, str(reference))
        except (DockerRefused, DockerGone, ImageMissing):
            return ""
        match tree:
            case {"Descriptor": {"digest": str(digest)}}:
                return digest
            case _:
                return ""

    def load(self, archive: Iterable[bytes]) -> tuple[str, ...]:
        """Load an archive of `docker save`; returns the names or ids that the engine read in it."""
        doing = "loading an image archive"
        with self._asking(doing, self._silence) as engine:
            load: Call = engine.load_image
            lines = list(_checked(load(archive), doing))
        said = "".join(str(line.get("stream", "")) for line in lines if isinstance(line, dict))
        marked = [line for line in said.splitlines() if line.startswith("Loaded image")]
        return tuple(line.partition(": ")[2].strip() for line in marked)

    @contextmanager
    def _asking(self, doing: str, seconds: float) -> Iterator[Api]:
        """Connect for one call, which ends with the block: closing is what breaks off a pull."""
        with closing(api(self._host, seconds=seconds)) as engine, translated(self._host, doing):
            yield engine

    def _refuse_dead(self, doing: str) -> None:
        """Raise DockerGone when it is the engine that is silent, and not a registry."""
        with translated(self._host, doing):
            ping(self._host.url, self._host.tls, seconds=_PING_SECONDS)


def _checked(lines: Iterable[object], doing: str) -> Iterator[object]:
    """Raise the error that a line reports: the answer's status was sent before it happened."""
    for line in lines:
        if said := problem(line):
            raise refusal(said, doing)
        yield line
