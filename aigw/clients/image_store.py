"""The images that a Docker engine keeps, and how it gets them."""

from collections.abc import Generator, Iterable, Iterator, Sequence
from contextlib import closing, contextmanager, suppress
from functools import partial

from docker.errors import NotFound

from aigw.clients import docker_seen
from aigw.clients.containers import ImageSeen
from aigw.clients.docker_api import Flavor, ping
from aigw.clients.docker_client import Api, Call, anonymously, api
from aigw.clients.docker_errors import limited, translated
from aigw.clients.docker_hosts import DockerHost
from aigw.clients.docker_refusals import refusal
from aigw.clients.kept_layers import keeping
from aigw.clients.pulling import PullProgress, problem, progress
from aigw.clients.region import reachable
from aigw.clients.registries import Reference
from aigw.clients.registry_api import Layer, layers
from aigw.errors import AigwError, DockerGone, DockerRefused, ImageMissing

_SILENCE_SECONDS = 60.0
_CALL_SECONDS = 60.0
_DIGEST = "sha256:"
_PING_SECONDS = 3.0
_PATIENCE_SECONDS = 3.0


class ImageStore:
    """The images of one engine; see `Images` for what the methods raise.

    `silence` is for how many seconds the engine may say nothing while it pulls or loads, and
    `patience` after how many the finished layers of a pull are kept.
    """

    def __init__(
        self,
        host: DockerHost,
        *,
        silence: float = _SILENCE_SECONDS,
        patience: float = _PATIENCE_SECONDS,
    ) -> None:
        self._host = host
        self._silence = silence
        self._patience = patience

    def image(self, name: str) -> ImageSeen | None:
        """Return an image by name, digest or id; None when it is not here."""
        with self._asking(f"looking at image {name}", _CALL_SECONDS) as engine:
            inspect: Call = engine.inspect_image
            try:
                return docker_seen.image_seen(inspect(name))
            except NotFound:
                return None

    def pull(self, reference: Reference) -> Generator[PullProgress, None, None]:
        """Pull an image, step by step; what was finished stays when it is broken off."""
        doing, tag = f"pulling {reference}", reference.digest or reference.tag
        late = limited(lambda: self._silent(doing))
        with self._asking(doing, self._silence) as engine, late:
            lines = anonymously(engine.pull, reference.name, tag=tag, stream=True, decode=True)
            yield from progress(self._keeping(reference, _checked(lines, doing)))

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
            lines = list(_checked(load(iter(archive)), doing))
        said = "".join(str(line.get("stream", "")) for line in lines if isinstance(line, dict))
        marked = [line for line in said.splitlines() if line.startswith("Loaded image")]
        return tuple(line.partition(": ")[2].strip() for line in marked)

    def forget(self, name: str) -> None:
        """Remove an image, or all of a repository; one that is not there is left so."""
        with self._asking(f"removing image {name}", _CALL_SECONDS) as engine:
            names = [name] if name.startswith(_DIGEST) else _tags(engine, name)
            for one in names:
                with suppress(NotFound):
                    engine.remove_image(one)

    def _keeping(self, reference: Reference, lines: Iterator[object]) -> Iterator[object]:
        if self._host.flavor is Flavor.PODMAN:
            return lines
        return keeping(lines, self, partial(self._layers, reference), patience=self._patience)

    def _layers(self, reference: Reference) -> Sequence[Layer]:
        with self._asking("asking what it is", _CALL_SECONDS) as engine:
            architecture = engine.version()["Arch"]
        return layers(reference, architecture)

    @contextmanager
    def _asking(self, doing: str, seconds: float) -> Iterator[Api]:
        """Connect for one call, which ends with the block: closing is what breaks off a pull."""
        with closing(api(self._host, seconds=seconds)) as engine, translated(self._host, doing):
            yield engine

    def _silent(self, doing: str) -> AigwError:
        """Say that a registry sends nothing; raises DockerGone when it is the engine."""
        with translated(self._host, doing):
            ping(self._host.url, self._host.tls, seconds=_PING_SECONDS)
        return refusal(f"nothing came for {self._silence:g} s", doing)


def _checked(lines: Iterable[object], doing: str) -> Iterator[object]:
    """Raise the error that a line reports: the answer's status was sent before it happened."""
    for line in lines:
        if said := problem(line):
            raise refusal(said, doing)
        yield line


def _tags(engine: Api, repository: str) -> list[str]:
    found = engine.images(name=repository)
    return [tag for image in found for tag in image["RepoTags"] or ()]
