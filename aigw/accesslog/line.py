"""A request as one line for people."""

from collections.abc import Iterator
from datetime import tzinfo

from aigw.accesslog.request import Request, Usage

_SUCCESS = range(200, 400)


def line(request: Request, zone: tzinfo) -> str:
    """Say what happened to a request: when, status, what was asked, who answered, how long, tokens.

    Control characters that a client sent are shown as escapes: they do nothing to a terminal.
    """
    time = request.time.astimezone(zone).strftime("%Y-%m-%d %H:%M:%S.%f")[:-3]
    status = str(request.status) if request.status else "---"
    words = [time, status, request.method or "-", request.path or "-", *_parts(request)]
    return "".join(sign if sign.isprintable() else _escape(sign) for sign in " ".join(words))


def _parts(request: Request) -> Iterator[str]:
    yield from _models(request)
    if request.attempts > 1:
        yield f"attempts={request.attempts}"
    if request.duration_ms is not None:
        yield f"{request.duration_ms}ms"
    if request.stream and request.first_byte_ms is not None:
        yield f"first={request.first_byte_ms}ms"
    if request.usage:
        yield f"tokens={_tokens(request.usage)}"
    if request.status not in _SUCCESS or request.flags:
        yield from _trouble(request)


def _models(request: Request) -> Iterator[str]:
    names = dict.fromkeys(name for name in (request.model, request.served_model) if name)
    if names:
        yield "->".join(names)
    if request.rule:
        yield f"rule={request.rule}"
    if request.provider:
        yield f"provider={request.provider}"


def _tokens(usage: Usage) -> str:
    counts = (usage.input, usage.output)
    return "+".join("?" if count is None else str(count) for count in counts)


def _trouble(request: Request) -> Iterator[str]:
    if request.upstream_status is not None:
        yield f"upstream={request.upstream_status}"
    if request.flags:
        yield f"flags={','.join(request.flags)}"
    if words := request.failure or request.details:
        yield f"({words})"


def _escape(sign: str) -> str:
    return sign.encode("unicode_escape").decode("ascii")
