"""YAML by hand, read strictly: what readers could understand differently is refused."""

import os
import re
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import NoReturn, Protocol

import yaml
from msgspec import Struct

from aigw.errors import Problem, SpecInvalid
from aigw.state.files import reason

MAX_BYTES = 10 * 1024 * 1024
_MAX_DEPTH = 64
_MAX_NODES = 500_000  # a second to read; 10,000 routing rules have 70,000
# What YAML 1.2.2 calls printable (5.1), without the byte order mark.
_UNPRINTABLE = "[^\t\n\r\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufefe\uff00-\ufffd\U00010000-\U0010ffff]"
_WORDS = {"": None, "~": None, "null": None, "Null": None, "NULL": None} | {
    word: value
    for value in (True, False)
    for word in (str(value), str(value).lower(), str(value).upper())
}
_INTEGER = re.compile(r"[-+]?(0|[1-9][0-9]{0,17})\Z")
_FLOAT = re.compile(r"[-+]?(0|[1-9][0-9]*)\.[0-9]+([eE][-+][0-9]+)?\Z")
# Numbers of YAML 1.2.2 (10.3.2), and the booleans of YAML 1.1 that PyYAML does not take for one.
_OTHER_READERS = re.compile(
    r"([-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?|0o[0-7]+|[yYnN])\Z"
)
Scalar = str | int | float | bool | None
_Loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


class Text(Struct, frozen=True):
    """A scalar: a string, number, boolean or None; offsets count characters of the document."""

    value: Scalar
    start: int
    end: int


class Items(Struct, frozen=True):
    """A sequence; `end` is behind the last item, or behind the bracket of one with brackets."""

    items: tuple["Node", ...]
    start: int
    end: int
    flow: bool


class Entries(Struct, frozen=True):
    """A mapping, as pairs of a key (always text) and a value; `end` as for Items."""

    entries: tuple[tuple[Text, "Node"], ...]
    start: int
    end: int
    flow: bool

    def find(self, key: str) -> tuple[Text, "Node"] | None:
        """Return the entry of that key."""
        return next((entry for entry in self.entries if entry[0].value == key), None)


Node = Text | Items | Entries


def read_text(path: Path) -> str:
    """Read a document of at most 10 MiB; raises SpecInvalid unless it is printable UTF-8.

    So it does at once for a pipe or a device: who writes into it may never come.
    """
    source = os.fspath(path)
    try:
        with open(path, "rb", opener=_open_at_once) as file:
            if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
                raise SpecInvalid(source, [Problem(path="", message="is no regular file")])
            content = file.read(MAX_BYTES + 1)
    except OSError as error:
        words = "there is no such file" if isinstance(error, FileNotFoundError) else reason(error)
        raise SpecInvalid(source, [Problem(path="", message=words)]) from error
    if len(content) > MAX_BYTES:
        raise SpecInvalid(source, [Problem(path="", message="is larger than 10 MiB")])
    try:
        text = content.decode()
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise SpecInvalid(source, [Problem(path=f"line {line}", message="is not UTF-8")]) from error
    _check_characters(text, source)
    return text


def _open_at_once(path: str, flags: int) -> int:
    return os.open(path, flags | os.O_NONBLOCK)


def _check_characters(text: str, source: str) -> None:
    if text.startswith("\ufeff"):
        words = "starts with a byte order mark; save it as UTF-8 without one"
        raise SpecInvalid(source, [Problem(path="line 1", message=words)])
    if text.replace("\n", "").isprintable():
        return  # as nearly always: the expression below takes longer to compile than all else
    if found := re.search(_UNPRINTABLE, text):
        line = text.count("\n", 0, found.start()) + 1
        words = f"holds the character U+{ord(found.group()):04X}; write it as an escape in quotes"
        raise SpecInvalid(source, [Problem(path=f"line {line}", message=words)])


def compose(text: str, *, source: str) -> Node:
    """Make nodes of a document; raises SpecInvalid for bad YAML, aliases, tags, repeated keys."""
    try:
        return _Composer(text, source).document()
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        words = error.problem or "is not YAML"
        if mark and text[mark.index : mark.index + 1] == "\t":
            words = "a tab cannot indent; use spaces"
        problem = Problem(path=_place(mark), message=words)
        raise SpecInvalid(source, [problem]) from error


def plain(node: Node) -> object:
    """Return what a node says, without where it stands."""
    match node:
        case Text(value):
            return value
        case Items(items):
            return [plain(item) for item in items]
        case Entries(entries):
            return {str(key.value): plain(value) for key, value in entries}


