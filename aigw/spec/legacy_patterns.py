"""Model patterns of get-ai-gateway.sh: what was meant, what its template made of it."""

import re
from collections.abc import Iterator

from msgspec import Struct

from aigw.spec.forms import MODEL_PATTERN
from aigw.spec.legacy_report import Findings

REGEX, PREFIX, EXACT = "regex", "prefix", "exact"
CATCH_ALL = "*"
SEVERAL_STARS = re.compile(r"\*\*+")


class OldMatch(Struct, frozen=True, kw_only=True):
    """What a route of the old gateway goes by.

    `header` is the match of its Ingress as (`regex|prefix|exact`, text), None where the Ingress
    takes every model or is missing; `predicates` are the pairs (`PRE|EQUAL`, text) that the console
    shows; `saved` says that the console has written the route since it was rendered.
    """

    header: tuple[str, str] | None
    predicates: tuple[tuple[str, str], ...]
    saved: bool


class _Reading(Struct, frozen=True, kw_only=True):
    """A pattern, how it stood in the old gateway, and why it is another one now, if it is."""

    text: str
    was: str
    why: str = ""


def patterns(
    what: str, match: OldMatch | None, asked: str | None, findings: Findings
) -> tuple[str, ...] | None:
    """Return the patterns of a provider, None where nothing says which.

    `asked` is what the script was given; it counts as long as the route is what its template makes
    of that text (T:577-641), since only the text tells exact names from prefixes.
    """
    given = None if asked is None else "".join(asked.split())
    if given is not None and (match is None or _rendered(match, given)):
        readings = list(_typed(given))
    elif match is not None:
        readings = list(_running(match))
    else:
        return None
    return tuple(dict.fromkeys(_checked(what, readings, findings)))


def _checked(what: str, readings: list[_Reading], findings: Findings) -> Iterator[str]:
    for one in readings:
        text = SEVERAL_STARS.sub("*", one.text)
        if not re.search(MODEL_PATTERN.pattern, text) or len(text) > MODEL_PATTERN.longest:
            findings.drop(f"{what}: model pattern", f"it {MODEL_PATTERN.must}")
            continue
        if one.why:
            findings.correct(f"{what}: models", was=one.was, now=text, why=one.why)
        yield text


def _rendered(match: OldMatch, given: str) -> bool:
    """Say whether the template made the route of that text, whatever the console did since."""
    parts = given.split(",")
    if match.saved:
        return match.predicates == tuple(("PRE", _stem(part)) for part in parts)
    return match.header == _header(parts)


def _header(parts: list[str]) -> tuple[str, str]:
    if len(parts) > 1:
        return REGEX, "|".join(_expression(part) for part in parts)
    only = parts[0] or CATCH_ALL
    if only.endswith("*") and not only.endswith("-*"):
        return REGEX, _expression(only)
    return PREFIX, _stem(only)


def _stem(part: str) -> str:
    """Return the value of a predicate: the template takes stars away where one is at the end."""
    return part.replace("*", "") if part.endswith("*") else part


def _expression(part: str) -> str:
    return part.replace("*", ".*") if part.endswith("*") else part


def _typed(given: str) -> Iterator[_Reading]:
    """Read the patterns as they were typed, which was sometimes as a regular expression."""
    parts = [part for part in re.split(r"[,|]", given) if part]
    for part in parts or [CATCH_ALL]:
        yield _given(part, alone=len(parts) == 1)


def _given(text: str, *, alone: bool) -> _Reading:
    plain = _without_regex(text)
    if plain != text:
        why = "it was written as a regular expression, which these patterns are not"
        return _Reading(text=plain, was=text, why=why)
    unheard = not text.endswith("*") or (alone and text.endswith("-*"))
    if "*" in text[:-1] and unheard:
        never = "such a pattern never matched: only a star at the end was understood"
        return _Reading(text=text, was=_stem(text), why=never)
    return _exact(text) if alone and "*" not in text else _Reading(text=text, was=text)


def _without_regex(text: str) -> str:
    """Return `gpt-*` of `^gpt-.*$`."""
    bare = text.removeprefix("^").strip("()").removesuffix("$").replace("\\", "")
    return f"{bare[:-2]}*" if bare.endswith(".*") and bare != ".*" else bare.replace(".*", "*")


def _exact(name: str) -> _Reading:
    why = "an exact name had become a prefix and took other models, too"
    return _Reading(text=name, was=f"{name}*", why=why)


def _running(match: OldMatch) -> Iterator[_Reading]:
    """Read what runs, where no text says what was meant."""
    if match.saved or match.header is None:
        for kind, value in match.predicates or (("PRE", ""),):
            yield _Reading(text=f"{value}*" if kind == "PRE" else value, was=value)
        return
    kind, value = match.header
    match kind:
        case "prefix":
            yield _prefix(value)
        case "exact":
            yield _Reading(text=value, was=value)
        case _:
            for part in value.split("|"):
                yield _given(part.replace(".*", "*"), alone=False)


def _prefix(value: str) -> _Reading:
    """Read a prefix: the template made one of `x-*`, and of every name without a star."""
    if "*" in value:
        return _given(value, alone=True)
    return _Reading(text=f"{value}*", was=value) if value.endswith("-") else _exact(value)
