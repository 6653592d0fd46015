"""Read the end of a log, and go on as it grows, through rotation and truncation."""

import os
import time
from collections.abc import Callable, Generator, Iterator
from contextlib import closing, suppress
from pathlib import Path
from typing import BinaryIO

_PIECE = 256 * 1024
_LONGEST_LINE = 16 * 1024 * 1024
_PAUSE_SECONDS = 0.2


def tail(log: Path, count: int) -> list[str]:
    """Return the last whole lines of a log, without line ends; none where there is no log.

    What a log that was rotated a moment ago lacks comes from its predecessor, `.1`.
    """
    lines: list[str] = []
    for file in (log, _predecessor(log)):
        if len(lines) < count:
            with suppress(FileNotFoundError), closing(_Growing(file, count - len(lines))) as last:
                lines = [*last.lines(), *lines]
    return lines


def follow(
    log: Path,
    *,
    last: int,
    stop: Callable[[], bool],
    pause: Callable[[float], object] = time.sleep,
) -> Generator[str, None, None]:
    """Yield the last whole lines of a log and then every new one, without line ends.

    A log that is not there yet is waited for. `stop` is asked whenever there is nothing new, every
    200 ms, and ends it.
    """
    while True:
        try:
            growing = _Growing(log, last)
            break
        except FileNotFoundError:
            if stop():
                return
            pause(_PAUSE_SECONDS)
    with closing(growing):
        yield from growing.lines()
        while not stop():
            pause(_PAUSE_SECONDS)
            yield from growing.lines()


class _Growing:
    """A log that is read once, from its last whole lines on."""

    def __init__(self, log: Path, last: int) -> None:
        self._log = log
        self._file: BinaryIO = log.open("rb", buffering=0)
        self._file.seek(_start_of_last(self._file, last))
        self._rest = b""

    def close(self) -> None:
        """Read no more."""
        self._file.close()

    def lines(self) -> Iterator[str]:
        """Yield the lines that became whole since the last time, those of a new file too."""
        yield from self._new()
        while following := self._successor():
            yield from self._new()
            self._file.close()
            self._file, self._rest = following, b""
            yield from self._new()

    def _new(self) -> Iterator[str]:
        if os.fstat(self._file.fileno()).st_size < self._file.tell():
            self._file.seek(0)
            self._rest = b""
        while piece := self._file.read(_PIECE):
            *lines, self._rest = (self._rest + piece).split(b"\n")
            yield from (line.decode(errors="replace") for line in lines)
            if len(self._rest) > _LONGEST_LINE:
                self._rest = b""

    def _successor(self) -> BinaryIO | None:
        """Open the file that the writer has begun after a rotation."""
        try:
            following = self._log.open("rb", buffering=0)
        except FileNotFoundError:
            return None
        if os.path.samestat(os.fstat(following.fileno()), os.fstat(self._file.fileno())):
            following.close()
            return None
        return following


def _predecessor(log: Path) -> Path:
    return log.with_name(f"{log.name}.1")


def _start_of_last(file: BinaryIO, count: int) -> int:
    """Where the last whole lines begin; for none of them, where the last whole line ends."""
    position = file.seek(0, os.SEEK_END)
    missing = count + 1
    while position > 0:
        size = min(_PIECE, position)
        position -= size
        file.seek(position)
        piece, found = file.read(size), size
        while (found := piece.rfind(b"\n", 0, found)) >= 0:
            missing -= 1
            if missing == 0:
                return position + found + 1
    return 0
