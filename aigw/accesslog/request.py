"""One request as the data plane logged it."""

import json
import re
from collections.abc import Mapping
from datetime import UTC, datetime

from msgspec import Struct

# https://www.w3.org/TR/trace-context/#traceparent-header
_TRACEPARENT = re.compile(r"[0-9a-f]{2}-([0-9a-f]{32})-[0-9a-f]{16}-[0-9a-f]{2}")
_UNKNOWN = ("", "-")


class Usage(Struct, frozen=True, kw_only=True):
    """Tokens as the provider counted them; None where it did not say."""

    input: int | None
    output: int | None
    cached: int | None
    reasoning: int | None


class Request(Struct, frozen=True, kw_only=True):
    """What is known of one request: text is empty and a number None where it is not known.

    `time` is when it began, in UTC; `status` is 0 when nothing was sent; the other fields are
    explained in the package's docstring.
    """

    time: datetime
    request_id: str
    trace_id: str
    session: str
    client: str
    method: str
    path: str
    status: int
    model: str
    served_model: str
    rule: str
    provider: str
    attempts: int
    upstream_status: int | None
    flags: tuple[str, ...]
    details: str
    failure: str
    duration_ms: int | None
    first_byte_ms: int | None
    bytes_in: int | None
    bytes_out: int | None
    usage: Usage | None
    stream: bool
    generation: str


def request(line: str) -> Request | None:
    """Read one line; None when it is not a request: half written, or not of this log."""
    try:
        tree = json.loads(line)
    except (ValueError, RecursionError):
        return None
    if not isinstance(tree, dict):
        return None
    time = utc(tree.get("time"))
    return _request(tree, time) if time else None


def _request(tree: Mapping[str, object], time: datetime) -> Request:
    flags, stream = text(tree.get("flags")), tree.get("stream")
    traced = text(tree.get("trace_id"))
    found = _TRACEPARENT.fullmatch(traced)
    return Request(
        time=time,
        request_id=text(tree.get("request_id")),
        trace_id=found.group(1) if found else traced,
        session=text(tree.get("session")),
        client=text(tree.get("client")),
        method=text(tree.get("method")),
        path=text(tree.get("path")),
        status=count(tree.get("status")) or 0,
        model=text(tree.get("model")),
        served_model=text(tree.get("served_model")),
        rule=text(tree.get("rule")),
        provider=text(tree.get("provider")),
        attempts=count(tree.get("attempts")) or 0,
        upstream_status=count(tree.get("upstream_status")),
        flags=tuple(flags.split(",")) if flags else (),
        details=text(tree.get("details")),
        failure=text(tree.get("failure")),
        duration_ms=count(tree.get("duration_ms")),
        first_byte_ms=count(tree.get("first_byte_ms")),
        bytes_in=count(tree.get("bytes_in")),
        bytes_out=count(tree.get("bytes_out")),
        usage=_usage(tree.get("usage")),
        stream=stream is True or text(stream).startswith("text/event-stream"),
        generation=text(tree.get("generation")),
    )


def utc(value: object) -> datetime | None:
    """Take a time of ISO 8601; None for anything else."""
    try:
        time = datetime.fromisoformat(text(value))
    except ValueError:
        return None
    return time.astimezone(UTC) if time.tzinfo else time.replace(tzinfo=UTC)


def text(value: object) -> str:
    """Take a text; what stands for nothing is empty."""
    return value if isinstance(value, str) and value not in _UNKNOWN else ""


def count(value: object) -> int | None:
    """Take a count; the data plane's Lua knows only fractions, so 12.0 is 12."""
    match value:
        case bool():
            return None
        case int() if value >= 0:
            return value
        case float() if value >= 0 and value.is_integer():
            return int(value)
        case _:
            return None


def _usage(value: object) -> Usage | None:
    if not isinstance(value, dict) or not value:
        return None
    return Usage(
        input=count(value.get("input")),
        output=count(value.get("output")),
        cached=count(value.get("cached")),
        reasoning=count(value.get("reasoning")),
    )
