"""What fields each kind has and of which type: unknown ones are dropped, wrong ones are fatal."""

import base64
import binascii
import re
from collections.abc import Callable
from copy import deepcopy
from dataclasses import dataclass
from typing import Any

from .values import Json

Check = Callable[[Any, str], Any]
STAMP = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[-+]\d\d:\d\d)")


class WrongType(Exception):
    """A value that the kind's Go struct cannot hold."""


@dataclass(frozen=True)
class Fields:
    """A struct: its fields, and those that are written even when they hold nothing."""

    fields: dict[str, Check]
    always: tuple[tuple[str, Any], ...] = ()

    def __call__(self, value: Json, path: str) -> dict[str, Any]:
        """Check every field and leave out what holds nothing."""
        given = _expect(value, dict, path)
        checked = {
            name: check(given[name], f"{path}.{name}")
            for name, check in self.fields.items()
            if given.get(name) is not None
        }
        kept = {name: item for name, item in checked.items() if item not in ("", [], None)}
        defaults = {name: deepcopy(item) for name, item in self.always if name not in kept}
        return {**kept, **defaults}


def _expect(value: Json, kind: type | tuple[type, ...], path: str) -> Json:
    if not isinstance(value, kind) or (isinstance(value, bool) and kind is not bool):
        raise WrongType(f"{path} cannot hold {type(value).__name__}")
    return value


def text(value: Json, path: str) -> str:
    """Check a string."""
    return str(_expect(value, str, path))


def integer(value: Json, path: str) -> int:
    """Check a whole number; a float without fraction is one."""
    number = _expect(value, (int, float), path)
    if number != int(number):
        raise WrongType(f"{path} cannot hold {number}")
    return int(number)


def flag(value: Json, path: str) -> bool:
    """Check a boolean."""
    return bool(_expect(value, bool, path))


def anything(value: Json, _path: str) -> Json:
    """Take a value as it is."""
    return value


def struct(value: Json, path: str) -> dict[str, Any]:
    """Check a free mapping."""
    return dict(_expect(value, dict, path))


def stamp(value: Json, path: str) -> str:
    """Check a time."""
    if not STAMP.fullmatch(text(value, path)):
        raise WrongType(f"{path} is no time")
    return str(value)


def octets(value: Json, path: str) -> str:
    """Check base64."""
    try:
        base64.b64decode(re.sub(r"[\r\n]", "", text(value, path)), validate=True)
    except binascii.Error as error:
        raise WrongType(f"{path} is not base64") from error
    return str(value)


def one_of(*names: str, unset: str = "") -> Check:
    """Check an enumeration; its zero value is not written."""

    def check(value: Json, path: str) -> str:
        if isinstance(value, int) and not isinstance(value, bool) and value < len(names):
            value = names[value]
        if value not in names:
            raise WrongType(f"{path} has no value {value!r}")
        return "" if value == unset else str(value)

    return check


def list_of(check: Check) -> Check:
    """Check a list."""
    return lambda value, path: [check(item, path) for item in _expect(value, list, path)]


def map_of(check: Check) -> Check:
    """Check a map; null values are the zero value, an empty map is not written."""

    def checked(value: Json, path: str) -> dict[str, Any] | None:
        items = _expect(value, dict, path).items()
        return {key: "" if item is None else check(item, path) for key, item in items} or None

    return checked
