"""A folder that a command fills: what it put there before is ours, nothing else is."""

import json
import os
import shutil
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from hashlib import sha256
from pathlib import Path

from msgspec import Struct

from aigw.errors import CannotWrite, NotOurs
from aigw.state.files import locked, private_folder, reason, write_atomically

NOTE, LOCK = ".aigw-export", ".aigw-export.lock"
_STAGES = ".aigw-export.*.tmp"
_OWN = (NOTE, f".{NOTE}.")
"""How the names of our notes, locks and unfinished files begin."""

_LOCK_SECONDS = 30.0

Known = Mapping[str, tuple[str, ...]]
"""Hashes of what we wrote, by path: two while a file is being replaced, none for one with keys."""


class Replaced(Struct, frozen=True, kw_only=True):
    """What became of a folder: files that came and went; `first` says that it was empty."""

    first: bool
    added: tuple[str, ...]
    removed: tuple[str, ...]


Make = Callable[[Path], Mapping[str, str]]
"""Return the texts by path, given the folder with what it has held until now."""


def replace(folder: Path, make: Make, *, owner: str, secret: str) -> Replaced:
    """Let a folder hold exactly these files, private, and what other people put beside them.

    Killed at any moment, every file is whole and the next call mends the rest. Of files whose path
    begins with `secret` not even a hash is kept. Raises NotOurs for a folder with other things, of
    another `owner`, and for a file that was changed since; then, and on a full disk, nothing is
    replaced. Raises CannotWrite.
    """
    folder = Path(os.path.realpath(folder))
    _known(folder, owner)
    private_folder(folder)
    with locked(folder / LOCK, timeout=_LOCK_SECONDS):
        known, files = _known(folder, owner), make(folder)
        for path in sorted({*known, *files}):
            _refuse_changed(folder, path, known.get(path))
        with _naming(folder), _staged(folder, files) as stage:
            hashes = {
                path: () if path.startswith(secret) else (_hash(text),)
                for path, text in files.items()
            }
            both = {path: known.get(path, ()) + hashes.get(path, ()) for path in {*known, *hashes}}
            _write_note(folder, both, owner)
            for path in files:
                private_folder((folder / path).parent)
                (stage / path).replace(folder / path)
            for path in known.keys() - files.keys():
                _remove(folder, path)
            _write_note(folder, hashes, owner)
    return Replaced(
        first=not known,
        added=tuple(sorted(files.keys() - known.keys())),
        removed=tuple(sorted(known.keys() - files.keys())),
    )


def _known(folder: Path, owner: str) -> Known:
    """Return what we wrote into it; raises NotOurs."""
    try:
        found = {entry.name for entry in folder.iterdir() if not entry.name.startswith(_OWN)}
        text = (folder / NOTE).read_text(encoding="utf-8")
        tree = json.loads(text)
        known = {str(path): tuple(map(str, hashes)) for path, hashes in tree["files"].items()}
        who = str(tree["gateway"])
    except FileNotFoundError:
        if not folder.exists() or not found:
            return {}
        message = f"`{folder}` holds other things (`{min(found)}`); name an empty or a new folder"
        raise NotOurs(message) from None
    except OSError as error:
        raise CannotWrite(f"`{folder}` cannot be used: {reason(error)}") from error
    except (ValueError, KeyError, TypeError, AttributeError):
        raise NotOurs(f"`{folder / NOTE}` does not say what is ours there") from None
    if who != owner:
        raise NotOurs(f"`{folder}` holds the export of gateway `{who}`; name another folder")
    return known


def _refuse_changed(folder: Path, path: str, hashes: tuple[str, ...] | None) -> None:
    """Raise NotOurs for a file that is not as we left it; one that is gone may come again."""
    try:
        found = _hash((folder / path).read_bytes().decode("utf-8", errors="replace"))
    except FileNotFoundError:
        return
    except OSError as error:
        raise CannotWrite(f"`{folder / path}` cannot be replaced: {reason(error)}") from error
    if hashes is None or (hashes and found not in hashes):
        what = "was not written by us" if hashes is None else "was changed since it was written"
        raise NotOurs(f"`{folder / path}` {what}; move it away, or name another folder")


@contextmanager
def _staged(folder: Path, files: Mapping[str, str]) -> Iterator[Path]:
    """Write all files beside their places first, so that a full disk replaces none of them."""
    for abandoned in folder.glob(_STAGES):
        shutil.rmtree(abandoned, ignore_errors=True)
    stage = folder / _STAGES.replace("*", os.urandom(6).hex())
    try:
        for path, text in files.items():
            private_folder((stage / path).parent)
            write_atomically(stage / path, text, durable=False)
        yield stage
    finally:
        shutil.rmtree(stage, ignore_errors=True)


@contextmanager
def _naming(folder: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise CannotWrite(f"`{folder}` could not be written: {reason(error)}") from error


def _remove(folder: Path, path: str) -> None:
    """Remove a file, and the folders that are empty without it."""
    (folder / path).unlink(missing_ok=True)
    for parent in Path(path).parents[:-1]:
        with suppress(OSError):
            (folder / parent).rmdir()


def _write_note(folder: Path, files: Known, owner: str) -> None:
    tree = {"gateway": owner, "files": {path: files[path] for path in sorted(files)}}
    write_atomically(folder / NOTE, json.dumps(tree, indent=1) + "\n")


def _hash(text: str) -> str:
    return sha256(text.encode()).hexdigest()[:16]
