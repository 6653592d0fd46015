"""Logs that do not grow without end."""

import shutil
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path


def rotate(log: Path, *, files: int, reopen: Callable[[], None]) -> None:
    """Rename a log to `.1` and the older ones on; `reopen` lets its writer go on in a new one."""
    _make_room(log, files)
    with suppress(FileNotFoundError):
        log.replace(_older(log, 1))
        reopen()


def copy_and_empty(log: Path, *, files: int) -> None:
    """Copy a log to `.1` and empty it, for a writer that appends and cannot reopen it."""
    with suppress(FileNotFoundError), log.open("r+b") as file:
        _make_room(log, files)
        copy = _older(log, 1)
        copy.touch(mode=0o600)
        with copy.open("wb") as kept:
            shutil.copyfileobj(file, kept)
        file.truncate(0)


def larger(log: Path, size: int) -> bool:
    """Say whether a log is larger than `size` bytes."""
    try:
        return log.stat().st_size > size
    except FileNotFoundError:
        return False


def _make_room(log: Path, files: int) -> None:
    _older(log, files).unlink(missing_ok=True)
    for number in range(files - 1, 0, -1):
        with suppress(FileNotFoundError):
            _older(log, number).replace(_older(log, number + 1))


def _older(log: Path, number: int) -> Path:
    return log.with_name(f"{log.name}.{number}")
