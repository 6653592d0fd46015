"""Bodies as Jackson reads them into Java classes: what is coerced, what is dropped, what is 400.

A shape is `str`, `int`, `bool`, `dict` (a free map), `object` (anything), `[shape]` for a list,
`{"name": shape}` for a class with these fields, `Values(shape)` for a map of such values.
None takes anything. Fields of a class that were not sent read None; unknown ones are dropped.
"""

from dataclasses import dataclass
from typing import Any

from ..values import Json
from .errors import MalformedBody

Shape = Any


@dataclass(frozen=True)
class Values:
    """A map with keys of any name and values of one shape."""

    shape: Shape


def read(value: Json, shape: Shape) -> Json:
    """Give the value in a shape, with None for every field that is missing."""
    if shape is None or shape is object:
        return value
    if value is None:
        return None
    if isinstance(shape, list):
        return [read(item, shape[0]) for item in _expect(value, list)]
    if isinstance(shape, Values):
        return {key: read(item, shape.shape) for key, item in _expect(value, dict).items()}
    if isinstance(shape, dict):
        fields = _expect(value, dict)
        return {name: read(fields.get(name), inner) for name, inner in shape.items()}
    return _scalar(value, shape)


def _expect(value: Json, kind: type) -> Json:
    if not isinstance(value, kind):
        raise MalformedBody
    return value


def _scalar(value: Json, shape: Shape) -> Json:
    if shape is dict:
        return _expect(value, dict)
    if isinstance(value, dict | list):
        raise MalformedBody
    return {str: _text, int: _integer, bool: _boolean, float: _number}[shape](value)


def _text(value: Json) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value)


def _integer(value: Json) -> int | None:
    if isinstance(value, str) and not value.strip():
        return None
    if isinstance(value, bool):
        raise MalformedBody
    try:
        return int(value)
    except (ValueError, OverflowError) as error:
        raise MalformedBody from error


def _number(value: Json) -> float:
    if isinstance(value, bool):
        raise MalformedBody
    try:
        return float(value)
    except ValueError as error:
        raise MalformedBody from error


def _boolean(value: Json) -> bool | None:
    if isinstance(value, bool):
        return value
    if isinstance(value, int | float):
        return value != 0
    words: dict[str, bool | None] = {"": None, "true": True, "false": False}
    words |= {"True": True, "TRUE": True, "False": False, "FALSE": False}
    if value.strip() not in words:
        raise MalformedBody
    return words[value.strip()]
