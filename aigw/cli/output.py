"""The one place that prints: results on stdout, all else on stderr."""

import json
import os
import sys
from collections.abc import Mapping, Sequence
from io import StringIO
from typing import TextIO

from msgspec import Struct

from aigw.cli.progress import CLEAR
from aigw.cli.words.shared import about, told
from aigw.operations.world import DEFAULT_GATEWAY
from aigw.spec.secret import Secret

GAP = "  "
NARROWEST = 8
"""On fewer columns a terminal for each column of a table, nothing fits: it breaks the lines."""

PLAIN_SPACE = "\n\t\u00a0\u3000"


class Output(Struct, frozen=True, kw_only=True):
    """Two streams, how much to say, and which gateway hints and asides are about.

    `quiet` leaves only results and errors; `verbose` adds the steps; `as_json` makes results and
    errors one JSON object each.
    """

    stdout: TextIO
    stderr: TextIO
    as_json: bool
    quiet: bool
    verbose: bool
    gateway: str = DEFAULT_GATEWAY

    @classmethod
    def standard(cls, *, as_json: bool, gateway: str) -> "Output":
        """Speak on the streams of the process."""
        return cls(
            stdout=sys.stdout,
            stderr=sys.stderr,
            as_json=as_json,
            quiet=False,
            verbose=False,
            gateway=gateway,
        )

    @property
    def width(self) -> int | None:
        """Say how many columns a result may take; None where it does not go to a terminal."""
        if not self.stdout.isatty():
            return None
        return os.get_terminal_size(self.stdout.fileno()).columns or None

    def result(self, value: object, text: str) -> None:
        """Print a result: `value` as JSON where that was asked, else `text`."""
        if self.as_json:
            print(as_json(value), file=self.stdout, flush=True)
        elif text:
            self.line(text)

    def line(self, text: str) -> None:
        """Print a line of a result."""
        print(printable(text, self.stdout), file=self.stdout, flush=True)

    def step(self, text: str) -> None:
        """Show a step, where steps are wanted."""
        if self.verbose and not self.quiet:
            self._aside(text)

    def note(self, text: str) -> None:
        """Tell what the person should know, though it is no error."""
        if not self.quiet:
            self._aside(told(text, self.gateway))

    def error(self, *, code: str, message: str, hint: str) -> None:
        """Print an error, in words or as `{"error": {...}}`."""
        message, hint = told(message, self.gateway), about(hint, self.gateway)
        if self.as_json:
            self._say(as_json({"error": {"code": code, "message": message, "hint": hint}}))
            return
        self._aside(f"error: {message}")
        if hint:
            self._aside(f"\nhint: {hint}")

    def ended(self, *, code: str, message: str) -> None:
        """Say that the person ended it, which is an error to programs only."""
        if self.as_json:
            self.error(code=code, message=message, hint="")
        else:
            self._aside(message)

    def _aside(self, text: str) -> None:
        self._say(printable(text, self.stderr))

    def _say(self, text: str) -> None:
        """Write to stderr; where nobody reads it any more, what is being done goes on."""
        wheel = self.stderr.isatty() and os.environ.get("TERM") != "dumb"
        over = CLEAR if wheel else ""  # a sign of life may stand there
        try:
            print(f"{over}{text}", file=self.stderr, flush=True)
        except OSError:
            unheard(self.stderr)


def unheard(stream: TextIO) -> None:
    """Let what is written to a stream that cannot be written any more go nowhere."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, stream.fileno())


def as_json(value: object) -> str:
    """Write a frozen result as one JSON object in ASCII; its fields are the keys."""
    return json.dumps(_plain(value), indent=2)


def table(heads: Sequence[str], rows: Sequence[Sequence[str]], width: int | None) -> str:
    """Lay rows out in columns, one record a line and nothing cut; no rows give no table.

    On a terminal of fewer columns than that takes, which `width` says, the cells are folded.
    """
    if not rows:
        return ""
    lines = [tuple(head.upper() for head in heads), *rows]
    widths = [max(_width(line[column]) for line in lines) for column in range(len(heads))]
    if width is not None and sum(widths) + len(GAP) * (len(heads) - 1) > width:
        return _folded(lines, widths, width)
    return "\n".join(
        GAP.join(
            cell + " " * (size - _width(cell)) for cell, size in zip(line, widths, strict=True)
        ).rstrip()
        for line in lines
    )


def printable(text: str, stream: TextIO) -> str:
    """Escape what the stream cannot carry, and control characters that would drive a terminal."""
    encoding = stream.encoding or "utf-8"
    shown = "".join(
        letter
        if letter.isprintable() or letter in PLAIN_SPACE
        else letter.encode("unicode_escape").decode()
        for letter in text
    )
    return shown.encode(encoding, "backslashreplace").decode(encoding)


def _folded(lines: Sequence[Sequence[str]], widths: Sequence[int], width: int) -> str:
    """Fold cells at their words, so that a table fits; a word that is wider itself is broken."""
    from rich.console import Console  # late: 60 ms, and only for a terminal that is too narrow
    from rich.table import Table

    heads, *rows = lines
    room = max(width, NARROWEST * len(heads))
    made = Table(box=None, pad_edge=False, padding=(0, len(GAP), 0, 0), header_style="")
    for head, size in zip(heads, _narrowed(lines, widths, room), strict=True):
        made.add_column(head, width=size, overflow="fold")
    for row in rows:
        made.add_row(*row)
    shown = StringIO()
    console = Console(
        file=shown, width=room, height=1, color_system=None, markup=False, emoji=False
    )
    console.print(made)
    return "\n".join(line.rstrip() for line in shown.getvalue().splitlines()).rstrip()


def _narrowed(lines: Sequence[Sequence[str]], widths: Sequence[int], room: int) -> Sequence[int]:
    """Take columns from the widest, first from those that are wider than their longest word."""
    sizes, every = list(widths), range(len(widths))
    words = [max(_width(word) for line in lines for word in [*line[n].split(), ""]) for n in every]
    while sum(sizes) > room - len(GAP) * (len(sizes) - 1):
        sizes[max(every, key=lambda n: (sizes[n] > words[n], sizes[n]))] -= 1
    return sizes


def _width(text: str) -> int:
    """Count the columns that a text takes: Chinese letters take two."""
    if text.isascii():
        return len(text)
    from unicodedata import east_asian_width  # a megabyte of tables that few commands need

    return sum(2 if east_asian_width(letter) in "WF" else 1 for letter in text)


def _plain(value: object) -> object:
    match value:
        case Secret():
            return value.masked()
        case Mapping():
            return {str(key): _plain(item) for key, item in value.items()}
        case tuple() | list():
            return [_plain(item) for item in value]
        case None | bool() | int() | float():
            return value
        case Struct():
            return {name: _plain(getattr(value, name)) for name in value.__struct_fields__}
        case _:
            return str(value)
