"""Files that nobody else reads and that no kill, full disk or second command leaves in half."""

import errno
import fcntl
import os
import stat
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from aigw.errors import BadUsage, Busy, CannotWrite, UnknownGateway

_SENTENCES = {
    errno.ENOSPC: "no space is left on the disk",
    errno.EDQUOT: "the disk quota is used up",
    errno.EFBIG: "the file would be larger than is allowed",
    errno.EROFS: "the file system is read-only",
    errno.EACCES: "permission denied",
    errno.EPERM: "not permitted",
    errno.ENOENT: "there is no such file or folder",
    errno.ENOTDIR: "a part of the path is not a folder",
    errno.EISDIR: "there is a folder of that name",
    errno.ELOOP: "its links lead in a circle",
    errno.ENAMETOOLONG: "the name is too long",
    errno.EIO: "the disk reported an error",
    errno.EMFILE: "too many files are open",
    errno.ENFILE: "too many files are open on this machine",
}
_ABANDONED_SECONDS = 60
_LOCK_POLL_SECONDS = 0.05
_LOOSE = stat.S_IRWXG | stat.S_IRWXO
_PRIVATE_FOLDER = stat.S_IRWXU


def reason(error: OSError) -> str:
    """Say in words why the system refused."""
    return _SENTENCES.get(error.errno or 0, error.strerror or type(error).__name__)


def absolute(path: Path) -> Path:
    """Spell a path from the root, `~` filled in; raises BadUsage where there is no such place."""
    try:
        return path.expanduser().absolute()
    except RuntimeError as error:
        raise BadUsage(f"`{path}`: nobody here has that home folder") from error
    except FileNotFoundError as error:
        raise BadUsage(f"`{path}`: the current folder is gone") from error


def write_atomically(
    path: Path, text: str, *, mode: int = 0o600, durable: bool = True, listed: bool = True
) -> None:
    """Replace `path` in one step, on disk when this returns; readers see the old file or the new.

    Where `path` is a symbolic link, the link stays and the file it names is replaced (people keep
    their `gateway.yaml` in a repository), but only if that file, or its folder while it is missing,
    is ours. Raises CannotWrite; the old file is whole then and nothing of the new one is left.
    `durable=False` is for what is made again anyway: a power cut may leave it empty. Without
    `listed` the name is not on disk yet: for one of many files, before `list_durably`.
    """
    try:
        target = _target(path)
        temporary = target.with_name(f".{target.name}.{os.urandom(6).hex()}.tmp")
        try:
            _write_new(temporary, text.encode(), mode=mode, durable=durable)
            _forget_abandoned(target, temporary)
            temporary.replace(target)
        except BaseException:
            temporary.unlink(missing_ok=True)
            raise
        if durable and listed:
            list_durably(target.parent)
    except OSError as error:
        raise CannotWrite(f"`{path}` could not be written: {reason(error)}") from error


def _target(path: Path) -> Path:
    """Follow a link to the file that it names; refuse one that leads to somebody else's."""
    if not path.is_symlink():
        return path
    target = Path(os.path.realpath(path))
    try:
        found = path.stat()
    except FileNotFoundError:
        found = target.parent.stat()
    if found.st_uid != os.geteuid():
        raise CannotWrite(f"`{path}` is a link to `{target}`, which belongs to another user")
    return target


def _write_new(path: Path, content: bytes, *, mode: int, durable: bool) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        os.fchmod(descriptor, mode)
        file.write(content)
        file.flush()
        if durable:
            os.fsync(descriptor)


def abandoned(path: Path) -> Iterator[Path]:
    """Yield what writers of this file have beside it while they write, or left when killed."""
    head, tail = f".{path.name}.", ".tmp"
    with suppress(FileNotFoundError, PermissionError):
        for other in path.parent.iterdir():
            name = other.name
            if name.startswith(head) and name.removeprefix(head).endswith(tail):
                yield other


def _forget_abandoned(target: Path, temporary: Path) -> None:
    """Remove what killed writers of the same file left; a writer that takes a minute is dead."""
    now = temporary.stat().st_mtime
    for other in abandoned(target):
        with suppress(FileNotFoundError):
            if now - other.stat().st_mtime > _ABANDONED_SECONDS:
                other.unlink()


