"""YAML as Higress' file store takes it: written without a doubt, read as Go reads it."""

import re
from collections.abc import Callable, Iterator, Mapping
from functools import cache
from typing import Any

from aigw.rendering.template import Tree
from aigw.spec.yaml_problem import yaml_problem

# Between double quotes YAML takes JSON's escapes; what is not printable must be one, and so must a
# byte order mark and Unicode's own line ends.
_ESCAPES = {**{ord(sign): f"\\{sign}" for sign in '"\\'}, 9: "\\t", 10: "\\n", 13: "\\r"}
_UNSEEN = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\ufeff\ufffe\uffff\"\\]")
_LINE_OF_KEY = re.compile(r"^([A-Za-z_][A-Za-z0-9_./-]*):", re.MULTILINE)
_BARE_KEY = re.compile(r"[A-Za-z_][A-Za-z0-9_]*(?:[-./][A-Za-z0-9_]+)*")

TRUE = frozenset(("y", "Y", "yes", "Yes", "YES", "true", "True", "TRUE", "on", "On", "ON"))
FALSE = frozenset(("n", "N", "no", "No", "NO", "false", "False", "FALSE", "off", "Off", "OFF"))
NULL = frozenset(("", "~", "null", "Null", "NULL"))
_INTEGER = re.compile(r"[-+]?(?:0[xX][0-9a-fA-F]+|0[oO]?[0-7]+|0[bB][01]+|0|[1-9][0-9]*)")
_FLOAT = re.compile(r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?")
_NO_NUMBER = re.compile(r"[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN)")


def dump(body: Mapping[str, Tree]) -> str:
    """Return a document in which every text stands in double quotes: no reader can mistake it.

    Raises ValueError for what no YAML holds: a half of a character, a number without end.
    """
    text = "".join(f"{line}\n" for line in _mapping(body, "")) if body else "{}\n"
    try:
        text.encode()
    except UnicodeEncodeError as error:
        raise ValueError("a text holds half of a character") from error
    return text


def dump_text(tree: Mapping[str, Tree]) -> str:
    """Return YAML for a text inside an object, in which no line begins with a bare key.

    The container's scripts look for lines that begin with `accessLogFile:` and change them.
    """
    return _LINE_OF_KEY.sub(r'"\1":', dump(tree))


def load(text: str) -> dict[str, Any]:
    """Return the first document of a file of the store, as its API server reads it.

    An empty file is an empty object. Raises ValueError with the line, and without any of the text,
    which may hold keys.
    """
    import yaml  # late: only what reads a store needs it

    try:
        documents = yaml.load_all(text.removeprefix("\ufeff"), Loader=_loader())
        tree = next(documents, None)
    except yaml.YAMLError as error:
        raise ValueError(yaml_problem(error)) from None
    except RecursionError:
        raise ValueError("it is not YAML") from None
    match tree:
        case None:
            return {}
        case dict():
            return tree
        case _:
            raise ValueError("line 1: is no mapping")


def quoted(text: str) -> str:
    """Return a text between double quotes."""
    return f'"{_UNSEEN.sub(_escape, text)}"'


def _escape(match: re.Match[str]) -> str:
    code = ord(match[0])
    return _ESCAPES.get(code) or f"\\u{code:04x}"


def _mapping(tree: Mapping[str, Tree], indent: str) -> Iterator[str]:
    for key, child in tree.items():
        yield from _member(f"{indent}{_key(key)}:", child, indent)


def _member(head: str, child: Tree, indent: str) -> Iterator[str]:
    match child:
        case dict() if child:
            yield head
            yield from _mapping(child, indent + "  ")
        case list() | tuple() if child:
            yield head
            for item in child:
                yield from _item(item, indent)
        case _:
            yield f"{head} {_scalar(child)}"


def _item(item: Tree, indent: str) -> Iterator[str]:
    match item:
        case dict() if item:
            lines = _mapping(item, indent + "  ")
            yield f"{indent}- {next(lines)[len(indent) + 2 :]}"
            yield from lines
        case list() | tuple() if item:
            yield f"{indent}-"
            for child in item:
                yield from _item(child, indent + "  ")
        case _:
            yield f"{indent}- {_scalar(item)}"


def _key(key: str) -> str:
    plain = _BARE_KEY.fullmatch(key) and key not in TRUE | FALSE | NULL
    return key if plain else quoted(key)


def _scalar(value: Tree) -> str:
    match value:
        case str():
            return quoted(value)
        case None | bool():
            return {None: "null", True: "true", False: "false"}[value]
        case int() | float() if abs(value) < float("inf"):
            return repr(value)
        case dict():
            return "{}"
        case list() | tuple():
            return "[]"
        case _:
            raise ValueError(f"YAML cannot hold such a {type(value).__name__}")


@cache
def _loader() -> Any:  # noqa: ANN401 -- a class of PyYAML's, which has no useful type
    import yaml

    base = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    loader: Any = type("GoLoader", (base,), {"yaml_implicit_resolvers": {}})
    loader.add_implicit_resolver(
        "tag:yaml.org,2002:null", re.compile(r"^(?:~|null|Null|NULL|)$"), ["~", "n", "N", ""]
    )
    loader.add_implicit_resolver("tag:yaml.org,2002:merge", re.compile(r"^<<$"), ["<"])
    loader.add_implicit_resolver(_PLAIN, re.compile(r"[\s\S]*"), None)
    constructors: Mapping[str, Callable[[Any, Any], object]] = {
        _PLAIN: lambda _, node: resolved(node.value),
        "tag:yaml.org,2002:map": _construct_mapping,
        "tag:yaml.org,2002:int": lambda _, node: resolved(node.value),
        "tag:yaml.org,2002:float": lambda _, node: resolved(node.value),
        "tag:yaml.org,2002:bool": lambda _, node: resolved(node.value),
        "tag:yaml.org,2002:timestamp": lambda _, node: node.value,
    }
    for tag, construct in constructors.items():
        loader.add_constructor(tag, construct)
    return loader


_PLAIN = "tag:aigw,plain"


def resolved(plain: str) -> object:
    """Return what a text without quotes means to go-yaml 2 (`resolve.go`)."""
    if plain in TRUE or plain in FALSE:
        return plain in TRUE
    if plain in NULL:
        return None
    number = plain.replace("_", "") if plain[:1] not in {"_", ""} else plain
    if _INTEGER.fullmatch(number):
        return _integer(number)
    if _FLOAT.fullmatch(number):
        return float(number)
    if _NO_NUMBER.fullmatch(plain):
        return float(plain.replace(".", "").lower())
    return plain


def _integer(number: str) -> int:
    digits = number.lstrip("+-").lower()
    base = {"0x": 16, "0o": 8, "0b": 2}.get(digits[:2]) or (8 if digits.startswith("0") else 10)
    return (-1 if number.startswith("-") else 1) * int(digits, base)


def _construct_mapping(loader: Any, node: Any) -> dict[str, Any]:  # noqa: ANN401 -- as above
    loader.flatten_mapping(node)
    return {
        _json_key(loader.construct_object(key, deep=True)): loader.construct_object(
            value, deep=True
        )
        for key, value in node.value
    }


def _json_key(key: object) -> str:
    """Return a key as the way through JSON leaves it: always a text."""
    match key:
        case bool():
            return "true" if key else "false"
        case None:
            return "null"
        case float() if key.is_integer():
            return str(int(key))
        case str() | int() | float():
            return str(key)
        case _:
            raise ValueError("a key of a mapping is no text")
