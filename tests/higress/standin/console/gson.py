"""Values as Gson writes them: no nulls, no blanks, and what HTML could misread escaped."""

import json

from .writes import without_nulls

ESCAPED = {ord(char): f"\\u{ord(char):04x}" for char in "<>&='\u2028\u2029"}


def dump(value: object) -> str:
    """Give the JSON text of a value."""
    text = json.dumps(without_nulls(value), ensure_ascii=False, separators=(",", ":"))
    return text.translate(ESCAPED)
