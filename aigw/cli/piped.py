"""A document that is piped in, as a file that can be read more than once."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from aigw.cli.session import Session
from aigw.errors import SpecInvalid
from aigw.state.reading import MAX_BYTES

PIPE = "-"
NAME = "standard input"


@contextmanager
def readable(session: Session, file: Path | None) -> Iterator[Path | None]:
    """Give the file that was named; for `-` a private one of standard input, gone at the end.

    A SpecInvalid about it names standard input.
    """
    if file is None or os.fspath(file) != PIPE:
        yield file
        return
    with TemporaryDirectory(prefix="aigw-") as folder:  # made for this user alone
        kept = Path(folder) / "gateway.yaml"
        kept.write_bytes(session.stdin.buffer.read(MAX_BYTES + 1))
        try:
            yield kept
        except SpecInvalid as error:
            if error.source != os.fspath(kept):
                raise
            raise SpecInvalid(NAME, error.problems, hint=error.hint) from error
