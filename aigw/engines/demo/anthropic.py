"""The demo provider's answers in the form of Anthropic's messages.

Source: Anthropic's API reference, November 2026.
"""

import json
from collections.abc import Iterator, Mapping, Sequence

from aigw.engines.demo.asked import Asked


def message(asked: Asked) -> dict[str, object]:
    """Answer in one piece."""
    content = [{"type": "text", "text": asked.text}]
    return _message(asked, content=content, stop="end_turn", written=asked.output_tokens)


def message_stream(asked: Asked) -> Iterator[str]:
    """Answer in events."""
    begun = _message(asked, content=[], stop=None, written=0)
    yield _event("message_start", message=begun) + _event(
        "content_block_start", index=0, content_block={"type": "text", "text": ""}
    )
    for piece in asked.pieces:
        delta = {"type": "text_delta", "text": piece}
        yield _event("content_block_delta", index=0, delta=delta)
    yield (
        _event("content_block_stop", index=0)
        + _event(
            "message_delta",
            delta={"stop_reason": "end_turn", "stop_sequence": None},
            usage={"output_tokens": asked.output_tokens},
        )
        + _event("message_stop")
    )


def token_count(asked: Asked) -> dict[str, object]:
    """Count what would be read."""
    return {"input_tokens": asked.input_tokens}


def _message(
    asked: Asked, *, content: Sequence[Mapping[str, object]], stop: str | None, written: int
) -> dict[str, object]:
    return {
        "id": f"msg_demo_{asked.key}",
        "type": "message",
        "role": "assistant",
        "model": asked.model,
        "content": content,
        "stop_reason": stop,
        "stop_sequence": None,
        "usage": {"input_tokens": asked.input_tokens, "output_tokens": written},
    }


def _event(kind: str, **fields: object) -> str:
    tree = json.dumps({"type": kind, **fields}, ensure_ascii=False)
    return f"event: {kind}\ndata: {tree}\n\n"
