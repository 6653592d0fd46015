"""`model-router`: which model a request asks for, and auto-routing by rules.

Semantics: 278 decisions of the real plugin, replayed in `test_standin_dataplane.py`.
"""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from dataclasses import field as default
from typing import Any

import re2

from .forms import field, with_content
from .values import Found, NotJson, as_text, find, go_json, parse

AUTO = "higress/auto"
AUTO_HEADER = "x-higress-llm-model"
SUFFIXES = (
    "/completions",
    "/embeddings",
    "/images/generations",
    "/audio/speech",
    "/fine_tuning/jobs",
    "/moderations",
    "/image-synthesis",
    "/video-synthesis",
    "/rerank",
    "/messages",
    "/responses",
)
Json = dict[str, Any]
QUIET = re2.Options()
QUIET.log_errors = False
_LONE = re.compile("[\ud800-\udfff]")


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """Headers to set, and the body that replaces the one that came."""

    headers: Mapping[str, str] = default(default_factory=dict)
    body: bytes | None = None


NOTHING = Decision()


def wants_body(config: Json, path: str, headers: Mapping[str, str]) -> bool:
    """Tell whether the plugin looks at the body of such a request."""
    suffixes = config.get("enableOnPathSuffix", SUFFIXES)
    suffixes = suffixes if isinstance(suffixes, list | tuple) else SUFFIXES
    path = path.partition("?")[0]
    if not any(suffix == "*" or path.endswith(str(suffix)) for suffix in suffixes):
        return False
    kind = headers.get("content-type", "")
    if "content-encoding" in headers:
        return False
    return "application/json" in kind or "multipart/form-data" in kind


def decide(config: Json, path: str, headers: Mapping[str, str], body: bytes) -> Decision:
    """Decide about one request."""
    if not body or not wants_body(config, path, headers):
        return NOTHING
    if "application/json" in headers.get("content-type", ""):
        return _decide_json(config, body.decode(errors="surrogateescape"))
    return _decide_form(config, headers["content-type"], body)


def _decide_json(config: Json, text: str) -> Decision:
    found = _model(config, text)
    if found is None:
        return NOTHING
    model = as_text(found.value, text[found.start : found.end])
    auto = config.get("autoRouting")
    if isinstance(auto, dict) and _is_true(auto.get("enable")) and model == AUTO:
        target = auto_target(auto, text)
        if not target:
            return NOTHING
        return _replaced({AUTO_HEADER: target}, text, (found.start, found.end), target)
    headers, rest = _headers(config, model)
    if rest is None:
        return Decision(headers=headers)
    return _replaced(headers, text, (found.start, found.end), rest)


def _model(config: Json, text: str) -> Found | None:
    try:
        parse(text)
    except NotJson:
        return None
    found = find(text, str(config.get("modelKey") or "model"))
    return found if found and as_text(found.value, "something") else None


def _replaced(headers: Mapping[str, str], text: str, span: tuple[int, int], model: str) -> Decision:
    changed = f"{text[: span[0]]}{go_json(model)}{text[span[1] :]}"
    return Decision(headers=headers, body=changed.encode(errors="surrogateescape"))


def _headers(config: Json, model: str) -> tuple[dict[str, str], str | None]:
    """Return the headers for a model and, when the provider is split off, the rest of it."""
    headers: dict[str, str] = {}
    if name := config.get("modelToHeader"):
        headers[str(name).lower()] = model
    provider_header = config.get("addProviderHeader")
    if not provider_header or "/" not in model:
        return headers, None
    provider, _, rest = model.partition("/")
    headers[str(provider_header).lower()] = provider
    return headers, rest


def auto_target(auto: Json, text: str) -> str:
    """Choose the model for what the user said last; empty when there is none to choose."""
    said = _LONE.sub("\N{REPLACEMENT CHARACTER}", last_user_text(text))
    rules = auto.get("rules")
    for rule in (rules if isinstance(rules, list) else []) if said else []:
        pattern, model = _text(rule, "pattern"), _text(rule, "model")
        if pattern and model and _matches(pattern, said):
            return model
    default = auto.get("defaultModel")
    return default if isinstance(default, str) else "" if default is None else json.dumps(default)


def _text(rule: object, key: str) -> str:
    value = rule.get(key) if isinstance(rule, dict) else None
    return value if isinstance(value, str) else "" if value is None else json.dumps(value)


def _matches(pattern: str, said: str) -> bool:
    if "\\C" in pattern:  # RE2 knows it, Go does not
        return False
    try:
        return re2.search(pattern, said, options=QUIET) is not None
    except re2.error:
        return False


def last_user_text(text: str) -> str:
    """Return what the last message of the user says, as the plugin reads it."""
    said = ""
    for number in range(_length(find(text, "messages"))):
        message = find(text, f"messages.{number}")
        if message is None or not isinstance(message.value, dict):
            continue
        role = message.value.get("role")
        if role != "user":
            continue
        said = _content(text, number, said)
    return said


def _length(found: object) -> int:
    value = getattr(found, "value", None)
    return len(value) if isinstance(value, list) else 0


def _content(text: str, number: int, before: str) -> str:
    found = find(text, f"messages.{number}.content")
    if found is None:
        return ""
    if not isinstance(found.value, list):
        return as_text(found.value, text[found.start : found.end])
    for position in range(len(found.value)):
        part = found.value[position]
        if isinstance(part, dict) and part.get("type") == "text":
            words = find(text, f"messages.{number}.content.{position}.text")
            before = as_text(words.value, text[words.start : words.end]) if words else ""
    return before


def _is_true(value: object) -> bool:
    """Read a truth value as gjson's Bool does."""
    if isinstance(value, str):
        return value.lower() in {"1", "t", "true"}
    return isinstance(value, bool | int | float) and value != 0


def _decide_form(config: Json, kind: str, body: bytes) -> Decision:
    found = field(kind, str(config.get("modelKey") or "model"), body)
    if found is None:
        return NOTHING
    headers, rest = _headers(config, found[1].decode(errors="surrogateescape"))
    if rest is None:
        return Decision(headers=headers)
    return Decision(headers=headers, body=with_content(body, found, rest))
