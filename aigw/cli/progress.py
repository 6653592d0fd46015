"""A sign of life while something takes longer than a second."""

import time
from _thread import start_new_thread
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Lock
from typing import TextIO

PATIENCE = 1.0
"""Seconds before the first sign."""

TURN = 0.15
SPOKES = "|/-\\"
CLEAR = "\r\x1b[K"


class Waits:
    """What is waited for, the innermost last: one line each, or on a terminal a wheel that is
    wiped away at the end.

    Ctrl-C may come at any moment, between two steps of this too: there is no lock that it could
    leave held, and the outermost wait ends its thread whatever became of those in it.
    """

    def __init__(self, stream: TextIO, *, shown: bool) -> None:
        self._stream = stream
        self._shown = shown
        self._texts: list[str] = []
        self._told: set[str] = set()

    @contextmanager
    def __call__(self, text: str) -> Iterator[None]:
        """Say what is waited for while the block runs; no text for nothing that is to be seen."""
        depth = len(self._texts)
        try:
            self._texts.append(text)
            if depth or not self._shown:
                yield
            else:
                with self._signs():
                    yield
        finally:
            del self._texts[depth:]

    @contextmanager
    def _signs(self) -> Iterator[None]:
        """Show what is waited for, from another thread."""
        ended, gone = Lock(), Lock()
        ended.acquire()
        gone.acquire()
        try:
            # Not `Thread`: one that is interrupted while it starts leaves its own locks held.
            start_new_thread(self._show, (ended, gone))
            yield
        finally:
            ended.release()
            gone.acquire(timeout=PATIENCE)  # it may not have begun

    def _show(self, ended: Lock, gone: Lock) -> None:
        seen, since, shown, turns = "", time.monotonic(), "", 0
        try:
            while not ended.acquire(timeout=TURN):
                text = "".join(self._texts[-1:])  # in one step: the other thread changes it
                if text != seen:
                    seen, since = text, time.monotonic()
                if text != shown and (not text or time.monotonic() >= since + PATIENCE):
                    shown = text
                    self._begin(text)
                if text and text == shown:
                    self._turn(text, turns)
                    turns += 1
            if shown and self._stream.isatty():
                self._say(CLEAR)
        except (OSError, ValueError):  # nobody reads it any more
            return
        finally:
            gone.release()

    def _begin(self, text: str) -> None:
        if self._stream.isatty():
            self._say(CLEAR)
        elif text and text not in self._told:
            self._told.add(text)
            self._say(f"{text} ...\n")

    def _turn(self, text: str, turns: int) -> None:
        if self._stream.isatty():
            self._say(f"\r{SPOKES[turns % len(SPOKES)]} {text}")

    def _say(self, text: str) -> None:
        self._stream.write(text)
        self._stream.flush()
