"""Choose the demo provider's answer to a request."""

import json
from collections.abc import Callable, Iterator, Mapping
from typing import Final

from msgspec import Struct

from aigw.engines.demo import anthropic, openai, responses
from aigw.engines.demo.asked import Asked, asked
from aigw.engines.demo.directions import NONE, Directions

_SERVER_ERROR = 500
_ERROR_TYPES = {401: "authentication_error", 403: "permission_error", 429: "rate_limit_error"}


class Reply(Struct, frozen=True, kw_only=True):
    """A status with a JSON text, or with the chunks of a stream, and how to send it."""

    status: int
    body: str = ""
    stream: Iterator[str] | None = None
    directions: Directions = NONE


class _Api(Struct, frozen=True):
    whole: Callable[[Asked], Mapping[str, object]]
    stream: Callable[[Asked], Iterator[str]] | None = None


# The end of a path says which API it is, the longer end first.
_APIS: Final = {
    "/chat/completions": _Api(openai.chat, openai.chat_stream),
    "/completions": _Api(openai.completion, openai.completion_stream),
    "/embeddings": _Api(openai.embeddings),
    "/responses": _Api(responses.response, responses.response_stream),
    "/messages": _Api(anthropic.message, anthropic.message_stream),
    "/messages/count_tokens": _Api(anthropic.token_count),
}


def get(path: str) -> Reply:
    """Answer a GET: the list of models."""
    if path.endswith("/models"):
        return Reply(status=200, body=json.dumps(openai.model_list()))
    return _refusal(path, 404, "the demo provider does not serve this path")


def post(path: str, content: bytes, header: str) -> Reply:
    """Answer a POST; `header` is its `x-demo`."""
    api = next((api for ending, api in _APIS.items() if path.endswith(ending)), None)
    if api is None:
        return _refusal(path, 404, "the demo provider does not serve this path")
    try:
        body = json.loads(content)
    except (ValueError, RecursionError):
        body = None
    if not isinstance(body, dict):
        return _refusal(path, 400, "the body is not a JSON object")
    request = asked(body, header)
    wanted = request.directions
    if wanted.status:
        return _refusal(path, wanted.status, "the demo provider was asked to fail", wanted)
    if body.get("stream") is True and api.stream is not None:
        return Reply(status=200, stream=api.stream(request), directions=wanted)
    text = json.dumps(api.whole(request), ensure_ascii=False)
    return Reply(status=200, body=text, directions=wanted)


def _refusal(path: str, status: int, message: str, wanted: Directions = NONE) -> Reply:
    kind = _ERROR_TYPES.get(
        status, "invalid_request_error" if status < _SERVER_ERROR else "api_error"
    )
    error: dict[str, object] = {"type": kind, "message": message}
    tree: dict[str, object] = {"error": {**error, "code": "demo", "param": None}}
    if "/messages" in path:
        tree = {"type": "error", "error": error}
    return Reply(status=status, body=json.dumps(tree), directions=wanted)
