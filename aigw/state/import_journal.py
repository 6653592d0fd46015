"""What an import changes and how it was before: kept until the import is undone.

In `run/import/` of the gateway, 0700: `journal.json`, which holds no key, and `default.cfg` as it
was, which does; both 0600.
"""

import json
import os
import shutil
import stat
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

from msgspec import Struct, convert, to_builtins

from aigw.errors import CannotWrite, SpecInvalid
from aigw.state.files import private_folder, reason, write_atomically
from aigw.state.paths import GatewayPaths

CONFIG = "default.cfg"


class FileBefore(Struct, frozen=True, kw_only=True):
    """Mode, owner, group and time of a file or a folder."""

    mode: int
    owner: int
    group: int
    modified: int


class ContainerBefore(Struct, frozen=True, kw_only=True):
    """The old container: its id and name, the name it has now, its restart policy, if it ran."""

    id: str
    name: str
    aside: str
    restart: str
    ran: bool


class Journal(Struct, frozen=True, kw_only=True):
    """How it was before an import; `config` is None where there was no `default.cfg`.

    `written` has a hash of each file of the gateway as the import left it; `done` says that
    nothing was left to do but to start ours, which is `starting` where a container ran.
    """

    source: str
    folder: FileBefore
    config: FileBefore | None = None
    container: ContainerBefore | None = None
    written: Mapping[str, str] = {}
    done: bool = False
    starting: bool = False


def journal_folder(paths: GatewayPaths) -> Path:
    """Say where the journal is."""
    return paths.run / "import"


def read_journal(paths: GatewayPaths) -> Journal | None:
    """Read a gateway's journal; None where it was not imported. Raises SpecInvalid."""
    file = journal_folder(paths) / "journal.json"
    try:
        return convert(json.loads(file.read_text(encoding="utf-8")), Journal)
    except (FileNotFoundError, NotADirectoryError):
        return None
    except (OSError, ValueError) as error:
        raise SpecInvalid(f"the journal `{file}`", ()) from error


def write_journal(paths: GatewayPaths, journal: Journal) -> None:
    """Keep the journal; raises CannotWrite."""
    folder = private_folder(journal_folder(paths))
    text = json.dumps(to_builtins(journal), indent=1)  # the name of a folder may be no UTF-8
    write_atomically(folder / "journal.json", f"{text}\n")


def remove_journal(paths: GatewayPaths) -> None:
    """Forget the import; raises CannotWrite."""
    folder = journal_folder(paths)
    try:
        with suppress(FileNotFoundError):
            shutil.rmtree(folder)
    except OSError as error:
        raise CannotWrite(f"`{folder}` could not be removed: {reason(error)}") from error


def keep_config(paths: GatewayPaths, text: str) -> None:
    """Keep `default.cfg` as it was; the first one counts, for later ones are without keys."""
    kept = private_folder(journal_folder(paths)) / CONFIG
    if not kept.exists():
        write_atomically(kept, text)


def kept_config(paths: GatewayPaths) -> str | None:
    """Return `default.cfg` as it was, None where none was kept."""
    with suppress(FileNotFoundError, NotADirectoryError):
        return (journal_folder(paths) / CONFIG).read_bytes().decode()
    return None


def before(path: Path) -> FileBefore | None:
    """Look at a file or a folder; None where there is none."""
    with suppress(FileNotFoundError):
        found = path.stat()
        return FileBefore(
            mode=stat.S_IMODE(found.st_mode),
            owner=found.st_uid,
            group=found.st_gid,
            modified=found.st_mtime_ns,
        )
    return None


def put(path: Path, text: str, was: FileBefore, *, mode: int) -> None:
    """Replace a file, its owner as it was; raises CannotWrite."""
    write_atomically(path, text, mode=mode)
    _own(path, was)


def restore(path: Path, was: FileBefore, text: str | None = None) -> None:
    """Make a file, or a folder, be what it was; raises CannotWrite."""
    if text is not None and (not path.exists() or path.read_bytes() != text.encode()):
        put(path, text, was, mode=was.mode)
    try:
        if stat.S_IMODE(path.stat().st_mode) != was.mode:
            path.chmod(was.mode)
        if path.stat().st_mtime_ns != was.modified:
            os.utime(path, ns=(path.stat().st_atime_ns, was.modified))
    except OSError as error:
        raise CannotWrite(f"`{path}` could not be put back: {reason(error)}") from error


def _own(path: Path, was: FileBefore) -> None:
    found = path.stat()
    if (found.st_uid, found.st_gid) != (was.owner, was.group):
        with suppress(OSError):  # only root may, and only root took it from another user
            os.chown(path, was.owner, was.group)
