"""A sign of life while something takes longer than a second."""

from collections.abc import Iterator
from contextlib import contextmanager
from threading import Condition, Thread
from typing import TextIO

PATIENCE = 1.0
"""Seconds before the first sign."""

TURN = 0.15
SPOKES = "|/-\\"
CLEAR = "\r\x1b[K"


class Waits:
    """What is waited for, the innermost last: one line each, or on a terminal a wheel that is
    wiped away at the end.
    """

    def __init__(self, stream: TextIO, *, shown: bool) -> None:
        self._stream = stream
        self._shown = shown
        self._texts: list[str] = []
        self._told: set[str] = set()
        self._changed = Condition()

    @contextmanager
    def __call__(self, text: str) -> Iterator[None]:
        """Say what is waited for while the block runs."""
        thread = Thread(target=self._show, daemon=True)
        with self._changed:
            self._texts.append(text)
            self._changed.notify_all()
            first = len(self._texts) == 1
        if first and self._shown:
            thread.start()
        try:
            yield
        finally:
            with self._changed:
                self._texts.pop()
                self._changed.notify_all()
            if first and self._shown:
                thread.join()

    def _show(self) -> None:
        shown, turns = "", 0
        with self._changed:
            while self._texts:
                text = self._texts[-1]
                if text != shown:
                    self._changed.wait(PATIENCE)
                    if not self._texts or self._texts[-1] != text:
                        continue
                    shown = text
                    self._begin(text)
                self._turn(text, turns)
                turns += 1
                self._changed.wait(TURN)
            if shown and self._stream.isatty():
                self._say(CLEAR)

    def _begin(self, text: str) -> None:
        if self._stream.isatty():
            self._say(CLEAR)
        elif text not in self._told:
            self._told.add(text)
            self._say(f"{text} ...\n")

    def _turn(self, text: str, turns: int) -> None:
        if self._stream.isatty():
            self._say(f"\r{SPOKES[turns % len(SPOKES)]} {text}")

    def _say(self, text: str) -> None:
        self._stream.write(text)
        self._stream.flush()
