"""The demo provider's answers in the form of OpenAI's responses.

Source: OpenAI's API reference, November 2026.
"""

import json
from collections.abc import Iterator, Mapping
from itertools import count

from aigw.engines.demo.asked import CREATED, Asked

_PLACE = {"output_index": 0, "content_index": 0}


def response(asked: Asked) -> dict[str, object]:
    """Answer in one piece."""
    return _response(asked, status="completed", output=[_item(asked, asked.text)])


def response_stream(asked: Asked) -> Iterator[str]:
    """Answer in numbered events."""
    numbers = count()
    item = f"msg_demo_{asked.key}"

    def event(kind: str, **fields: object) -> str:
        tree = {"type": kind, "sequence_number": next(numbers), **fields}
        return f"event: {kind}\ndata: {json.dumps(tree, ensure_ascii=False)}\n\n"

    begun = _response(asked, status="in_progress", output=[])
    opened = {**_item(asked, ""), "status": "in_progress", "content": []}
    yield (
        event("response.created", response=begun)
        + event("response.in_progress", response=begun)
        + event("response.output_item.added", output_index=0, item=opened)
        + event("response.content_part.added", item_id=item, part=_part(""), **_PLACE)
    )
    for piece in asked.pieces:
        yield event("response.output_text.delta", item_id=item, delta=piece, logprobs=[], **_PLACE)
    text, closed = asked.text, _item(asked, asked.text)
    yield (
        event("response.output_text.done", item_id=item, text=text, logprobs=[], **_PLACE)
        + event("response.content_part.done", item_id=item, part=_part(text), **_PLACE)
        + event("response.output_item.done", output_index=0, item=closed)
        + event("response.completed", response=response(asked))
    )


def _response(
    asked: Asked, *, status: str, output: list[Mapping[str, object]]
) -> dict[str, object]:
    read, written = asked.input_tokens, asked.output_tokens
    usage = {
        "input_tokens": read,
        "input_tokens_details": {"cached_tokens": 0},
        "output_tokens": written,
        "output_tokens_details": {"reasoning_tokens": 0},
        "total_tokens": read + written,
    }
    return {
        "id": f"resp_demo_{asked.key}",
        "object": "response",
        "created_at": CREATED,
        "status": status,
        "model": asked.model,
        "output": output,
        "usage": usage if output else None,
        "error": None,
        "incomplete_details": None,
        "instructions": None,
        "metadata": {},
        "parallel_tool_calls": True,
        "temperature": 1.0,
        "tool_choice": "auto",
        "tools": [],
        "top_p": 1.0,
    }


def _item(asked: Asked, text: str) -> dict[str, object]:
    return {
        "id": f"msg_demo_{asked.key}",
        "type": "message",
        "role": "assistant",
        "status": "completed",
        "content": [_part(text)],
    }


def _part(text: str) -> dict[str, object]:
    return {"type": "output_text", "text": text, "annotations": [], "logprobs": []}
