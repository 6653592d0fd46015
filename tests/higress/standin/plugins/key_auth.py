"""`key-auth`: who may ask, in the form that the console stores."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from .rules import MATCHES

Json = dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """A consumer, or an answer; neither where nobody is asked for a key."""

    consumer: str = ""
    status: int = 0
    details: str = ""
    words: str = ""


def decide(config: Json, part: Json, headers: Mapping[str, str]) -> Verdict:
    """Compare the whole header value with each consumer's credentials."""
    allowed = part.get("allow")
    own = config.get("global_auth") is True or any(key in part for key in MATCHES)
    if not isinstance(allowed, list) or not own:
        return Verdict()
    consumers = [one for one in config.get("consumers") or [] if isinstance(one, dict)]
    names = {str(key).lower() for one in consumers for key in one.get("keys") or []}
    sent = {headers[name] for name in names if name in headers}
    if not sent:
        return Verdict(
            status=401,
            details="key-auth.no_key",
            words="Request denied by Key Auth check. No API key found in request.",
        )
    if len(sent) > 1:
        return Verdict(
            status=401,
            details="key-auth.multi_key",
            words="Request denied by Key Auth check. Multiple API keys found in request.",
        )
    for one in consumers:
        credentials = one.get("credentials") or [one.get("credential")]
        if one.get("name") in allowed and sent & set(credentials):
            return Verdict(consumer=str(one["name"]))
    return Verdict(
        status=403,
        details="key-auth.unauthorized",
        words="Request denied by Key Auth check. Unauthorized consumer.",
    )
