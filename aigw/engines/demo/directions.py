"""What a request may ask of the demo provider: `demo:slow=2`, `demo:chunks=200` and the like."""

import re
from typing import Final

from msgspec import Struct

HEADER: Final = "x-demo"
MOST_CHUNKS: Final = 10_000
LONGEST_SLOW: Final = 120.0
LONGEST_DELAY: Final = 10.0
LONGEST_STREAM: Final = 600.0

_NUMBER = r"([0-9]{1,6}(?:\.[0-9]{1,6})?)"
_ERRORS = range(400, 600)
_WORDS = ("slow", "delay", "chunks", "status", "cut")
_IN_TEXT = re.compile(rf"\bdemo:({'|'.join(_WORDS)})={_NUMBER}(?![0-9.])\s?")
_IN_HEADER = re.compile(rf"(?:^|[\s,])({'|'.join(_WORDS)})={_NUMBER}(?=$|[\s,])")


class Directions(Struct, frozen=True, kw_only=True):
    """How to answer.

    `slow` seconds before the first byte, `delay` seconds between chunks, `chunks` pieces of text
    (0: one a word), `status` instead of an answer (0: none), `cut` the connection after so many
    chunks (None: never).
    """

    slow: float = 0.0
    delay: float = 0.0
    chunks: int = 0
    status: int = 0
    cut: int | None = None


NONE: Final = Directions()


def directions(text: str, header: str) -> Directions:
    """Read what the prompt and the header `x-demo: slow=2 chunks=5` ask for, held within bounds.

    The header wins. A status that is no error is not taken.
    """
    said = {**dict(_IN_TEXT.findall(text)), **dict(_IN_HEADER.findall(header))}
    chunks = min(int(float(said.get("chunks", 0))), MOST_CHUNKS)
    longest = min(LONGEST_DELAY, LONGEST_STREAM / max(chunks, 1))
    status = int(float(said.get("status", 0)))
    return Directions(
        slow=min(float(said.get("slow", 0)), LONGEST_SLOW),
        delay=min(float(said.get("delay", 0)), longest),
        chunks=chunks,
        status=status if status in _ERRORS else 0,
        cut=int(float(said["cut"])) if "cut" in said else None,
    )


def without_directions(text: str) -> str:
    """Return what was said beside the directions."""
    return _IN_TEXT.sub("", text).strip()
