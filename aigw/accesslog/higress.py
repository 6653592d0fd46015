"""One request as the Higress engine logged it: a line that looks like JSON, and mostly is.

Every value is a text, an absent one `-`, and Envoy escapes nothing in what it puts in: a quote in a
path makes the line invalid. So fields are found by the keys around them, which come in this order.
"""

import json
from collections.abc import Mapping
from contextlib import suppress
from datetime import datetime
from itertools import pairwise

from aigw.accesslog.request import Request, Usage, count, text, utc

MARK = '{"ai_log":"'
_KEYS = (
    "ai_log",
    "authority",
    "bytes_received",
    "bytes_sent",
    "downstream_local_address",
    "downstream_remote_address",
    "duration",
    "istio_policy_status",
    "method",
    "path",
    "protocol",
    "request_id",
    "requested_server_name",
    "response_code",
    "response_flags",
    "route_name",
    "start_time",
    "trace_id",
    "upstream_cluster",
    "upstream_host",
    "upstream_local_address",
    "upstream_service_time",
    "upstream_transport_failure_reason",
    "user_agent",
    "x_forwarded_for",
    "response_code_details",
)
_END = '"}'


def higress_request(line: str) -> Request | None:
    """Read one line; None when it is not one of this log, or half written."""
    fields = _fields(line.strip())
    time = utc(fields.get("start_time"))
    return _request(fields, time) if time else None


def _request(fields: Mapping[str, str], time: datetime) -> Request:
    said = _ai_log(fields["ai_log"])
    status, asked = _number(fields["response_code"]) or 0, text(fields["upstream_host"]) != ""
    flags = text(fields["response_flags"])
    return Request(
        time=time,
        request_id=text(fields["request_id"]),
        trace_id=text(fields["trace_id"]),
        session=text(said.get("session_id")),
        client=fields["downstream_remote_address"].rpartition(":")[0],
        method=text(fields["method"]),
        path=text(fields["path"]).partition("?")[0],
        status=status,
        model="",
        served_model=text(said.get("model")),
        rule="",
        provider=_provider(fields),
        attempts=1 if asked else 0,
        upstream_status=None,
        flags=tuple(flags.split(",")) if flags else (),
        details=text(fields["response_code_details"]),
        failure=text(fields["upstream_transport_failure_reason"]),
        duration_ms=_number(fields["duration"]),
        first_byte_ms=count(said.get("llm_first_token_duration"))
        or _number(fields["upstream_service_time"]),
        bytes_in=_number(fields["bytes_received"]),
        bytes_out=_number(fields["bytes_sent"]),
        usage=_usage(said),
        stream=said.get("response_type") == "stream",
        generation="",
    )


def _fields(line: str) -> dict[str, str]:
    """Find every field by the key behind it; nothing unless all are there."""
    if not line.startswith(MARK) or not line.endswith(_END):
        return {}
    found, start = {}, len(MARK)
    for key, following in pairwise(_KEYS):
        end = line.find(f'","{following}":"', start)
        if end < 0:
            return {}
        found[key] = line[start:end]
        start = end + len(following) + 6
    return {**found, _KEYS[-1]: line[start : -len(_END)]}


def _ai_log(raw: str) -> Mapping[str, object]:
    """Read what ai-statistics wrote: JSON, escaped once more; nothing where it did not run."""
    with suppress(ValueError, RecursionError):
        tree = json.loads(json.loads(f'"{raw}"'))
        if isinstance(tree, dict):
            return tree
    return {}


def _provider(fields: Mapping[str, str]) -> str:
    """Return the provider's id out of `outbound|443||llm-openai.internal.dns`."""
    service = fields["upstream_cluster"].rpartition("|")[2]
    head, mark, _ = service.rpartition(".internal.")
    return head.removeprefix("llm-") if mark and head.startswith("llm-") else ""


def _usage(said: Mapping[str, object]) -> Usage | None:
    usage = Usage(
        input=count(said.get("input_token")),
        output=count(said.get("output_token")),
        cached=count(said.get("cached_tokens")),
        reasoning=count(said.get("reasoning_tokens")),
    )
    return None if usage == Usage(input=None, output=None, cached=None, reasoning=None) else usage


def _number(value: str) -> int | None:
    return int(value) if value.isascii() and value.isdecimal() else None
