"""A sign of life while something takes longer than a second."""

from collections.abc import Iterator
from contextlib import contextmanager
from threading import Event, Thread
from typing import TextIO

PATIENCE = 1.0
"""Seconds before the first sign."""

TURN = 0.15
SPOKES = "|/-\\"
CLEAR = "\r\x1b[K"


@contextmanager
def waiting(text: str, stream: TextIO, *, shown: bool) -> Iterator[None]:
    """Say what is waited for: one line, or on a terminal a wheel that is wiped away at the end."""
    done = Event()
    thread = Thread(target=_show, args=(text, stream, done), daemon=True)
    if shown:
        thread.start()
    try:
        yield
    finally:
        done.set()
        if shown:
            thread.join()


def _show(text: str, stream: TextIO, done: Event) -> None:
    if done.wait(PATIENCE):
        return
    if not stream.isatty():
        stream.write(f"{text} ...\n")
        stream.flush()
        return
    turns = 0
    while not done.wait(TURN):
        stream.write(f"\r{SPOKES[turns % len(SPOKES)]} {text}")
        stream.flush()
        turns += 1
    stream.write(CLEAR)
    stream.flush()
