"""The demo provider's answers in the forms of OpenAI's chat, completions and embeddings.

Source: OpenAI's API reference, November 2026.
"""

import base64
import json
import struct
from collections.abc import Iterator, Mapping
from hashlib import sha256
from itertools import cycle, islice

from aigw.engines.demo.asked import CREATED, Asked, tokens

_DIMENSIONS, _MOST_DIMENSIONS = 64, 4096


def chat(asked: Asked) -> dict[str, object]:
    """Answer a chat."""
    message = {"role": "assistant", "content": asked.text}
    choice = {"index": 0, "message": message, "finish_reason": "stop"}
    return {**_head(asked, "chat.completion"), "choices": [choice], "usage": _usage(asked)}


def chat_stream(asked: Asked) -> Iterator[str]:
    """Answer a chat in events."""
    head = _head(asked, "chat.completion.chunk")

    def chunk(delta: Mapping[str, str], finish: str | None = None) -> str:
        choice = {"index": 0, "delta": delta, "finish_reason": finish}
        return _event({**head, "choices": [choice]})

    first, *rest = asked.pieces
    yield chunk({"role": "assistant", "content": first})
    for piece in rest:
        yield chunk({"content": piece})
    yield chunk({}, "stop") + _end(asked, head)


def completion(asked: Asked) -> dict[str, object]:
    """Continue a text."""
    choice = {"index": 0, "text": asked.text, "finish_reason": "stop", "logprobs": None}
    return {**_head(asked, "text_completion"), "choices": [choice], "usage": _usage(asked)}


def completion_stream(asked: Asked) -> Iterator[str]:
    """Continue a text in events."""
    head = _head(asked, "text_completion")

    def chunk(text: str, finish: str | None = None) -> str:
        choice = {"index": 0, "text": text, "finish_reason": finish, "logprobs": None}
        return _event({**head, "choices": [choice]})

    for piece in asked.pieces:
        yield chunk(piece)
    yield chunk("", "stop") + _end(asked, head)


def embeddings(asked: Asked) -> dict[str, object]:
    """Give each input a vector that depends on nothing else."""
    given = asked.body.get("input")
    inputs = given if isinstance(given, list) else [given]
    wanted = asked.body.get("dimensions")
    size = min(wanted, _MOST_DIMENSIONS) if isinstance(wanted, int) and wanted > 0 else _DIMENSIONS
    encode = _packed if asked.body.get("encoding_format") == "base64" else list
    data = [
        {"object": "embedding", "index": index, "embedding": encode(_vector(text, size))}
        for index, text in enumerate(inputs)
    ]
    count = sum(tokens(str(text)) for text in inputs)
    usage = {"prompt_tokens": count, "total_tokens": count}
    return {"object": "list", "model": asked.model, "data": data, "usage": usage}


def model_list() -> dict[str, object]:
    """List the one model."""
    model = {"id": "demo", "object": "model", "created": CREATED, "owned_by": "aigw"}
    return {"object": "list", "data": [model]}


def _head(asked: Asked, kind: str) -> dict[str, object]:
    return {
        "id": f"demo-{asked.key}",
        "object": kind,
        "created": CREATED,
        "model": asked.model,
    }


def _end(asked: Asked, head: Mapping[str, object]) -> str:
    options = asked.body.get("stream_options")
    with_usage = isinstance(options, dict) and options.get("include_usage") is True
    usage = _event({**head, "choices": [], "usage": _usage(asked)}) if with_usage else ""
    return f"{usage}data: [DONE]\n\n"


def _usage(asked: Asked) -> dict[str, int]:
    read, written = asked.input_tokens, asked.output_tokens
    return {"prompt_tokens": read, "completion_tokens": written, "total_tokens": read + written}


def _vector(text: object, size: int) -> tuple[float, ...]:
    digest = sha256(json.dumps(text).encode()).digest()
    return tuple((byte - 127.5) / 127.5 for byte in islice(cycle(digest), size))


def _packed(vector: tuple[float, ...]) -> str:
    return base64.b64encode(struct.pack(f"<{len(vector)}f", *vector)).decode()


def _event(value: object) -> str:
    return f"data: {json.dumps(value, ensure_ascii=False)}\n\n"
