"""Values as YAML text that every reader understands alike."""

import json
import re
from collections.abc import Mapping, Sequence

from aigw.state.reading import is_certain_text

Path = tuple[str, ...]
Blocks = frozenset[Path]

_LONGEST_KEY = 1000
_PLAIN = re.compile(r"[A-Za-z0-9_]([A-Za-z0-9_./:-]*[A-Za-z0-9_])?\Z")
_FLOAT = re.compile(r"-?[0-9]+\.[0-9]+(e[-+][0-9]+)?\Z")
# Not printable in YAML 1.2.2 (5.1), or a line break in YAML 1.1 (5.4), which quotes would fold.
_ESCAPED = re.compile("[\x7f-\x9f\u2028\u2029\ufeff\ufffe\uffff]")


def inline(value: object) -> str:
    """Write a value on one line; raises TypeError for what YAML cannot say plainly."""
    match value:
        case None | bool() | int():
            written = json.dumps(value)
        case str():
            written = _text(value)
        case float():
            written = _float(value)
        case Mapping():
            pairs = (f"{_flow_key(key)}: {inline(item)}" for key, item in value.items())
            written = f"{{{', '.join(pairs)}}}"
        case Sequence():
            written = f"[{', '.join(inline(item) for item in value)}]"
        case _:
            raise TypeError(f"{type(value).__name__} has no place in a document")
    return written


def entries(tree: Mapping[str, object], path: Path, blocks: Blocks, *, indent: int) -> str:
    """Write a mapping, each key on a line of its own; `blocks` says which values get lines too."""
    return "".join(entry(key, value, path, blocks, indent=indent) for key, value in tree.items())


def entry(key: str, value: object, path: Path, blocks: Blocks, *, indent: int) -> str:
    """Write a key and its value, which stands on lines of its own where `blocks` names its path."""
    pad, below = " " * indent, (*path, key)
    if value and below in blocks:
        return f"{pad}{_text(key)}:\n{lines(value, below, blocks, indent=indent + 2)}"
    return f"{pad}{_text(key)}: {inline(value)}\n"


def item(value: object, path: Path, blocks: Blocks, *, indent: int) -> str:
    """Write one item of a sequence after its dash; `path` is the sequence's."""
    pad, below = " " * indent, (*path, "*")
    if value and below in blocks:
        text = lines(value, below, blocks, indent=indent + 2)
        return f"{pad}- {text[indent + 2 :]}"
    return f"{pad}- {inline(value)}\n"


def lines(value: object, path: Path, blocks: Blocks, *, indent: int) -> str:
    """Write a collection, not empty, on lines of its own."""
    match value:
        case Mapping():
            return entries(value, path, blocks, indent=indent)
        case Sequence():
            return "".join(item(one, path, blocks, indent=indent) for one in value)
        case _:
            raise TypeError(f"{type(value).__name__} has no lines")


def _flow_key(key: str) -> str:
    """Write a key between braces; one of more than 1024 characters must be announced (7.4.2)."""
    text = _text(key)
    return f"? {text} " if len(text) > _LONGEST_KEY else text


def _text(text: str) -> str:
    if _PLAIN.match(text) and is_certain_text(text):
        return text
    quoted = json.dumps(text, ensure_ascii=False)
    return _ESCAPED.sub(lambda found: f"\\u{ord(found.group()):04x}", quoted)


def _float(number: float) -> str:
    text = repr(number)
    if not _FLOAT.match(text):
        text = f"{number:.17e}"
    if not _FLOAT.match(text):
        raise TypeError(f"{text} has no place in a document")
    return text
