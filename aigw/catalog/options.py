"""Values of a provider type's options: are they allowed, and what does a text mean?"""

import re

from aigw.catalog.provider_type import OptionField
from aigw.errors import BadUsage

OptionValue = str | bool | int | tuple[str, ...]

LONGEST = 4096
WORDS = {"true": True, "yes": True, "on": True, "1": True}
WORDS |= {"false": False, "no": False, "off": False, "0": False}
KINDS: dict[str, tuple[tuple[type, ...], str]] = {
    "string": ((str,), "a text"),
    "boolean": ((bool,), "true or false"),
    "integer": ((int,), "a whole number"),
    "list": ((list, tuple), "a list of texts"),
}


def option_problem(field: OptionField, value: object) -> str:
    """Say why the option cannot have the value, in words to follow its path; empty if it can."""
    kinds, wanted = KINDS[field.kind]
    if not isinstance(value, kinds) or (isinstance(value, bool) and bool not in kinds):
        return f"must be {wanted}"
    match value:
        case list() | tuple():
            problems = (_text_problem(field, item) for item in value)
            return next((problem for problem in problems if problem), "")
        case str():
            return _text_problem(field, value)
        case int():
            return _number_problem(field, value)
        case _:
            return ""


def option_value(field: OptionField, text: str) -> OptionValue:
    """Turn the text of `--set NAME=TEXT`, of a flag or a variable into a value.

    The items of a list are separated by commas. Raises BadUsage when the option cannot have it.
    """
    value = _converted(field, text)
    problem = option_problem(field, value)
    if problem:
        raise BadUsage(f"option `{field.name}` {problem}")
    return value


def _converted(field: OptionField, text: str) -> OptionValue:
    """Return what the text means, or the text itself when it means nothing of that kind."""
    try:
        match field.kind:
            case "boolean":
                return WORDS.get(text.strip().lower(), text)
            case "integer":
                return int(text)
            case "list":
                return tuple(item.strip() for item in text.split(",") if item.strip())
            case _:
                return text
    except ValueError:
        return text


def _text_problem(field: OptionField, value: object) -> str:
    if not isinstance(value, str):
        return "must be a list of texts"
    if len(value) > LONGEST:
        return f"has {len(value)} characters; {LONGEST} is the most"
    if not value.isprintable():
        return "holds a control character"
    if field.choices and value not in field.choices:
        return f"must be one of {', '.join(field.choices)}"
    if field.pattern and not re.fullmatch(field.pattern, value):
        return f"cannot be `{value[:80]}`: {field.help}"
    return ""


def _number_problem(field: OptionField, value: int) -> str:
    if field.minimum is not None and value < field.minimum:
        return f"must be at least {field.minimum}"
    if field.maximum is not None and value > field.maximum:
        return f"must be at most {field.maximum}"
    return ""


def as_text(value: object) -> str:
    """Write an option as a person types it."""
    match value:
        case None:
            return ""
        case bool():
            return str(value).lower()
        case tuple():
            return ",".join(value)
        case _:
            return str(value)
