"""A configured provider."""

from collections.abc import Mapping
from enum import IntEnum

from msgspec import Struct

from aigw.catalog.options import OptionValue
from aigw.spec.secret import KeySource


class PatternKind(IntEnum):
    """The kinds of model pattern, in the order in which they win."""

    EXACT = 1
    PREFIX = 2
    GLOB = 3
    ANY = 4


class ModelPattern(Struct, frozen=True):
    """A glob over model names: `gpt-4o`, `qwen-*`, `*-turbo`, `*`."""

    text: str

    @property
    def kind(self) -> PatternKind:
        """Say which step of the precedence this pattern belongs to."""
        if self.text == "*":
            return PatternKind.ANY
        if "*" not in self.text:
            return PatternKind.EXACT
        only_last = self.text.index("*") == len(self.text) - 1
        return PatternKind.PREFIX if only_last else PatternKind.GLOB

    @property
    def literal_length(self) -> int:
        """Length of the prefix, or of the longest literal part of a glob, in characters."""
        return max(len(part) for part in self.text.split("*"))

    def matches(self, model: str) -> bool:
        """Say whether the whole model name fits."""
        head, *rest = self.text.split("*")
        if not rest:
            return model == head
        *middle, tail = rest
        if not (model.startswith(head) and model[len(head) :].endswith(tail)):
            return False
        position, end = len(head), len(model) - len(tail)
        for part in middle:
            found = model.find(part, position, end)
            if found < 0:
                return False
            position = found + len(part)
        return position <= end

    def __str__(self) -> str:
        return self.text


class Fallback(Struct, frozen=True, kw_only=True):
    """A provider to try when the first refuses; an empty `model` keeps the one asked for."""

    provider: str
    model: str = ""


class Provider(Struct, frozen=True, kw_only=True):
    """A configured LLM service: a catalogue type with its keys, patterns and options.

    `patterns_given` tells patterns the user chose from the catalogue's defaults.
    """

    id: str
    type: str
    models: tuple[ModelPattern, ...]
    patterns_given: bool
    keys: tuple[KeySource, ...]
    url: str
    model_map: Mapping[str, str]
    options: Mapping[str, OptionValue]
    fallback: tuple[Fallback, ...] = ()