class _Composer:
    """Reads the parser's events into nodes."""

    def __init__(self, text: str, source: str) -> None:
        self._text = text
        self._source = source
        self._events: Iterator[yaml.Event] = yaml.parse(text, Loader=_Loader)
        self._count = 0

    def document(self) -> Node:
        """Return the one document there is to be."""
        next(self._events)
        start = next(self._events)
        if not isinstance(start, yaml.DocumentStartEvent):
            self._refuse(None, "is empty")
        if start.version or start.tags:
            self._refuse(start, "directives (`%`) are not taken")
        node = self._node(next(self._events), depth=0)
        next(self._events)
        if not isinstance(following := next(self._events), yaml.StreamEndEvent):
            self._refuse(following, "a second document is not taken")
        return node

    def _node(self, event: yaml.Event, *, depth: int) -> Node:
        if depth > _MAX_DEPTH:
            self._refuse(event, f"is nested deeper than {_MAX_DEPTH}")
        self._count += 1
        if self._count > _MAX_NODES:
            self._refuse(event, f"more than {_MAX_NODES:,} values are not taken")
        self._refuse_extras(event)
        match event:
            case yaml.SequenceStartEvent():
                return self._items(event, depth=depth)
            case yaml.MappingStartEvent():
                return self._entries(event, depth=depth)
            case yaml.ScalarEvent():
                return self._scalar(event, self._value(event))
            case _:
                self._refuse(event, "is not YAML")

    def _refuse_extras(self, event: yaml.Event) -> None:
        if not isinstance(event, yaml.NodeEvent):
            return
        if isinstance(event, yaml.AliasEvent) or event.anchor is not None:
            words = "anchors and aliases (`&`, `*`) are not taken; quote text that starts so"
            self._refuse(event, words)
        if isinstance(event, yaml.CollectionStartEvent | yaml.ScalarEvent) and event.tag:
            self._refuse(event, "tags (`!`) are not taken; quote text that starts so")

    def _items(self, event: yaml.SequenceStartEvent, *, depth: int) -> Items:
        items: list[Node] = []
        while not isinstance(following := next(self._events), yaml.SequenceEndEvent):
            items.append(self._node(following, depth=depth + 1))
        flow = bool(event.flow_style)
        end = _index(following.end_mark) if flow else items[-1].end
        return Items(tuple(items), _index(event.start_mark), end, flow)

    def _entries(self, event: yaml.MappingStartEvent, *, depth: int) -> Entries:
        entries: list[tuple[Text, Node]] = []
        seen: dict[str, str] = {}
        while not isinstance(following := next(self._events), yaml.MappingEndEvent):
            key = self._key(following, seen)
            entries.append((key, self._node(next(self._events), depth=depth + 1)))
        flow = bool(event.flow_style)
        end = _index(following.end_mark) if flow else entries[-1][1].end
        return Entries(tuple(entries), _index(event.start_mark), end, flow)

    def _key(self, event: yaml.Event, seen: dict[str, str]) -> Text:
        self._refuse_extras(event)
        if not isinstance(event, yaml.ScalarEvent) or not event.value:
            self._refuse(event, "a key must be text")
        if event.value in seen:
            words = f"`{event.value}` stands here twice, first in {seen[event.value]}"
            self._refuse(event, words)
        seen[event.value] = _place(event.start_mark)
        return self._scalar(event, event.value)

    def _scalar(self, event: yaml.ScalarEvent, value: Scalar) -> Text:
        start, end = _index(event.start_mark), _index(event.end_mark)
        if event.style in ("|", ">"):
            end = start + len(self._text[start:end].rstrip())
        return Text(value, start, end)

    def _value(self, event: yaml.ScalarEvent) -> Scalar:
        text = event.value
        if not event.implicit[0]:
            return text
        if text in _WORDS:
            return _WORDS[text]
        if _INTEGER.match(text):
            return int(text)
        if _FLOAT.match(text):
            return float(text)
        if _is_unclear(text):
            self._refuse(event, "YAML readers differ about this value; put it in quotes")
        return text

    def _refuse(self, event: yaml.Event | None, words: str) -> NoReturn:
        where = _place(event.start_mark if event else None)
        raise SpecInvalid(self._source, [Problem(path=where, message=words)])


class _Mark(Protocol):
    """Where an event begins or ends, counted from 0, as both parsers of PyYAML say it."""

    index: int
    line: int
    column: int


def _index(mark: _Mark | None) -> int:
    return mark.index if mark else 0


def _place(mark: _Mark | None) -> str:
    return f"line {mark.line + 1}, column {mark.column + 1}" if mark else ""


def is_certain_text(text: str) -> bool:
    """Say whether every YAML reader takes this plain text for text."""
    return text not in _WORDS and not _INTEGER.match(text) and not _is_unclear(text)


def _is_unclear(text: str) -> bool:
    resolvers = yaml.SafeLoader.yaml_implicit_resolvers.get(text[:1], ())
    return bool(_OTHER_READERS.match(text)) or any(pattern.match(text) for _, pattern in resolvers)
