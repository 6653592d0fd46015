"""A place in a YAML tree, read with its type; problems are collected, never raised one by one."""

import re
from collections.abc import Collection, Mapping, Sequence

from msgspec import Struct

from aigw.errors import Problem
from aigw.spec.forms import Form

PLAIN_KEY = re.compile(r"[A-Za-z_][A-Za-z0-9_-]*")
LONGEST_SHOWN = 60
MOST_UNKNOWN = 20
KINDS: tuple[tuple[type, str], ...] = (
    (bool, "true or false"),
    (int, "a number"),
    (float, "a number"),
    (str, "text"),
    (list, "a list"),
    (dict, "a mapping"),
)


class Node(Struct, frozen=True):
    """A value, its path (`providers[1].models[0]`) and the list that collects problems.

    A null is as good as absent. Every reading method answers an absent or a wrong value with an
    empty one, so that reading goes on and finds the other problems.
    """

    value: object
    path: str
    problems: list[Problem]

    @property
    def absent(self) -> bool:
        """Say whether nothing stands here."""
        return self.value is None

    def refuse(self, message: str) -> None:
        """Note what is wrong here."""
        self.problems.append(Problem(path=self.path, message=message))

    def required(self) -> "Node":
        """Note it when nothing stands here."""
        if self.absent:
            self.refuse("is missing")
        return self

    def fields(
        self, known: Collection[str], advice: Mapping[str, str] | None = None
    ) -> dict[str, "Node"]:
        """Return the node of each known key; refuse other keys, with `advice` if there is any."""
        if not isinstance(self.value, dict):
            self._refuse_kind("a mapping")
            return {key: Node(None, self._below(key), []) for key in known}
        unknown = [key for key in self.value if key not in known]
        for key in unknown[:MOST_UNKNOWN]:
            self._child(key).refuse(_unknown(key, known, advice or {}))
        if len(unknown) > MOST_UNKNOWN:
            self.refuse(f"has {len(unknown) - MOST_UNKNOWN} more unknown keys")
        return {key: self._child(key) for key in known}

    def entries(self, most: int) -> list[tuple["Node", "Node"]]:
        """Return keys and values of a mapping that takes any text as key; both have one path."""
        if not isinstance(self.value, dict):
            self._refuse_kind("a mapping")
            return []
        if len(self.value) > most:
            self.refuse(f"has {len(self.value)} entries; {most} is the most")
            return []
        return [
            (Node(key, self._below(key), self.problems), self._child(key)) for key in self.value
        ]

    def items(self, most: int) -> list["Node"]:
        """Return the nodes of a list."""
        if not isinstance(self.value, list):
            self._refuse_kind("a list")
            return []
        if len(self.value) > most:
            self.refuse(f"has {len(self.value)} items; {most} is the most")
            return []
        return [
            Node(item, f"{self.path}[{index}]", self.problems)
            for index, item in enumerate(self.value)
        ]

    def text(self, form: Form) -> str:
        """Return a text of that form."""
        if not isinstance(self.value, str):
            self._refuse_kind("text")
            return ""
        if len(self.value) < form.shortest:
            self.refuse("is empty")
        elif len(self.value) > form.longest:
            self.refuse(f"has {len(self.value)} characters; {form.longest} is the most")
        elif not re.search(form.pattern, self.value):
            self.refuse(form.must)
        else:
            return self.value
        return ""

    def word(self, choices: Sequence[str]) -> str:
        """Return one of these words."""
        if isinstance(self.value, str) and self.value in choices:
            return self.value
        if not self.absent:
            self.refuse(f"must be {_listed(choices)}{_meant(self.value, choices)}")
        return ""

    def whole(self, least: int, most: int) -> int | None:
        """Return a whole number within these bounds."""
        match self.value:
            case bool() | None:
                pass
            case int() as number if least <= number <= most:
                return number
            case float() as number if number.is_integer() and least <= number <= most:
                return int(number)
        if not self.absent:
            self.refuse(f"must be a whole number from {least} to {most}")
        return None

    def flag(self) -> bool | None:
        """Return true or false."""
        if isinstance(self.value, bool):
            return self.value
        self._refuse_kind("true or false")
        return None

    def _refuse_kind(self, wanted: str) -> None:
        if not self.absent:
            self.refuse(f"must be {wanted}, not {kind_of(self.value)}")

    def _child(self, key: object) -> "Node":
        value = self.value.get(key) if isinstance(self.value, dict) else None
        return Node(value, self._below(key), self.problems)

    def _below(self, key: object) -> str:
        if isinstance(key, str) and PLAIN_KEY.fullmatch(key) and len(key) <= LONGEST_SHOWN:
            return f"{self.path}.{key}" if self.path else key
        return f"{self.path}[{shown(key)}]"


def shown(value: object) -> str:
    """Return a value in one short printable line."""
    text = ascii(value) if not str(value).isprintable() else repr(value)
    return text if len(text) <= LONGEST_SHOWN else f"{text[: LONGEST_SHOWN - 3]}..."


def kind_of(value: object) -> str:
    """Say in words what kind of value this is."""
    return next((words for kind, words in KINDS if isinstance(value, kind)), "a date or the like")


def _unknown(key: object, known: Collection[str], advice: Mapping[str, str]) -> str:
    if not isinstance(key, str):
        return f"is no key, but {kind_of(key)}"
    return advice.get(key) or f"is unknown{_meant(key, known)}"


def _meant(value: object, known: Collection[str]) -> str:
    """Return a question that names the known words which the value is near to, if there are any."""
    from difflib import get_close_matches  # slow to import, and only an error needs it

    if not isinstance(value, str):
        return ""
    lower = {word.lower(): word for word in known}
    near = [lower[word] for word in get_close_matches(value[:100].lower(), lower, n=2)]
    return f"; did you mean {_listed(near)}?" if near else ""


def _listed(words: Sequence[str]) -> str:
    quoted = [f"`{word}`" for word in words]
    return " or ".join(part for part in (", ".join(quoted[:-1]), quoted[-1]) if part)
