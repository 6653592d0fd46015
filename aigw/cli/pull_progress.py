"""A pull as the person sees it: bars on a terminal, elsewhere a line a step."""

from collections import deque
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, nullcontext
from typing import TextIO

from msgspec import Struct

from aigw.clients.pulling import PullProgress

_MEGABYTE = 1_000_000
_STEPS = 10
"""At most so many lines of a pull go into a file or a pipe, besides those of layers."""


class Pulls(Struct, frozen=True, kw_only=True):
    """Shows pulls on a stream, unless nobody wants to see them; the pull itself goes on alike."""

    stream: TextIO
    shown: bool
    waiting: Callable[[str], AbstractContextManager[object]] = nullcontext

    def __call__(self, title: str, values: Iterator[PullProgress], /) -> None:
        """Take every value of one pull, and show it."""
        if not self.shown:
            deque(values, maxlen=0)
        elif self.stream.isatty():
            with self.waiting(""):  # no wheel beside the bars
                _bars(title, values, self.stream)
        else:
            _lines(title, values, self.stream)


def words(value: PullProgress) -> str:
    """Say how far a pull is: `3 of 14 layers, 120 of 480 MB`."""
    layers = f"{value.done_layers} of {value.layers} layers"
    if not value.bytes:
        return layers
    return f"{layers}, {_megabytes(value.done_bytes)} of {_megabytes(value.bytes)} MB"


def _lines(title: str, values: Iterator[PullProgress], stream: TextIO) -> None:
    def say(text: str) -> None:
        stream.write(f"{text} ...\n")
        stream.flush()

    said, step = "", ""
    say(title)
    for value in values:
        tenth = value.done_bytes * _STEPS // value.bytes if value.bytes else 0
        now = value.note or f"{value.done_layers} {tenth}"
        if now != step:
            step, text = now, value.note or words(value)
            if text != said:
                said = text
                say(f"  {text}")


def _bars(title: str, values: Iterator[PullProgress], stream: TextIO) -> None:
    from rich.console import Console  # late: 60 ms, and only a pull on a terminal shows bars
    from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (
        TextColumn("{task.description}", markup=False),
        BarColumn(),
        TextColumn("{task.fields[words]}", markup=False),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=Console(file=stream), transient=True) as shown:
        task = shown.add_task(title, total=None, words="")
        for value in values:
            shown.update(
                task,
                total=value.bytes or None,
                completed=value.done_bytes,
                words=value.note or words(value),
            )


def _megabytes(count: int) -> str:
    return f"{count / _MEGABYTE:.0f}" if count >= 10 * _MEGABYTE else f"{count / _MEGABYTE:.1f}"