def list_durably(folder: Path) -> None:
    """Bring to disk which files a folder has."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def private_folder(path: Path) -> Path:
    """Make sure of a folder that only we can enter, with its parents, and return it.

    A looser one that is ours is tightened to 0700. Raises CannotWrite for a link, another user's
    folder, one that everybody shares (sticky), and for a file system that does not keep modes.
    """
    try:
        if not path.parent.exists():
            private_folder(path.parent)
        with suppress(FileExistsError):
            path.mkdir(mode=0o700)
        _tighten_folder(path)
    except OSError as error:
        raise CannotWrite(f"folder `{path}` could not be made: {reason(error)}") from error
    return path


def _tighten_folder(path: Path) -> None:
    found = path.lstat()
    if not stat.S_ISDIR(found.st_mode):
        raise CannotWrite(f"`{path}` is not a folder")
    if found.st_uid != os.geteuid():
        raise CannotWrite(f"folder `{path}` belongs to another user")
    if found.st_mode & stat.S_ISVTX:
        raise CannotWrite(f"folder `{path}` is shared by everybody; keys cannot be kept in it")
    if stat.S_IMODE(found.st_mode) != _PRIVATE_FOLDER:
        path.chmod(_PRIVATE_FOLDER)
        if path.lstat().st_mode & _LOOSE:
            raise CannotWrite(f"the file system of `{path}` does not keep others from reading")


def tighten(path: Path) -> str:
    """Take a file of ours away from others' eyes; returns a sentence when it had been open to them.

    Raises CannotWrite when it is open to others and cannot be tightened.
    """
    try:
        mode = path.stat().st_mode
        if not mode & _LOOSE:
            return ""
        path.chmod(0o600)
    except FileNotFoundError:
        return ""
    except OSError as error:
        message = f"`{path}` can be read by other users and could not be tightened: {reason(error)}"
        raise CannotWrite(message) from error
    return f"`{path}` could be read by other users (mode {stat.S_IMODE(mode):04o}); it is 0600 now"


@contextmanager
def locked(path: Path, *, timeout: float) -> Iterator[None]:
    """Hold the lock file for the block; its folder must exist.

    Raises Busy after `timeout` seconds, naming the process that holds it where that is known, and
    UnknownGateway when the folder is gone by then.
    """
    deadline = time.monotonic() + timeout
    try:
        while (descriptor := _lock(path)) is None:
            if time.monotonic() > deadline:
                raise Busy(_held(path), hint="try again in a moment")
            time.sleep(_LOCK_POLL_SECONDS)
    except FileNotFoundError as error:
        message = f"another command deleted the gateway meanwhile: `{path.parent}` is gone"
        raise UnknownGateway(message, hint="aigw start") from error
    except OSError as error:
        raise CannotWrite(f"`{path}` could not be locked: {reason(error)}") from error
    try:
        with _signed(path):
            yield
    finally:
        os.close(descriptor)  # which unlocks it, as the end of the process does


def _lock(path: Path) -> int | None:
    """Lock the file of that name; None where another has it, or it was removed meanwhile."""
    descriptor, ours = os.open(path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW, 0o600), False
    try:
        with suppress(BlockingIOError, FileNotFoundError):
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            ours = os.path.samestat(os.fstat(descriptor), path.stat())
        return descriptor if ours else None
    finally:
        if not ours:
            os.close(descriptor)


@contextmanager
def _signed(path: Path) -> Iterator[None]:
    """Leave our process id beside the lock for those who wait; on a full disk they do without."""
    note = path.with_name(f"{path.name}.holder")
    with suppress(OSError):
        _write_note(note)
    try:
        yield
    finally:
        with suppress(OSError):
            note.unlink()


def _write_note(note: Path) -> None:
    note.unlink(missing_ok=True)
    _write_new(note, str(os.getpid()).encode(), mode=0o600, durable=False)


def _held(path: Path) -> str:
    note = path.with_name(f"{path.name}.holder")
    try:
        who = f"process {int(note.read_text())}"
    except (OSError, ValueError):
        who = "another process"
    return f"another command works on this gateway ({who})"
