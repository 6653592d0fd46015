"""The person's prompt in a request body: what auto-routing judges, out of an agent's wrappings.

The same recipe as `templates/shared/prompt.lua`, for JSON that is parsed already.
OpenClaw's wrappings are those of version 2026.9.6.
"""

import re
from collections.abc import Iterator, Sequence

MAX_PROMPT_BYTES = 1024 * 1024
BLANKS = " \t\n\v\f\r\u00a0\u3000"

_CONTEXT = "<<<BEGIN_OPENCLAW_INTERNAL_CONTEXT>>>"
_CONTEXT_END = "<<<END_OPENCLAW_INTERNAL_CONTEXT>>>"
_STAMP = re.compile("[0-9]{4}-[0-9]{2}-[0-9]{2} [0-9]{2}:[0-9]{2}")
_RUNTIME = "\n\nRuntime: agent="
_QUEUED = "[Queued user message from a previous active turn;"
_CONTINUE = "\n\nContinue the current task from the existing transcript,"
# Halves of surrogate pairs have no UTF-8, and Envoy's metadata ends at a NUL.
_UNUSABLE = re.compile("[\0\ud800-\udfff]")


def prompt_of(body: object) -> str:
    """Return what the person asked in a chat, messages or responses body, or "" where nobody asked.

    It is the last part that says something of the last user message that does, trimmed, of at most
    `MAX_PROMPT_BYTES` of UTF-8; a NUL or half of a surrogate pair becomes U+FFFD.
    """
    match body:
        case {"messages": list(items)}:
            texts = _user_texts(items, ("text",))
        case {"input": list(items)}:
            texts = _user_texts(items, ("input_text", "text"))
        case {"input": str(text)}:
            texts = iter((text,))
        case _:
            return ""
    return _cut(next(filter(None, map(_cleaned, texts)), ""))


def _user_texts(items: Sequence[object], types: tuple[str, ...]) -> Iterator[str]:
    """Yield every text of a user, the last one first."""
    for item in reversed(items):
        match item:
            case {"role": "user", "content": str(text)}:
                yield text
            case {"role": "user", "content": list(parts)}:
                yield from _part_texts(parts, types)
            case _:
                pass


def _part_texts(parts: Sequence[object], types: tuple[str, ...]) -> Iterator[str]:
    for part in reversed(parts):
        match part:
            case {"type": str(kind), "text": str(text)} if kind in types:
                yield text
            case _:
                pass


def _cleaned(text: str) -> str:
    text = _without_stamp(_without_context(_UNUSABLE.sub("\ufffd", text)).strip(BLANKS))
    text = _without_queued(_without_ending(text, _RUNTIME))
    return _without_ending(text, _CONTINUE).strip(BLANKS)


def _without_context(text: str) -> str:
    kept, start = [], 0
    while (begin := text.find(_CONTEXT, start)) >= 0:
        end = text.find(_CONTEXT_END, begin + len(_CONTEXT))
        if end < 0:
            break
        kept.append(text[start:begin])
        start = end + len(_CONTEXT_END)
    return "".join((*kept, text[start:]))


def _without_stamp(text: str) -> str:
    """Drop `[Sat 2026-11-21 00:30 UTC] ` at the start."""
    stamp, bracket, rest = text.partition("]")
    if not (bracket and stamp.startswith("[") and "\n" not in stamp and _STAMP.search(stamp)):
        return text
    return rest.removeprefix(" ")


def _without_queued(text: str) -> str:
    note, bracket, rest = text.partition("]")
    if not (bracket and note.startswith(_QUEUED) and rest.startswith("\n")):
        return text
    return rest[1:]


def _without_ending(text: str, marker: str) -> str:
    """Drop the last paragraph when it begins with `marker` and is one line."""
    kept, found, tail = text.rpartition(marker)
    return kept if found and "\n" not in tail else text


def _cut(text: str) -> str:
    return text.encode()[:MAX_PROMPT_BYTES].decode(errors="ignore")
