"""YAML as the API server reads and writes it: YAML 1.1 with Go's ideas of scalars and of order."""

import math
import re
from functools import cmp_to_key
from typing import Any

import yaml

from .values import Json

TRUE = {"y", "Y", "yes", "Yes", "YES", "true", "True", "TRUE", "on", "On", "ON"}
FALSE = {"n", "N", "no", "No", "NO", "false", "False", "FALSE", "off", "Off", "OFF"}
NULL = {"", "~", "null", "Null", "NULL"}
NOT_FINITE = {
    ".nan": math.nan, ".NaN": math.nan, ".NAN": math.nan,
    ".inf": math.inf, ".Inf": math.inf, ".INF": math.inf,
    "+.inf": math.inf, "+.Inf": math.inf, "+.INF": math.inf,
    "-.inf": -math.inf, "-.Inf": -math.inf, "-.INF": -math.inf,
}  # fmt: skip
INTEGER = re.compile(r"[-+]?(0[xX][0-9a-fA-F]+|0[bB][01]+|0[oO]?[0-7]+|0|[1-9][0-9]*)")
FLOAT = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?")
TIME = re.compile(
    r"\d{4}-\d{1,2}-\d{1,2}"
    r"([Tt ]\d{1,2}:\d{1,2}:\d{1,2}(\.\d+)?([Zz]| ?[-+]\d{1,2}:\d{2}| [-+]\d{1,2})?)?"
)
SIXTIES = re.compile(r"[-+]?[0-9][0-9_]*(?::[0-5]?[0-9])+(?:\.[0-9_]*)?")
TAGS = {str: "str", bool: "bool", int: "int", float: "float", type(None): "null"}


def scalar(text: str) -> Json:
    """Give the value of an unquoted scalar."""
    if text in NULL:
        return None
    if text in TRUE or text in FALSE:
        return text in TRUE
    if text in NOT_FINITE:
        return NOT_FINITE[text]
    if text[0] not in "+-.0123456789" or TIME.fullmatch(text):
        return text
    return _number(text)


def _number(text: str) -> Json:
    digits = text.replace("_", "")
    if text[0] != "." and INTEGER.fullmatch(digits):
        number = _integer(digits)
        if -(2**63) <= number < 2**64:
            return number
    return float(digits) if FLOAT.fullmatch(digits) else text


def _integer(digits: str) -> int:
    bare = digits.lstrip("+-")
    octal = len(bare) > 1 and bare[0] == "0" and bare[1].isdigit()
    number = int(bare, 8) if octal else int(bare, 0)
    return -number if digits[0] == "-" else number


def _resolve(_self: object, kind: type, value: Json, implicit: Json) -> str:
    if kind is yaml.ScalarNode and implicit[0]:
        if value == "<<":
            return "tag:yaml.org,2002:merge"
        return f"tag:yaml.org,2002:{TAGS[type(scalar(value))]}"
    names = {yaml.ScalarNode: "str", yaml.SequenceNode: "seq", yaml.MappingNode: "map"}
    return f"tag:yaml.org,2002:{names[kind]}"


class Loader(yaml.CSafeLoader):
    """Reads one document; keys become strings, of duplicate keys the last counts."""

    resolve = _resolve

    def mapping(self, node: yaml.MappingNode) -> dict[str, Any]:
        """Build a mapping with Go's idea of keys."""
        self.flatten_mapping(node)
        return {
            _key(self.construct_object(key, deep=True)): self.construct_object(value, deep=True)
            for key, value in node.value
        }

    def octets(self, node: yaml.ScalarNode) -> str:
        """Build the text that a scalar encodes."""
        value: bytes = self.construct_yaml_binary(node)
        return value.decode("utf-8", "replace")

    def plain(self, node: yaml.ScalarNode) -> Json:
        """Build a scalar that stood without quotes."""
        return scalar(node.value)


for _tag in ("bool", "int", "float", "null"):
    Loader.add_constructor(f"tag:yaml.org,2002:{_tag}", Loader.plain)
Loader.add_constructor("tag:yaml.org,2002:map", Loader.mapping)
Loader.add_constructor("tag:yaml.org,2002:binary", Loader.octets)


def _key(value: Json) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, dict | list):
        raise yaml.YAMLError("error converting YAML to JSON: unsupported map key")
    return "null" if value is None else str(value)


def load(text: str) -> Json:
    """Read the first document of a text."""
    loader: Any = Loader(text.removeprefix("\ufeff"))
    try:
        return loader.get_data() if loader.check_data() else None
    finally:
        loader.dispose()


class Dumper(yaml.CSafeDumper):
    """Writes with Go's quoting."""

    resolve = _resolve

    def ignore_aliases(self, _data: Json) -> bool:
        """Write every object in full."""
        return True

    def text(self, data: str) -> yaml.ScalarNode:
        """Write a string: literal when it has lines, quoted where it would read as another type."""
        quoted = not isinstance(scalar(data), str) or TIME.fullmatch(data)
        quoted = quoted or SIXTIES.fullmatch(data)
        style = "|" if "\n" in data else '"' if quoted else None
        return self.represent_scalar("tag:yaml.org,2002:str", data, style=style)

    def number(self, data: float) -> yaml.ScalarNode:
        """Write a float as Go does, without a fraction where there is none."""
        if data.is_integer() and abs(data) < 1e21:
            return self.represent_scalar("tag:yaml.org,2002:int", str(int(data)))
        return self.represent_scalar("tag:yaml.org,2002:float", repr(data))


Dumper.add_representer(str, Dumper.text)
Dumper.add_representer(float, Dumper.number)


def dump(value: Json) -> str:
    """Write a value with sorted keys."""
    return yaml.dump(
        _sorted(value), Dumper=Dumper, sort_keys=False, allow_unicode=True, width=80,
        default_flow_style=False,
    )  # fmt: skip


def _sorted(value: Json) -> Json:
    if isinstance(value, dict):
        keys = sorted(value, key=cmp_to_key(_compare))
        return {key: _sorted(value[key]) for key in keys}
    return [_sorted(item) for item in value] if isinstance(value, list) else value


def _compare(left: str, right: str) -> int:
    return -1 if _less(left, right) else int(left != right)


def _less(left: str, right: str) -> bool:
    for index, (one, other) in enumerate(zip(left, right, strict=False)):
        if one == other:
            continue
        if one.isalpha() and other.isalpha():
            return one < other
        if one.isalpha() or other.isalpha():
            return other.isalpha()
        first, second = _run(left[index:]), _run(right[index:])
        if (first or "0") != (second or "0") and int(first or 0) != int(second or 0):
            return int(first or 0) < int(second or 0)
        return (len(first), one) < (len(second), other)
    return len(left) < len(right)


def _run(text: str) -> str:
    found = re.match(r"[0-9]*", text)
    return found.group() if found else ""
