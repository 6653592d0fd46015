"""A provider as the API shows it, and as ai-proxy's configuration holds it."""

from collections.abc import Mapping
from typing import Any

from .errors import IllegalArgument

FAILOVER = {
    "enabled": bool,
    "failureThreshold": int,
    "successThreshold": int,
    "healthCheckInterval": int,
    "healthCheckTimeout": int,
    "healthCheckModel": str,
}
PROVIDER = {
    "name": str,
    "type": str,
    "protocol": str,
    "proxyName": str,
    "tokens": [str],
    "tokenFailoverConfig": FAILOVER,
    "rawConfigs": dict,
}
PROTOCOLS = {"openai/v1": "openai", "original": "original"}
Provider = dict[str, Any]


def check(provider: Provider) -> None:
    """Refuse a provider that is none of any type; the real console's 500s, not 400s."""
    for field in ("name", "type"):
        if not (provider[field] or "").strip():
            raise IllegalArgument(f"{field} cannot be blank.")
        if field == "name" and "/" in provider["name"]:
            raise IllegalArgument("slashes (/) are not allowed in name.")
    provider["protocol"] = provider["protocol"] or "openai/v1"
    if provider["protocol"] not in PROTOCOLS:
        raise IllegalArgument(f"Unknown protocol: {provider['protocol']}")


def to_config(provider: Provider, configs: Mapping[str, Any]) -> dict[str, Any]:
    """Make ai-proxy's entry: the typed fields win over what came in rawConfigs."""
    entry = {key: value for key, value in configs.items() if value is not None}
    for key in ("apiTokens", "failover", "retryOnFailure"):
        entry.pop(key, None)
    entry |= {"id": provider["name"], "type": provider["type"]}
    entry["protocol"] = PROTOCOLS[provider["protocol"]]
    if provider["tokens"]:
        entry["apiTokens"] = provider["tokens"]
    failover = provider["tokenFailoverConfig"]
    if failover is not None:
        entry["failover"] = {key: value for key, value in failover.items() if value is not None}
        entry["retryOnFailure"] = {"enabled": bool(failover["enabled"])}
    return entry


def to_provider(entry: Mapping[str, Any], proxy: str | None) -> Provider:
    """Show an entry; what its lists and maps hold of the wrong type is not shown."""
    tokens = entry.get("apiTokens")
    listed = tokens if isinstance(tokens, list) else None
    shown = listed and [token for token in listed if isinstance(token, str)]
    failover = entry.get("failover")
    return {
        "name": entry["id"],
        "type": entry["type"],
        "protocol": "original" if entry.get("protocol") == "original" else "openai/v1",
        "proxyName": proxy,
        "tokens": shown,
        "tokenFailoverConfig": _failover(failover) if isinstance(failover, dict) else None,
        "rawConfigs": dict(entry),
    }


def _failover(stored: Mapping[str, Any]) -> dict[str, Any]:
    return {
        key: value if isinstance(value := stored.get(key), kind) else None
        for key, kind in FAILOVER.items()
    }
