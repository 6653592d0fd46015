"""Keep the finished layers of a pull that may be broken off.

Docker forgets them with the pull (moby, distribution/xfer: "If all transfer watchers are gone,
release the layer"), until its containerd store. So an image is made of those that are finished: an
archive without layers, which Docker takes from its own store when it has them. The next pull finds
them there. The image goes when a pull has ended well.
"""

import io
import json
import tarfile
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from hashlib import sha256
from threading import Thread
from typing import Final, Protocol

from aigw.clients.registry_api import Layer
from aigw.errors import AigwError

UNFINISHED: Final = "aigw-unfinished"
"""The repository of images that only keep layers."""

_FINISHED = ("Pull complete", "Already exists")
_SHORT = 12  # so much of a digest is in the lines
_ASK_SECONDS = 2.0


class Keeps(Protocol):
    """An engine's images, as far as layers are kept in them."""

    def load(self, archive: Iterable[bytes]) -> tuple[str, ...]:
        """Load an archive."""

    def forget(self, name: str) -> None:
        """Remove an image, or all of a repository, if there."""


def keeping(
    lines: Iterable[object],
    images: Keeps,
    layers: Callable[[], Sequence[Layer]],
    *,
    patience: float,
) -> Iterator[object]:
    """Pass the lines of a pull on, and keep what they say is finished.

    A pull shorter than `patience` in seconds is left alone: it costs as little to repeat.
    """
    begun, finished, keeper = time.monotonic(), set[str](), _Keeper(images, layers)
    for line in lines:
        match line:
            case {"id": str(layer), "status": str(status)} if status in _FINISHED:
                finished.add(layer)
            case _:
                pass
        if finished and time.monotonic() - begun >= patience:
            keeper.keep(finished)
        yield line
    with suppress(AigwError):  # the pull has ended well
        images.forget(UNFINISHED)


class _Keeper:
    """Knows the layers, as soon as the registry has said them, and how many are kept."""

    def __init__(self, images: Keeps, layers: Callable[[], Sequence[Layer]]) -> None:
        self._images = images
        self._layers: Sequence[Layer] = ()
        self._kept = 0
        self._image = ""
        self._asking: Thread | None = None
        self._ask = layers

    def keep(self, finished: set[str]) -> None:
        """Keep the lower layers, up to the first that is not finished."""
        if self._asking is None:
            self._asking = Thread(target=self._learn, daemon=True)
            self._asking.start()
            self._asking.join(_ASK_SECONDS)
        count = 0
        for layer in self._layers:
            if layer.digest.partition(":")[2][:_SHORT] not in finished:
                break
            count += 1
        if count > self._kept:
            self._kept = count
            self._replace(self._layers[:count])

    def _learn(self) -> None:
        with suppress(AigwError):
            self._layers = self._ask()

    def _replace(self, layers: Sequence[Layer]) -> None:
        archive, identity = _archive(layers)
        try:
            self._images.load([archive])
            if self._image:
                self._images.forget(self._image)
        except AigwError:
            self._layers = ()  # an engine that keeps them itself, or cannot
        self._image = identity


def _archive(layers: Sequence[Layer]) -> tuple[bytes, str]:
    """Pack an image that names its layers and has none, and return its id with it."""
    rootfs = {"type": "layers", "diff_ids": [layer.diff_id for layer in layers]}
    config = json.dumps(
        {"architecture": "", "os": "linux", "config": {}, "rootfs": rootfs}
    ).encode()
    tag = f"{UNFINISHED}:{layers[0].diff_id.partition(':')[2][:_SHORT]}"
    listed = [{"Config": "config.json", "RepoTags": [tag], "Layers": ["-"] * len(layers)}]
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w") as archive:
        for name, content in (
            ("config.json", config),
            ("manifest.json", json.dumps(listed).encode()),
        ):
            member = tarfile.TarInfo(name)
            member.size = len(content)
            archive.addfile(member, io.BytesIO(content))
    return packed.getvalue(), f"sha256:{sha256(config).hexdigest()}"


def _add(archive: tarfile.TarFile, name: str, content: bytes) -> None:
    member = tarfile.TarInfo(name)
    member.size = len(content)
    archive.addfile(member, io.BytesIO(content))
