"""The image of one gateway: found, pulled or loaded, remembered, and what it brings along."""

from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

from msgspec import Struct, json
from msgspec.structs import asdict, replace

from aigw.clients.docker_images import ImageThere, ensure, here, load_archive
from aigw.clients.docker_quick import QuickDocker
from aigw.clients.registries import wanted
from aigw.engines.plan import Step
from aigw.engines.voice import Voice
from aigw.errors import DockerRefused, EngineRefused
from aigw.rendering.higress import Resources
from aigw.rendering.higress_defaults import default_files
from aigw.rendering.store_yaml import load
from aigw.spec.image import Image, Pull
from aigw.spec.secret import Secret
from aigw.state.files import private_folder, write_atomically
from aigw.state.paths import GatewayPaths

if TYPE_CHECKING:  # slow to import
    from aigw.clients.docker import Docker

DEFAULTS = "/opt/data/defaultConfig"
"""Where the image has the files that it puts into an empty store."""

_OTHER_IMAGE = "aigw start --image-repo higress/all-in-one"


class Known(Struct, frozen=True, kw_only=True):
    """What is known of the image: which was asked for, its id, name and digest, its plugins.

    `plugins` is the version that its plugin server has; empty while nobody asked it.
    """

    asked: Mapping[str, str]
    id: str
    reference: str
    digest: str
    plugins: str = ""


class GatewayImage:
    """The image of one gateway."""

    def __init__(
        self,
        paths: GatewayPaths,
        quick: QuickDocker,
        docker: Callable[[], "Docker"],
        *,
        zone: Callable[[], str],
        voice: Voice,
    ) -> None:
        self._paths = paths
        self._quick = quick
        self._docker = docker
        self._zone = zone
        self._voice = voice

    @property
    def known(self) -> Known | None:
        """Return what is remembered; None for nothing."""
        with suppress(OSError, ValueError):
            return json.decode(self._file("image.json").read_bytes(), type=Known)
        return None

    def here(self, image: Image) -> str:
        """Return the id of the image where it is here, and need not be pulled; empty otherwise."""
        known = self.known
        if known is not None and known.asked == _asked(image) and self._quick.image(known.id):
            return known.id
        if image.pull is Pull.ALWAYS:
            return ""
        found = here(self._quick, wanted(self._pinned(image), self._zone()))
        return found.id if found else ""

    def step(self, image: Image, archive: Path | None) -> Step:
        """Say how an image comes here that is not, or that it does not."""
        asked = wanted(self._pinned(image), self._zone())
        if archive is not None:
            return Step(action="load", what=f"image {asked.references[0]} from {archive}")
        if image.pull is Pull.NEVER:
            name = f"image {asked.references[0]}"
            return Step(action="fail", what=f"for want of {name}, which is not to be pulled")
        return Step(action="pull", what=f"image {asked}")

    def have(self, image: Image, *, archive: Path | None, again: bool) -> str:
        """Have the image here and return its id; with `again` its policy `always` counts.

        Raises ImageMissing, ImageChanged, DiskFull.
        """
        here = "" if again and image.pull is Pull.ALWAYS else self.here(image)
        known = self.known
        if here and known is not None and known.id == here and archive is None:
            return here
        asked = wanted(self._pinned(image), self._zone())
        if archive is not None:
            found = load_archive(self._docker().images, archive, asked)
        else:
            found = ensure(
                self._docker().images, asked, watch=self._voice.pulls, note=self._voice.note
            )
        self._remember(image, found)
        return found.id

    def note_plugins(self, version: str) -> None:
        """Remember which version the plugin server of the image has."""
        known = self.known
        if known is not None and known.plugins != version:
            self._write("image.json", replace(known, plugins=version))

    def defaults(self, image: str) -> Resources:
        """Return the files that the image puts into an empty store; raises EngineRefused."""
        found = self._defaults(image)
        try:
            default_files(found, (), password=Secret(""))
        except (LookupError, TypeError, ValueError, AttributeError) as error:
            message = f"image {self._name(image)} brings other default files than Higress'"
            raise EngineRefused(message, hint=_OTHER_IMAGE) from error
        return found

    def _defaults(self, image: str) -> Resources:
        file = self._file(f"defaults-{image.removeprefix('sha256:')[:12]}.json")
        with suppress(OSError, ValueError):
            return json.decode(file.read_bytes(), type=Resources)
        try:
            found = _parsed(self._docker().copy_from_image(image, DEFAULTS))
        except DockerRefused as error:
            if DEFAULTS not in error.reason:
                raise
            message = f"image {self._name(image)} is not Higress' all-in-one: it has no"
            raise EngineRefused(f"{message} `{DEFAULTS}`", hint=_OTHER_IMAGE) from error
        if file.parent.is_dir():
            self._write(file.name, found)
        return found

    def _name(self, image: str) -> str:
        known = self.known
        return known.reference if known is not None and known.id == image else image

    def _pinned(self, image: Image) -> Image:
        """Pin the digest that was had first: a tag that moves is no reason for another image."""
        known = self.known
        if known is None or image.pull is Pull.ALWAYS or known.asked != _asked(image):
            return image
        return replace(image, digest=image.digest or known.digest)

    def _remember(self, image: Image, found: ImageThere) -> None:
        private_folder(self._paths.higress_run)
        known = Known(
            asked=_asked(image), id=found.id, reference=found.reference, digest=found.digest
        )
        if self.known != known:
            self._write("image.json", known)

    def _file(self, name: str) -> Path:
        return self._paths.higress_run / name

    def _write(self, name: str, tree: Any) -> None:  # noqa: ANN401 - any JSON
        write_atomically(self._file(name), json.encode(tree).decode())


def _asked(image: Image) -> dict[str, str]:
    return {key: str(value) for key, value in asdict(image).items() if key != "pull"}


def _parsed(files: Mapping[str, bytes]) -> Resources:
    found = {}
    for name, content in files.items():
        if name.endswith(".yaml"):
            with suppress(ValueError):
                found[name.removeprefix("./")] = load(content.decode("utf-8", errors="replace"))
    return found
