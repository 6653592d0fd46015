"""The folder for sockets: short, ours alone, and found again from another environment."""

import os
import stat
from collections.abc import Mapping
from pathlib import Path

# sun_path holds 108 bytes on Linux and 104 on macOS, with the closing NUL (unix(7), sys/un.h).
_SOCKET_BYTES = 103
LONGEST_SOCKET = "admin.sock"
_SHARED = Path("/tmp")


def runtime_base(environ: Mapping[str, str]) -> Path:
    """Choose where the socket folders of all gateways are made; each has a name of 12 characters.

    `XDG_RUNTIME_DIR/aigw`, where that is ours; else `aigw-UID` below `TMPDIR` or `/tmp`; the first
    that is short enough for a socket and where nobody can put a folder in the place of ours.
    """
    own = f"aigw-{os.geteuid()}"
    session, temporary = environ.get("XDG_RUNTIME_DIR", ""), environ.get("TMPDIR", "")
    if session and _is_own(Path(session)) and _fits(Path(session) / "aigw"):
        return Path(session) / "aigw"
    if temporary and _is_safe(Path(temporary)) and _fits(Path(temporary) / own):
        return Path(temporary) / own
    return _SHARED / own


def noted_runtime(note: Path) -> Path | None:
    """Return the socket folder that was written down, if it is still there and ours."""
    try:
        noted = Path(note.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError):
        return None
    return noted if not noted.is_symlink() and _is_own(noted) else None


def _is_own(folder: Path) -> bool:
    return folder.is_absolute() and folder.is_dir() and folder.stat().st_uid == os.geteuid()


def _is_safe(folder: Path) -> bool:
    if not (folder.is_absolute() and folder.is_dir()):
        return False
    mode = folder.stat().st_mode
    return not mode & stat.S_IWOTH or bool(mode & stat.S_ISVTX)


def _fits(base: Path) -> bool:
    return len(os.fsencode(base / ("0" * 12) / LONGEST_SOCKET)) <= _SOCKET_BYTES
