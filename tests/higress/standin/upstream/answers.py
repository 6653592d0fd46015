"""What a provider answers when a test has told it nothing."""

import json
from typing import Any

Json = dict[str, Any]
USAGE = {"prompt_tokens": 7, "completion_tokens": 3, "total_tokens": 10}
WORDS = ("Hello", " from", " stub")


def usual(path: str, body: bytes) -> Json:
    """Answer in the form that belongs to the path; streams when the request asks for it."""
    try:
        asked = json.loads(body) if body else {}
    except ValueError:
        asked = {}
    asked = asked if isinstance(asked, dict) else {}
    model, stream = asked.get("model", "stub"), asked.get("stream") is True
    path = path.partition("?")[0]
    if path.endswith("/messages"):
        return _claude_stream(model) if stream else _json(_claude(model))
    if path.endswith("/embeddings"):
        return _json(_embedding(model))
    if path.endswith("/models"):
        return _json({"object": "list", "data": [{"id": "stub", "object": "model"}]})
    return _chat_stream(model) if stream else _json(_chat(model))


def _json(value: object) -> Json:
    return {"body": json.dumps(value)}


def _chat(model: object) -> Json:
    message = {"role": "assistant", "content": "".join(WORDS)}
    return {
        "id": "chatcmpl-stub",
        "object": "chat.completion",
        "model": model,
        "choices": [{"index": 0, "message": message, "finish_reason": "stop"}],
        "usage": USAGE,
    }


def _chat_stream(model: object) -> Json:
    base = {"id": "chatcmpl-stub", "object": "chat.completion.chunk", "model": model}
    deltas: list[Json] = [{"role": "assistant", "content": ""}]
    deltas += [{"content": word} for word in WORDS]
    events: list[object] = [
        {**base, "choices": [{"index": 0, "delta": delta, "finish_reason": None}]}
        for delta in deltas
    ]
    events.append({**base, "choices": [{"index": 0, "delta": {}, "finish_reason": "stop"}]})
    events.append({**base, "choices": [], "usage": USAGE})
    texts = [f"data: {json.dumps(event)}\n\n" for event in events]
    return {"chunks": [[text, 0.02] for text in [*texts, "data: [DONE]\n\n"]]}


def _claude(model: object) -> Json:
    return {
        "id": "msg_stub",
        "type": "message",
        "role": "assistant",
        "model": model,
        "content": [{"type": "text", "text": "".join(WORDS)}],
        "stop_reason": "end_turn",
        "stop_sequence": None,
        "usage": {"input_tokens": 7, "output_tokens": 3},
    }


def _claude_stream(model: object) -> Json:
    start = {**_claude(model), "content": [], "stop_reason": None}
    start["usage"] = {"input_tokens": 7, "output_tokens": 1}
    block = {"type": "text", "text": ""}
    events: list[Json] = [
        {"type": "message_start", "message": start},
        {"type": "content_block_start", "index": 0, "content_block": block},
    ]
    events += [
        {"type": "content_block_delta", "index": 0, "delta": {"type": "text_delta", "text": word}}
        for word in WORDS
    ]
    events += [
        {"type": "content_block_stop", "index": 0},
        {
            "type": "message_delta",
            "delta": {"stop_reason": "end_turn", "stop_sequence": None},
            "usage": {"output_tokens": 3},
        },
        {"type": "message_stop"},
    ]
    texts = [f"event: {event['type']}\ndata: {json.dumps(event)}\n\n" for event in events]
    return {"chunks": [[text, 0.02] for text in texts]}


def _embedding(model: object) -> Json:
    return {
        "object": "list",
        "data": [{"object": "embedding", "index": 0, "embedding": [0.1, 0.2]}],
        "model": model,
        "usage": {"prompt_tokens": 2, "total_tokens": 2},
    }
