"""`ai-statistics`: the `ai_log` of a request.

Facts: `tests/fixtures/higress/ai_log_samples.json`, recorded from the real plugin.
"""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from .values import go_json

Json = dict[str, Any]
SESSION_HEADERS = (
    "x-openclaw-session-key",
    "x-clawdbot-session-key",
    "x-moltbot-session-key",
    "x-agent-session",
)
TEXTS = ("answer", "messages", "question", "reasoning", "system", "tool_calls")
CACHES = ("cache_creation_input_tokens", "cache_read_input_tokens")


@dataclass(frozen=True, slots=True, kw_only=True)
class Answered:
    """An answer as the client saw it, and how long it took (ms)."""

    kind: str
    body: bytes
    first: int
    all: int

    @property
    def is_stream(self) -> bool:
        """Tell whether it came as events."""
        return "text/event-stream" in self.kind


def log_line(config: Json, headers: Mapping[str, str], body: bytes, answered: Answered) -> str:
    """Return the text that stands between the quotes of the access log's `ai_log`."""
    values = _asked(config, headers, body) | _told(_json(body), answered)
    if not config.get("use_default_attributes"):
        values = {key: value for key, value in values.items() if key not in TEXTS}
    for attribute in config.get("attributes") or []:
        if attribute.get("apply_to_log") and attribute.get("value_source") == "request_header":
            value = headers.get(str(attribute.get("value")), attribute.get("default_value"))
            if value is not None:
                values[str(attribute["key"])] = value
    # Calls gathered from a stream are a Go struct, its keys in their own order.
    parts = [
        f"{go_json(key)}:{go_json(value, in_order=key == 'tool_calls' and answered.is_stream)}"
        for key, value in sorted(values.items())
    ]
    return json.dumps(f"{{{','.join(parts)}}}", ensure_ascii=False)[1:-1]


def _json(body: bytes) -> Json:
    try:
        value = json.loads(body)
    except ValueError:
        return {}
    return value if isinstance(value, dict) else {}


def _asked(config: Json, headers: Mapping[str, str], body: bytes) -> Json:
    asked = _json(body)
    messages = asked.get("messages")
    known = [one for one in messages or [] if isinstance(one, dict)]
    values: Json = {
        "api": "-",
        "chat_round": sum(one.get("role") == "user" for one in known),
        "messages": messages,
        "question": known[-1].get("content") if known else None,
        "system": asked.get("system"),
    }
    names = (str(config.get("session_id_header") or ""), *SESSION_HEADERS)
    if session := next((headers[name] for name in names if headers.get(name)), ""):
        values["session_id"] = session
    return values


def _told(asked: Json, answered: Answered) -> Json:
    chunks = list(_chunks(answered))
    values: Json = {
        "response_type": "stream" if answered.is_stream else "normal",
        "llm_service_duration": answered.all,
        "answer": _text(chunks, "content", "text") or None,
        "reasoning": _text(chunks, "reasoning_content", "thinking_") or None,
        "tool_calls": _stream_calls(chunks) if answered.is_stream else _calls(chunks),
        **_tokens(asked, chunks),
    }
    if answered.is_stream:
        values["llm_first_token_duration"] = answered.first
    for chunk in chunks:
        message, response = chunk.get("message"), chunk.get("response")
        parts = (chunk, response, message)
        found = [part["id"] for part in parts if isinstance(part, dict) and part.get("id")]
        if found or chunk.get("responseId"):
            values["chat_id"] = (found or [chunk["responseId"]])[0]
    return values


def _chunks(answered: Answered) -> Iterable[Json]:
    if not answered.is_stream:
        yield from filter(None, [_json(answered.body)])
        return
    for line in answered.body.splitlines():
        if line.startswith(b"data:") and (value := _json(line[5:])):
            yield value


def _tokens(asked: Json, chunks: list[Json]) -> Json:
    values: Json = dict.fromkeys(
        ("cached_tokens", "input_token_details", "output_token_details", "reasoning_tokens")
    )
    spent: dict[str, int] = {}
    for chunk in chunks:
        message = chunk.get("message")
        source = message if isinstance(message, dict) and "usage" in message else chunk
        usage = source.get("usage")
        if not isinstance(usage, dict):
            continue
        model = source.get("model") or chunk.get("model") or values.get("model")
        values["model"] = model or asked.get("model") or "UNKNOWN"
        for key, names in (
            ("input_token", ("prompt_tokens", "input_tokens")),
            ("output_token", ("completion_tokens", "output_tokens")),
        ):
            found = [usage[name] for name in names if isinstance(usage.get(name), int)]
            spent[key] = found[0] if found else spent.get(key, 0)
        values |= _details(usage)
        caches = sum(usage.get(name) or 0 for name in CACHES)
        values["total_token"] = usage.get("total_tokens") or sum(spent.values()) + caches
        values |= spent
    return values


def _details(usage: Json) -> Json:
    asked, said = usage.get("prompt_tokens_details"), usage.get("completion_tokens_details")
    if asked is None:
        asked = {name: usage[name] for name in CACHES if usage.get(name)} or None
    return {
        "input_token_details": None if asked is None else go_json(asked),
        "output_token_details": None if said is None else go_json(said),
        "cached_tokens": (asked or {}).get("cached_tokens"),
        "reasoning_tokens": (said or {}).get("reasoning_tokens"),
    }


def _text(chunks: list[Json], openai: str, claude: str) -> str:
    found = []
    for chunk in chunks:
        choice = (chunk.get("choices") or [{}])[0]
        part = choice.get("delta") or choice.get("message") or {}
        delta = chunk.get("delta")
        if isinstance(part.get(openai), str):
            found.append(part[openai])
        elif isinstance(delta, dict) and isinstance(delta.get(claude), str):
            found.append(delta[claude])
        elif isinstance(content := chunk.get("content"), list):
            found += [str(one[claude]) for one in content[:1] if one.get(claude)]
    return "".join(found)


def _calls(chunks: list[Json]) -> list[Json] | None:
    for chunk in chunks:
        choice = (chunk.get("choices") or [{}])[0]
        if calls := (choice.get("message") or {}).get("tool_calls"):
            return list(calls)
    return None


def _stream_calls(chunks: list[Json]) -> list[Json] | None:
    calls: dict[int, Json] = {}
    for chunk in chunks:
        for index, call in _call_parts(chunk):
            own = calls.setdefault(
                index,
                ({"index": index} if index else {})
                | {"id": "", "type": "", "function": {"name": "", "arguments": ""}},
            )
            own["id"] = own["id"] or call.get("id") or ""
            own["type"] = own["type"] or call.get("type") or ""
            function = call.get("function") or {}
            own["function"]["name"] += function.get("name") or ""
            own["function"]["arguments"] += function.get("arguments") or ""
    return [calls[index] for index in sorted(calls)] or None


def _call_parts(chunk: Json) -> Iterable[tuple[int, Json]]:
    choice = (chunk.get("choices") or [{}])[0]
    for call in (choice.get("delta") or {}).get("tool_calls") or []:
        yield int(call.get("index") or 0), call
    block, delta = chunk.get("content_block"), chunk.get("delta")
    index = int(chunk.get("index") or 0)
    if isinstance(block, dict) and block.get("type") == "tool_use":
        # As seen: the empty input is written in front of the parts of the real one.
        function = {"name": block.get("name"), "arguments": json.dumps(block.get("input") or {})}
        yield index, {"id": block.get("id"), "type": "tool_use", "function": function}
    if isinstance(delta, dict) and "partial_json" in delta:
        yield index, {"function": {"arguments": delta["partial_json"]}}
