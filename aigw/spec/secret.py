"""Keys: values that never print themselves, and where they are kept."""

import json
from collections.abc import Iterable
from typing import Any

from msgspec import Struct

HIDDEN = "[hidden]"
_GO = {ord(sign): f"\\u{ord(sign):04x}" for sign in "<>&"}
SHORTEST_HIDDEN = 6
"""Fewer characters are no key, and hiding them would eat the text."""


class Secret:
    """A key: printing shows a mask, `reveal()` gives the value where it must leave the program."""

    __slots__ = ("_value",)

    def __init__(self, value: str) -> None:
        self._value = value

    def reveal(self) -> str:
        """Return the key itself."""
        return self._value

    def ends_with(self, ending: str) -> bool:
        """Say whether the key ends so: how a person names one of several without showing it."""
        return bool(ending) and self._value.endswith(ending)

    def stands_in(self, text: str) -> bool:
        """Say whether the key is in a text, spelled as JSON spells it, here or in Go."""
        spelled = json.dumps(self._value, ensure_ascii=False)[1:-1]
        return spelled in text or spelled.translate(_GO) in text

    def masked(self) -> str:
        """Show at most a quarter of the key and never more than seven characters: `sk-...3f2a`."""
        shown = min(len(self._value) // 4, 7)
        tail = min(shown, 4)
        return f"{self._value[: shown - tail]}...{self._value[-tail:]}" if tail else "..."

    def __repr__(self) -> str:
        return f"Secret({self.masked()})"

    __str__ = masked

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Secret) and self._value == other._value

    def __hash__(self) -> int:
        return hash(("Secret", self._value))


class Unshown(Struct, frozen=True):
    """A value with keys somewhere in it: printing shows only what it is."""

    def __repr__(self) -> str:
        return f"{type(self).__name__}(...)"

    def __rich_repr__(self) -> list[tuple[str, Any]]:
        return []


def hide(text: str, secrets: Iterable[Secret]) -> str:
    """Cut every one of the keys out of a text, also where it stands escaped.

    Of a pair `ID:SECRET` the second half is cut by itself, too.
    """
    values = {secret.reveal() for secret in secrets}
    values |= {value.partition(":")[2] for value in values}
    for value in sorted(values, key=len, reverse=True):
        if len(value) >= SHORTEST_HIDDEN:
            text = text.replace(value, HIDDEN).replace(repr(value)[1:-1], HIDDEN)
    return text


class Stored(Struct, frozen=True):
    """All keys kept for the provider's id in `credentials.yaml`; written `store`."""

    def __str__(self) -> str:
        return "store"


class FromEnvironment(Struct, frozen=True):
    """A key in an environment variable, read when a configuration is applied; `env:VAR`."""

    variable: str

    def __str__(self) -> str:
        return f"env:{self.variable}"


class FromFile(Struct, frozen=True):
    """A key read from a file when a configuration is applied; written `file:PATH`."""

    path: str

    def __str__(self) -> str:
        return f"file:{self.path}"


KeySource = Stored | FromEnvironment | FromFile
