"""Configurations as the console reads and writes them: Java's numbers, Jackson's YAML."""

import json
import re
from decimal import Decimal
from functools import lru_cache
from typing import Any

import yaml

from .kube import Object

TAG = "tag:yaml.org,2002:"
WORDS = ("true", "false", "yes", "no", "on", "off", "null", "y", "n")
RESERVED = {form for word in WORDS for form in (word, word.capitalize(), word.upper())}
NUMERIC = re.compile(r"[-+.]?\d")
ASTRAL = re.compile(r"\\U[0-9A-F]{8}")
LARGEST_INT = 2**31 - 1
PLAIN = range(-3, 7)
"""The powers of ten between which Java writes a double without an exponent."""


def with_doubles(value: Any) -> Any:  # noqa: ANN401 - any JSON
    """Make doubles of numbers as Gson does; only those that are fields become whole again."""
    if isinstance(value, dict):
        return {key: _whole(with_doubles(item)) for key, item in value.items()}
    if isinstance(value, list):
        return [with_doubles(item) for item in value]
    number = isinstance(value, int) and not isinstance(value, bool)
    return float(value) if number else value


def _whole(value: Any) -> Any:  # noqa: ANN401 - any JSON
    is_int = isinstance(value, float) and value.is_integer() and abs(value) <= LARGEST_INT
    return int(value) if is_int else value


def dump(configurations: Object | None) -> str:
    """Give the YAML of a plugin's configuration, "" for none."""
    return _dumped(json.dumps(configurations)) if configurations else ""


@lru_cache
def _dumped(configurations: str) -> str:
    """Write a configuration, once for each: every one is read far more often than it changes."""
    text: str = yaml.serialize(
        _node(json.loads(configurations)), Dumper=yaml.SafeDumper, allow_unicode=True, width=80
    )
    return ASTRAL.sub(lambda found: found[0].lower().replace("\\u", "\\U", 1), text.strip())


def _node(value: object) -> yaml.Node:
    if isinstance(value, dict):
        pairs = [(_key(str(key)), _node(item)) for key, item in value.items()]
        return yaml.MappingNode(f"{TAG}map", pairs, flow_style=False)
    if isinstance(value, list):
        return yaml.SequenceNode(f"{TAG}seq", [_node(item) for item in value], flow_style=False)
    if isinstance(value, str):
        return _scalar("str", value, "|" if "\n" in value else '"')
    if value is None:
        return _scalar("null", "null")
    if isinstance(value, bool):
        return _scalar("bool", str(value).lower())
    return _plain(_double(value) if isinstance(value, float) else str(value))


def _key(text: str) -> yaml.Node:
    quoted = text in RESERVED or NUMERIC.match(text)
    return _scalar("str", text, '"' if quoted else None)


def _plain(text: str) -> yaml.Node:
    """Make a number; its tag is what PyYAML would guess, so that it is not written."""
    resolver = yaml.SafeDumper.yaml_implicit_resolvers
    guesses = [tag for tag, regexp in resolver.get(text[0], []) if regexp.match(text)]
    return yaml.ScalarNode(guesses[0] if guesses else f"{TAG}str", text)


def _double(value: float) -> str:
    """Write a double as Java does."""
    _, digits, _ = Decimal(repr(value)).normalize().as_tuple()
    power = Decimal(repr(value)).adjusted()
    if value == 0 or power in PLAIN:
        return repr(value)
    mantissa = "".join(map(str, digits))
    sign = "-" if value < 0 else ""
    return f"{sign}{mantissa[0]}.{mantissa[1:] or '0'}E{power}"


def _scalar(tag: str, text: str, style: str | None = None) -> yaml.Node:
    return yaml.ScalarNode(TAG + tag, text, style=style)
