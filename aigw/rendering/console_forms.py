"""What the console is sent to save a provider or an AI route, out of the resources of a store."""

import json
from collections.abc import Mapping
from typing import Any

Resources = Mapping[str, Mapping[str, Any]]

HANDLERS = frozenset(
    (
        *("ai360", "azure", "baichuan", "baidu", "bedrock", "claude", "cohere", "coze", "deepseek"),
        *("doubao", "gemini", "github", "grok", "groq", "minimax", "mistral", "moonshot", "ollama"),
        *("openai", "openrouter", "qwen", "stepfun", "vertex", "vllm", "yi", "zhipuai"),
    )
)
"""The types of ai-proxy that the console can save; others it does not even show."""

# Of the plugin's names of a protocol the console has its own.
PROTOCOLS = {"openai": "openai/v1", "original": "original"}
FAILOVER = (
    *("enabled", "failureThreshold", "successThreshold"),
    *("healthCheckInterval", "healthCheckTimeout", "healthCheckModel"),
)


def has_console_handler(provider_type: str) -> bool:
    """Say whether the console can save providers of that type of ai-proxy."""
    return provider_type in HANDLERS


def provider_form(resources: Resources, provider_id: str) -> dict[str, Any]:
    """Return the body of a PUT that leaves a provider as it is in the resources.

    `rawConfigs` is the whole entry: what stands in none of the other members is lost otherwise.
    Raises KeyError where there is no such provider.
    """
    entry = _entry(resources, provider_id)
    failover = entry.get("failover")
    return {
        "name": provider_id,
        "type": entry["type"],
        "protocol": PROTOCOLS.get(entry.get("protocol", ""), "openai/v1"),
        "proxyName": _registry(resources, provider_id).get("proxyName"),
        "tokens": entry.get("apiTokens", []),
        "tokenFailoverConfig": {name: failover.get(name) for name in FAILOVER}
        if failover
        else None,
        "rawConfigs": dict(entry),
    }


def route_form(resources: Resources, route_name: str) -> dict[str, Any]:
    """Return the body of a PUT that leaves an AI route as it is in the resources.

    It has no version: the last writer wins. Raises KeyError where there is no such route.
    """
    data = resources[f"configmaps/ai-route-{route_name}.yaml"]["data"]
    form: dict[str, Any] = json.loads(data["data"])
    return form


def _entry(resources: Resources, provider_id: str) -> Mapping[str, Any]:
    entries = resources["wasmplugins/ai-proxy.internal.yaml"]["spec"]["defaultConfig"]["providers"]
    found = next((entry for entry in entries if entry.get("id") == provider_id), None)
    if found is None:
        raise KeyError(provider_id)
    return dict(found)


def _registry(resources: Resources, provider_id: str) -> Mapping[str, Any]:
    bridge = resources.get("mcpbridges/default.yaml", {})
    registries = bridge.get("spec", {}).get("registries", [])
    name = f"llm-{provider_id}.internal"
    return next((one for one in registries if one.get("name") == name), {})
