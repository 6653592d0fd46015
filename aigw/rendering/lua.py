"""Write Lua: values as literals, and one program from constants, modules and a main text."""

import math
from collections.abc import Mapping, Sequence

Literal = str | bytes | bool | int | float | Sequence["Literal"] | Mapping[str, "Literal"]

# Lua's numbers are doubles.
LARGEST_INTEGER = 2**53
_PLAIN = frozenset(range(0x20, 0x7F)) - frozenset(b'"\\')


def literal(value: Literal) -> str:
    """Return a Lua 5.1 expression for a value, in ASCII without control characters.

    Text becomes its UTF-8 bytes; a sequence a table counted from 1, a mapping one with text keys.
    Raises ValueError for a number that Lua cannot hold.
    """
    match value:
        case bool():
            return "true" if value else "false"
        case int() | float():
            return _number(value)
        case str():
            return _text(value.encode())
        case bytes():
            return _text(value)
        case Mapping():
            return (
                "{"
                + ",".join(f"[{literal(key)}]={literal(item)}" for key, item in value.items())
                + "}"
            )
        case _:
            return "{" + ",".join(map(literal, value)) + "}"


def program(constants: Mapping[str, Literal], modules: Mapping[str, str], main: str) -> str:
    """Return a Lua chunk: constants and what modules return as locals, then the main text."""
    lines = [" ".join(("local", name, "=", literal(value))) for name, value in constants.items()]
    for name, source in modules.items():
        lines += [" ".join(("local", name, "=", "(function()")), source, "end)()"]
    return "\n".join([*lines, main])


def _number(value: float) -> str:
    if not math.isfinite(value) or (isinstance(value, int) and abs(value) > LARGEST_INTEGER):
        raise ValueError(f"Lua cannot hold {value}")
    return repr(value)


def _text(octets: bytes) -> str:
    return (
        '"' + "".join(chr(octet) if octet in _PLAIN else f"\\{octet:03d}" for octet in octets) + '"'
    )
