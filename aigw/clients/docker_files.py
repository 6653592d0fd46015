"""Files out of a container, and image archives, read without trusting what is in them."""

import json
import lzma
import tarfile
import zlib
from collections.abc import Iterable
from io import BytesIO
from pathlib import Path, PurePosixPath

from aigw.errors import DockerRefused, ImageMissing

_MOST_BYTES = 64 * 1024 * 1024
_MOST_JSON = 16 * 1024 * 1024
_NAME = "io.containerd.image.name"


def files(chunks: Iterable[bytes], *, doing: str) -> dict[str, bytes]:
    """Return the regular files of a tar stream, by their names below its first folder.

    Links, devices and names that lead elsewhere are left out; nothing is written anywhere.
    """
    found: dict[str, bytes] = {}
    try:
        with tarfile.open(fileobj=_collected(chunks, doing), mode="r:") as archive:
            for member in archive:
                name = _relative(member.name)
                content = archive.extractfile(member) if member.isreg() and name else None
                if content:
                    found[name] = content.read()
    except tarfile.TarError as error:
        raise DockerRefused(f"{doing}: what Docker sent is no archive: {error}") from error
    return found


def image_names(path: Path) -> tuple[str, ...]:
    """Return the names of the images in an archive of `docker save`; an empty one has no name.

    The whole archive is read, so that a truncated one is found here. Raises ImageMissing.
    """
    names: list[str] | None = None
    try:
        with tarfile.open(path, "r:*") as archive:
            for member in archive:
                if member.name == "manifest.json" and member.size < _MOST_JSON:
                    names = _of_manifest(_json(archive, member))
                elif member.name == "index.json" and names is None and member.size < _MOST_JSON:
                    names = _of_index(_json(archive, member))
    except FileNotFoundError as error:
        raise ImageMissing(f"there is no image archive `{path}`") from error
    except EOFError as error:
        raise ImageMissing(f"image archive `{path}` is cut short") from error
    except (tarfile.TarError, zlib.error, lzma.LZMAError, OSError) as error:
        raise ImageMissing(_words(path, error)) from error
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        raise ImageMissing(f"image archive `{path}` has a list of images that is none") from error
    if not names:
        raise ImageMissing(f"archive `{path}` holds no image", hint="docker save IMAGE -o FILE")
    return tuple(names)


def _collected(chunks: Iterable[bytes], doing: str) -> BytesIO:
    """Keep a small archive in memory."""
    content = BytesIO()
    for chunk in chunks:
        content.write(chunk)
        if content.tell() > _MOST_BYTES:
            raise DockerRefused(f"{doing}: there are more than 64 MiB")
    content.seek(0)
    return content


def _relative(name: str) -> str:
    """Leave out the folder that was asked for; empty for what would lead out of it."""
    parts = PurePosixPath(name).parts
    if not parts or parts[0] == "/" or ".." in parts:
        return ""
    return "/".join(parts[1:]) or parts[0]


def _json(archive: tarfile.TarFile, member: tarfile.TarInfo) -> object:
    content = archive.extractfile(member)
    return json.loads(content.read()) if content else None


def _of_manifest(tree: object) -> list[str]:
    """Read the list of `docker save` (moby/image/spec v1.2)."""
    match tree:
        case list():
            return [str(name) for image in tree for name in image.get("RepoTags") or [""]]
        case _:
            raise ValueError(tree)


def _of_index(tree: object) -> list[str]:
    """Read the list of an OCI layout, which has names as annotations."""
    match tree:
        case {"manifests": [*images]}:
            return [str((image.get("annotations") or {}).get(_NAME, "")) for image in images]
        case _:
            raise ValueError(tree)


def _words(path: Path, error: Exception) -> str:
    match error:
        case tarfile.ReadError() if "unexpected end of data" in str(error):
            return f"image archive `{path}` is cut short"
        case OSError(strerror=str(words)):
            return f"image archive `{path}` cannot be read: {words.lower()}"
        case _:
            return f"`{path}` is no image archive"
