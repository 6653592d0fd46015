"""The file store of an old installation: every file that was live in it, as a tree of texts.

The old gateway read what our own documents may not hold: keys that stand twice, values whose kind
readers differ about. Every scalar is therefore kept as it is written; only null is None.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import partial
from pathlib import Path

import yaml

from aigw.errors import SpecInvalid
from aigw.spec.secret import Unshown
from aigw.spec.yaml_problem import yaml_problem
from aigw.state.files import reason

KINDS = (
    *("configmaps", "secrets", "services", "endpoints", "pods", "nodes", "namespaces"),
    *("mutatingwebhookconfigurations", "validatingwebhookconfigurations", "endpointslices"),
    *("ingresses", "ingressclasses", "wasmplugins", "mcpbridges", "http2rpcs", "gatewayclasses"),
    *("gateways", "httproutes", "referencegrants", "envoyfilters"),
)
"""The folders that the old API server reads."""

MAX_BYTES = 2 * 1024 * 1024
MOST_FILES = 5000
_MAX_DEPTH = 64
_MAX_NODES = 200_000
_NULLS = frozenset({"", "~", "null", "Null", "NULL"})
_Loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


class Unreadable(Exception):
    """A file has no tree; `why` quotes nothing of it, since it may hold keys."""

    def __init__(self, why: str, *, denied: bool = False) -> None:
        super().__init__(why)
        self.why = why
        self.denied = denied


class Store(Unshown, frozen=True, kw_only=True):
    """What was read, by path in the store: trees, bytes, and why others could not be.

    `doubles` are the keys that stand twice in a mapping, `denied` the files that we may not read.
    """

    trees: Mapping[str, object]
    contents: Mapping[str, bytes]
    bad: tuple[tuple[str, str], ...]
    doubles: tuple[tuple[str, str], ...]
    denied: tuple[str, ...]


def read_store(folder: Path) -> Store:
    """Read every live file of a store; raises Unreadable for a folder that cannot be read."""
    return _store(
        (path.relative_to(folder).as_posix(), partial(read_limited, path)) for path in _live(folder)
    )


def store_of(files: Mapping[str, bytes]) -> Store:
    """Make a store of files that were read elsewhere, by their paths in it."""
    live = [
        name
        for kind in KINDS
        for name in sorted(files)
        if name.startswith(f"{kind}/") and name.count("/") == 1 and name.endswith(".yaml")
    ]
    _refuse_many(len(live), "the store")
    return _store((name, partial(_limited, files[name])) for name in live)


def _store(files: Iterable[tuple[str, Callable[[], bytes]]]) -> Store:
    trees: dict[str, object] = {}
    contents: dict[str, bytes] = {}
    bad: list[tuple[str, str]] = []
    denied: list[tuple[str, str]] = []
    doubles: list[tuple[str, str]] = []
    for name, read in files:
        try:
            contents[name] = read()
            tree, twice = texts(contents[name])
        except Unreadable as error:
            (denied if error.denied else bad).append((name, error.why))
        else:
            trees[name] = tree
            doubles += [(name, key) for key in twice]
    return Store(
        trees=trees,
        contents=contents,
        bad=tuple(bad),
        doubles=tuple(doubles),
        denied=tuple(name for name, _ in denied),
    )


def read_limited(path: Path) -> bytes:
    """Read a file of at most 2 MiB; raises Unreadable."""
    try:
        if not path.is_file():
            raise Unreadable("it is no file, or a link that leads nowhere")
        with path.open("rb") as file:
            content = file.read(MAX_BYTES + 1)
    except PermissionError as error:
        raise Unreadable("you may not read it", denied=True) from error
    except OSError as error:
        raise Unreadable(reason(error)) from error
    return _limited(content)


def _limited(content: bytes) -> bytes:
    if len(content) > MAX_BYTES:
        raise Unreadable("it is larger than 2 MiB")
    return content


def texts(content: bytes) -> tuple[object, tuple[str, ...]]:
    """Return the tree of the first document, and the keys that stand twice; raises Unreadable."""
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise Unreadable(f"line {line}: it is not UTF-8") from error
    try:
        reader = _Reader(text)
        return reader.document(), tuple(dict.fromkeys(reader.doubles))
    except yaml.YAMLError as error:
        raise Unreadable(yaml_problem(error)) from error
    except (ValueError, SpecInvalid) as error:
        raise Unreadable("it is not YAML") from error


def _live(folder: Path) -> Iterator[Path]:
    """Yield the files that the old API server loaded, in the order of their names."""
    count = 0
    for kind in KINDS:
        below = folder / kind
        if not below.is_dir():
            continue
        try:
            found = sorted(path for path in below.iterdir() if path.name.endswith(".yaml"))
        except OSError as error:
            message = f"`{below}` cannot be read: {reason(error)}"
            raise Unreadable(message, denied=isinstance(error, PermissionError)) from error
        count += len(found)
        _refuse_many(count, f"`{folder}`")
        yield from found


def _refuse_many(count: int, where: str) -> None:
    if count > MOST_FILES:
        raise Unreadable(f"{where} holds more than {MOST_FILES} resources")


class _Reader:
    """Reads the parser's events, which unlike its nodes cannot exhaust the stack."""

    def __init__(self, text: str) -> None:
        self._events: Iterator[yaml.Event] = yaml.parse(text, Loader=_Loader)
        self._count = 0
        self.doubles: list[str] = []

    def document(self) -> object:
        """Return the first document; None where there is none."""
        for event in self._events:
            if isinstance(event, yaml.DocumentStartEvent):
                return self._node(next(self._events), depth=0)
        return None

    def _node(self, event: yaml.Event, *, depth: int) -> object:
        self._count += 1
        mark = getattr(event, "start_mark", None)
        where = f"line {mark.line + 1}: " if mark else ""
        if depth > _MAX_DEPTH or self._count > _MAX_NODES:
            raise Unreadable(f"{where}it is nested too deeply, or holds too much")
        match event:
            case yaml.ScalarEvent():
                plain = event.implicit[0] and event.value in _NULLS
                return None if plain else event.value
            case yaml.SequenceStartEvent():
                return self._items(depth=depth)
            case yaml.MappingStartEvent():
                return self._entries(depth=depth)
            case _:
                raise Unreadable(f"{where}anchors and aliases are not taken")

    def _items(self, *, depth: int) -> list[object]:
        found = []
        while not isinstance(event := next(self._events), yaml.SequenceEndEvent):
            found.append(self._node(event, depth=depth + 1))
        return found

    def _entries(self, *, depth: int) -> dict[str, object]:
        """Read a mapping; of keys that stand twice the last counts, as for the old API server."""
        found: dict[str, object] = {}
        while not isinstance(event := next(self._events), yaml.MappingEndEvent):
            key = self._node(event, depth=depth + 1)
            value = self._node(next(self._events), depth=depth + 1)
            if not isinstance(key, str):
                raise Unreadable("a key is no text")
            if key in found:
                self.doubles.append(key)
            found[key] = value
        return found
