"""A request to the demo provider as all APIs have it, and the text of the answer."""

import json
from collections.abc import Mapping
from hashlib import sha256
from itertools import cycle, islice
from typing import Final

from msgspec import Struct

from aigw.engines.demo.directions import Directions, directions, without_directions
from aigw.spec.prompt import prompt_of

CREATED: Final = 1_760_000_000
"""When every answer is made: answers are the same each time."""

_ECHO_CHARACTERS = 120


class Asked(Struct, frozen=True, kw_only=True):
    """One request; `pieces` is the answer as it is streamed."""

    body: Mapping[str, object]
    model: str
    directions: Directions
    pieces: tuple[str, ...]
    input_tokens: int

    @property
    def text(self) -> str:
        """The whole answer."""
        return "".join(self.pieces)

    @property
    def output_tokens(self) -> int:
        """One a piece."""
        return len(self.pieces)

    @property
    def key(self) -> str:
        """What the answer's id is made of."""
        return sha256(json.dumps(self.body, sort_keys=True).encode()).hexdigest()[:16]


def asked(body: Mapping[str, object], header: str) -> Asked:
    """Read a request: what was said, and what it wants of the demo provider."""
    prompt = _prompt(body)
    model = str(body.get("model", ""))
    wanted = directions(prompt, header)
    pieces = _pieces(model, without_directions(prompt))
    return Asked(
        body=body,
        model=model,
        directions=wanted,
        pieces=tuple(islice(cycle(pieces), wanted.chunks or len(pieces))),
        input_tokens=tokens(prompt),
    )


def tokens(text: str) -> int:
    """Count four bytes as a token, as a rule of thumb does."""
    return max(1, len(text.encode(errors="replace")) // 4)


def _prompt(body: Mapping[str, object]) -> str:
    match body:
        case {"prompt": str(text)} | {"prompt": [str(text), *_]} | {"input": [str(text), *_]}:
            return text
        case _:
            return prompt_of(body)


def _pieces(model: str, heard: str) -> list[str]:
    """Cut the answer into words, each with the blank that follows it."""
    echo = heard if len(heard) <= _ECHO_CHARACTERS else f"{heard[:_ECHO_CHARACTERS]}..."
    text = f"This is the demo provider, asked for model {model}. You said: {echo}"
    *words, last = text.split(" ")
    return [*(f"{word} " for word in words), last]
