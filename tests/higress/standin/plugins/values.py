"""JSON as the plugins read it: of two equal keys the first counts, all bytes stay in place."""

import json
import re
from dataclasses import dataclass
from typing import Any, NoReturn

_BLANK = re.compile(r"[ \t\n\r]*")


class NotJson(ValueError):
    """The text is not JSON as a whole."""


def _refuse(constant: str) -> NoReturn:
    raise NotJson(constant)


_DECODER = json.JSONDecoder(
    object_pairs_hook=lambda pairs: dict(reversed(pairs)), parse_constant=_refuse
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """A value and the characters of the text that it takes."""

    value: Any
    start: int
    end: int


def parse(text: str) -> Any:  # noqa: ANN401 - any JSON
    """Read a whole text."""
    try:
        value, end = _DECODER.raw_decode(text, _skip(text, 0))
    except (ValueError, RecursionError) as error:
        raise NotJson(str(error)) from error
    if _skip(text, end) != len(text):
        raise NotJson("text after the value")
    return value


def find(text: str, path: str) -> Found | None:
    """Find a value by keys and positions with dots between them, as gjson does."""
    start = _skip(text, 0)
    end = len(text)
    for key in path.split("."):
        member = _member(text, start, key)
        if member is None:
            return None
        start, end = member
    value, end = _DECODER.raw_decode(text, start)
    return Found(value=value, start=start, end=end)


def _member(text: str, start: int, wanted: str) -> tuple[int, int] | None:
    opening = text[start : start + 1]
    if opening not in {"{", "["}:
        return None
    at = _skip(text, start + 1)
    number = 0
    while text[at] not in "}]":
        key = str(number)
        if opening == "{":
            key, at = _DECODER.raw_decode(text, at)
            at = _skip(text, _skip(text, at) + 1)
        _, end = _DECODER.raw_decode(text, at)
        if key == wanted:
            return at, end
        at = _skip(text, end)
        at = _skip(text, at + 1) if text[at] == "," else at
        number += 1
    return None


def _skip(text: str, at: int) -> int:
    match = _BLANK.match(text, at)
    return match.end() if match else at


def as_text(value: object, raw: str) -> str:
    """Write a value as gjson's String does: text is itself, the rest its JSON."""
    if isinstance(value, str):
        return value
    return "" if value is None else raw


def go_json(value: object, *, in_order: bool = False) -> str:
    """Write compact JSON as Go does: sorted keys for a map, keys in order for a struct."""
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"), sort_keys=not in_order)
    return text.replace("&", "\\u0026").replace("<", "\\u003c").replace(">", "\\u003e")
