"""Have the image of the gateway on this machine: found, pulled, or loaded from a file."""

from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

from msgspec import Struct
from msgspec.structs import replace

from aigw.clients.containers import Images, ImageSeen, ImagesHere
from aigw.clients.pulling import PullProgress
from aigw.clients.racing import finished
from aigw.clients.registries import Reference, Wanted
from aigw.errors import DiskFull, DockerRefused, ImageChanged, ImageMissing
from aigw.spec.image import Pull

Watch = Callable[[str, Iterator[PullProgress]], None]
"""Takes a title and every value up to the last, and may show them; it is what drives the pull."""

_ASK_SECONDS = 5.0
_CHUNK = 1024 * 1024
_AS_IT_IS = "aigw start --engine higress --pull missing"
_OFFLINE = "aigw start --image-archive FILE"


class ImageThere(Struct, frozen=True, kw_only=True):
    """An image on this machine: `reference` led to it; `digest` is its id where no registry did."""

    id: str
    reference: str
    digest: str
    pulled: bool


def ensure(
    images: Images, wanted: Wanted, *, watch: Watch, note: Callable[[str], None]
) -> ImageThere:
    """Have the image, by pulling it if need be; `note` hears of each registry that fails.

    Raises ImageMissing with the failure of each registry, ImageChanged when it is not what was
    pinned, DiskFull, DockerGone.
    """
    if wanted.pull is not Pull.ALWAYS and (there := here(images, wanted)):
        return there
    if wanted.pull is Pull.NEVER:
        _refuse_other(images, wanted)
        names = "".join(f"\n  {reference}" for reference in wanted.references)
        message = "none of these images is here"
        raise ImageMissing(message, hint=_AS_IT_IS, quoted=names)
    return _pulled(images, wanted, watch, note)


def here(images: ImagesHere, wanted: Wanted) -> ImageThere | None:
    """Return the image if it is on this machine, from whichever registry; nothing is asked."""
    for reference in wanted.references:
        names = dict.fromkeys((str(reference), _tagged(reference)))
        seen = next(filter(None, map(images.image, names)), None)
        if seen and (not wanted.digest or seen.is_(wanted.digest)):
            return _there(seen, reference, pulled=False)
    # From an archive it has no digest of a registry, and its id was recorded.
    seen = images.image(wanted.digest) if wanted.digest else None
    if seen and seen.is_(wanted.digest):
        return ImageThere(id=seen.id, reference=seen.id, digest=wanted.digest, pulled=False)
    return None


def available(images: Images, wanted: Wanted, *, seconds: float = _ASK_SECONDS) -> bool:
    """Say whether the image is here, or a registry offers it within so many seconds."""
    if here(images, wanted):
        return True
    if wanted.pull is Pull.NEVER:
        return False
    ask = partial(images.offered, seconds=seconds)
    return any(finished([partial(ask, one) for one in wanted.references], seconds=seconds))


def load_archive(images: Images, path: Path, wanted: Wanted) -> ImageThere:
    """Load the image from an archive of `docker save`, also a compressed one.

    The one with a wanted name is taken, else the only one. Raises ImageMissing, ImageChanged,
    DiskFull, DockerGone.
    """
    from aigw.clients.docker_files import image_names  # late: tarfile is on no other path

    names = image_names(path)
    asked = {_tagged(reference) for reference in wanted.references}
    name = next((name for name in names if name in asked), names[0] if len(names) == 1 else None)
    if name is None:
        held = ", ".join(name or "one without a name" for name in names)
        raise ImageMissing(f"archive `{path}` holds {held}, but not {' or '.join(sorted(asked))}")
    with path.open("rb") as archive:
        loaded = images.load(iter(partial(archive.read, _CHUNK), b""))
    seen = images.image(name or loaded[-1]) if name or loaded else None
    if seen is None:
        raise ImageMissing(f"Docker found no image in archive `{path}`")
    if wanted.digest and not seen.is_(wanted.digest):
        raise ImageChanged(f"archive `{path}` holds {seen.id}, but {wanted.digest} is pinned")
    digest = wanted.digest or seen.digest(name.rpartition(":")[0])
    return ImageThere(id=seen.id, reference=name or seen.id, digest=digest, pulled=False)


def _pulled(
    images: Images, wanted: Wanted, watch: Watch, note: Callable[[str], None]
) -> ImageThere:
    failures: list[str] = []
    for reference in wanted.ranked():
        try:
            watch(f"pulling {reference}", images.pull(reference))
        except DiskFull:
            raise
        except DockerRefused as error:
            failures.append(_why(images, reference, error))
            note(failures[-1])
            continue
        seen = images.image(str(reference))
        if seen is None:
            raise ImageMissing(f"{reference} was removed as soon as it was pulled")
        if wanted.digest and not seen.is_(wanted.digest):
            raise _changed(wanted.digest, seen.digest(reference.name), str(reference))
        return _there(seen, reference, pulled=True)
    _refuse_other(images, wanted)
    lines = "".join(f"\n  {failure}" for failure in failures)
    hint = _AS_IT_IS if here(images, wanted) else _OFFLINE
    raise ImageMissing("no registry gave the image", hint=hint, quoted=lines)


def _why(images: Images, reference: Reference, error: DockerRefused) -> str:
    """Say why a pull failed; of a pinned image also that its tag has moved on."""
    if reference.digest:
        now = images.served(replace(reference, digest=""), seconds=_ASK_SECONDS)
        if now and now != reference.digest:
            return f"{_tagged(reference)}: it is {now} there, not {reference.digest}"
    return f"{reference}: {error.reason}"


def _refuse_other(images: Images, wanted: Wanted) -> None:
    """Raise ImageChanged when the tag is here, and is not what was pinned."""
    for reference in wanted.references if wanted.digest else ():
        name = _tagged(reference)
        if (seen := images.image(name)) and not seen.is_(wanted.digest):
            raise _changed(wanted.digest, seen.digest(reference.name), name)


def _changed(pinned: str, now: str, name: str) -> ImageChanged:
    return ImageChanged(f"{name} is {now}, but {pinned} is pinned", hint="aigw start --pull always")


def _there(seen: ImageSeen, reference: Reference, *, pulled: bool) -> ImageThere:
    digest = reference.digest or seen.digest(reference.name)
    return ImageThere(id=seen.id, reference=str(reference), digest=digest, pulled=pulled)


def _tagged(reference: Reference) -> str:
    return f"{reference.name}:{reference.tag}"
