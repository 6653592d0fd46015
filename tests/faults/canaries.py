"""Where a key could be seen: processes while commands run, files, and everything that is said."""

import os
import stat
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

BETWEEN_SECONDS = 0.002


@dataclass(frozen=True, slots=True, kw_only=True)
class Sighting:
    """A key in the arguments or the environment of a process."""

    key: str
    where: str
    command: tuple[str, ...]


@dataclass(slots=True, kw_only=True)
class Watch:
    """Looks into every process, again and again; `looks` counts the rounds."""

    keys: Sequence[str]
    seen: set[Sighting] = field(default_factory=set)
    looks: int = 0

    def look(self) -> None:
        """Look once at every process of this machine."""
        for folder in Path("/proc").iterdir():
            if folder.name.isdigit() and folder.name != str(os.getpid()):
                self._look_at(folder)
        self.looks += 1

    def outside(self, program: Sequence[str]) -> set[Sighting]:
        """Return what was seen in other processes than those whose command begins so.

        Until a child becomes another program, it shows the arguments of its parent.
        """
        size = len(program)
        return {one for one in self.seen if one.command[:size] != tuple(program)}

    def _look_at(self, process: Path) -> None:
        """Read the command first: a process that ends between two reads has none any more."""
        command = _read(process / "cmdline")
        words = tuple(command.decode(errors="replace").removesuffix("\0").split("\0"))
        for where, text in (("cmdline", command), ("environ", _read(process / "environ"))):
            for key in self.keys:
                if command and key.encode() in text:
                    self.seen.add(Sighting(key=key, where=where, command=words))


@contextmanager
def watched(keys: Sequence[str]) -> Iterator[Watch]:
    """Watch all processes while the block runs."""
    watch, over = Watch(keys=keys), threading.Event()

    def run() -> None:
        while not over.wait(BETWEEN_SECONDS):
            watch.look()

    thread = threading.Thread(target=run)
    thread.start()
    try:
        yield watch
    finally:
        over.set()
        thread.join()


def files_with(folder: Path, keys: Sequence[str]) -> set[Path]:
    """Name every file below the folder, hidden ones too, that holds one of the keys."""
    return {
        path
        for path in folder.rglob("*")
        if path.is_file()
        and not path.is_symlink()
        and any(key.encode() in path.read_bytes() for key in keys)
    }


def open_to_others(folder: Path) -> set[Path]:
    """Name every file, folder and socket below the folder that another user could look into."""
    found = {path for path in folder.rglob("*") if not path.is_symlink()}
    return {path for path in found if stat.S_IMODE(path.stat().st_mode) & 0o077}


def _read(path: Path) -> bytes:
    """Return what stands in a file of a process; nothing once it is gone or not ours."""
    try:
        return path.read_bytes()
    except OSError:
        return b""
