"""Routing rules: triggers made into RE2 patterns, what RE2 refuses, and which rule a prompt meets.

RE2, not `re`: Envoy and the Higress plugin both match with it. A rule is searched for anywhere in
the prompt, `$` is the end of the text only, `.` matches no newline, `\\b` and `\\w` are ASCII,
`(?i)` folds Unicode.
"""

import re
from collections.abc import Iterable
from functools import cache
from typing import TYPE_CHECKING

from msgspec import Struct

from aigw.errors import BadUsage
from aigw.spec.byte_pattern import ANY, in_bytes
from aigw.spec.prompt import BLANKS
from aigw.spec.routing import AutoRouting

if TYPE_CHECKING:
    from re2 import _Regexp

DEFAULT_RULE = "default"

# From about 16,000 on RE2's DFA no longer fits its 8 MiB: a prompt of 1 MiB then takes seconds.
MAX_PROGRAM_SIZE = 8000

_METACHARACTERS = re.compile(r"[\\.+*?()|\[\]{}^$]")
_ESCAPES = re.compile(r"\\Q.*?(?:\\E|\Z)|\\.", re.DOTALL)
_LOOKAROUND = re.compile(r"invalid perl operator: (\(\?<?[=!])")
_BACK_REFERENCE = re.compile(r"invalid escape sequence: (\\[1-9kg])")


class Decision(Struct, frozen=True, kw_only=True):
    """What a prompt becomes: the rule's name, or `default`, and its model."""

    rule: str
    model: str


def trigger_refusal(trigger: str) -> str:
    """Say why phrases cannot be a trigger; "" when they can."""
    return "" if all(_phrases(trigger)) else "a phrase between the `|` is empty"


def pattern_of_trigger(trigger: str) -> str:
    """Return the pattern for prompts that begin with a phrase of `a|b`, whatever its case.

    Raises BadUsage when a phrase is empty.
    """
    if problem := trigger_refusal(trigger):
        raise BadUsage(f"the trigger `{trigger}` cannot be used: {problem}")
    escaped = (_METACHARACTERS.sub(r"\\\g<0>", phrase) for phrase in _phrases(trigger))
    return "(?i)^(?:" + "|".join(escaped) + ")"


def whole(pattern: str) -> str:
    """Return a pattern as Envoy's `safe_regex` takes it: for a whole text, and for bytes."""
    return "(?:" + ANY + ")*(?:" + in_bytes(pattern) + ")(?s:.*)"


@cache  # a change reads its document several times
def refusal(pattern: str) -> str:
    """Say why the engines would refuse a pattern or take it for another one; "" when it is fine."""
    if not pattern:
        return "the pattern is empty"
    return _escape_refusal(pattern) or _text_refusal(pattern) or _size_refusal(pattern)


def decide(auto_routing: AutoRouting, prompt: str) -> Decision:
    """Return the first rule that a prompt as `prompt_of` gives it meets; no words meet no rule."""
    for rule in auto_routing.rules if prompt else ():
        expression = _compiled(whole(rule.pattern), "LATIN1")
        if not isinstance(expression, str) and expression.fullmatch(prompt.encode()):
            return Decision(rule=rule.name, model=rule.model)
    return Decision(rule=DEFAULT_RULE, model=auto_routing.default)


def late_trigger(auto_routing: AutoRouting, prompt: str) -> str:
    """Name the first rule whose trigger stands in a prompt behind its beginning; "" for none."""
    text = prompt.lower()
    late = (
        rule.name
        for rule in auto_routing.rules
        if rule.trigger and any(text.find(one.lower()) > 0 for one in _phrases(rule.trigger))
    )
    return next(late, "")


def _phrases(trigger: str) -> list[str]:
    return [phrase.strip(BLANKS) for phrase in trigger.split("|")]


def _escape_refusal(pattern: str) -> str:
    for escape in _ESCAPES.findall(pattern):
        if escape == r"\C":
            return r"`\C` would match half a character"
        if escape.startswith(r"\Q") and not escape.endswith(r"\E"):
            return r"`\Q` is never closed by `\E`"
    return ""


def _text_refusal(pattern: str) -> str:
    expression = _compiled(pattern, "UTF8")
    if isinstance(expression, str):
        return _explained(expression)
    return _name_refusal(pattern, (name.decode() for name in expression.groupindex))


def _size_refusal(pattern: str) -> str:
    expression = _compiled(whole(pattern), "LATIN1")
    if isinstance(expression, str):
        return _explained(expression)
    if expression.programsize > MAX_PROGRAM_SIZE:
        return f"RE2 needs {expression.programsize} steps for it, of at most {MAX_PROGRAM_SIZE}"
    return ""


def _name_refusal(pattern: str, names: Iterable[str]) -> str:
    """Refuse what C++ takes and Go does not: two groups of one name, and names beyond ASCII."""
    opened = _ESCAPES.sub(" ", pattern)
    for name in names:
        if not name.isascii():
            return f"the name of a group must be ASCII: `{name}`"
        if opened.count(f"(?P<{name}>") + opened.count(f"(?<{name}>") > 1:
            return f"two groups have the name `{name}`"
    return ""


def _explained(words: str) -> str:
    if found := _LOOKAROUND.match(words):
        return f"RE2 has no lookahead and no lookbehind: `{found[1]}`"
    if found := _BACK_REFERENCE.match(words):
        return f"RE2 has no back-references: `{found[1]}`"
    return f"RE2 refuses it: {words}"


def _compiled(pattern: str, encoding: str) -> "_Regexp | str":
    """Compile as Envoy does (`LATIN1`) or Go (`UTF8`); RE2's own words where it refuses."""
    # Late: a compiled library that only commands with rules need.
    import re2

    options = re2.Options()
    options.log_errors = False
    options.encoding = re2.Options.Encoding.__members__[encoding]
    try:
        return re2.compile(pattern.encode(), options)
    except re2.error as error:
        return error.args[0].decode(errors="replace")
    except UnicodeEncodeError:
        return "it is not valid Unicode"
