"""LLM providers in the store: an entry and a rule of ai-proxy, and a registry beside them."""

import threading
from collections.abc import Iterator
from typing import Any

from . import instances, registries, rules
from .endpoints import Configs
from .errors import ValidationException
from .instances import Instance
from .kube import Kube
from .provider_model import Provider, check, to_config, to_provider
from .provider_types import HANDLERS, Handler, custom_service

PLUGIN = "ai-proxy"
ACTIVE = "activeProviderId"
WRITING = threading.Lock()
"""Two writes of ai-proxy at one moment: of the real console's, none was ever lost."""


def registry_name(provider: str) -> str:
    """Name the registry of a provider."""
    return f"llm-{provider}.internal"


def every(kube: Kube) -> list[Provider]:
    """Read the providers of types that the console knows, by name; of namesakes the last."""
    proxies = {one.get("name"): one.get("proxyName") for one in registries.registries(kube)}
    found = {
        entry["id"]: _shown(entry, proxies.get(registry_name(entry["id"])))
        for entry in _known(_entries(_global(kube)))
    }
    return [found[name] for name in sorted(found)]


def _shown(entry: Configs, proxy: str | None) -> Provider:
    return to_provider(HANDLERS[entry["type"]].shown(entry), proxy)


def find(kube: Kube, name: str) -> Provider | None:
    """Read one provider."""
    return next((one for one in every(kube) if one["name"] == name), None)


def upstream_service(kube: Kube, name: str) -> tuple[str, int]:
    """Give the service that routes to a provider must name, and its port."""
    provider = find(kube, name)
    if provider is None:
        raise ValidationException(f"Unknown provider: {name}")
    return _service(name, HANDLERS[provider["type"]], dict(provider["rawConfigs"]))


def save(kube: Kube, provider: Provider) -> Provider | None:
    """Write a provider over its namesake, whole, and give it as it is read back."""
    check(provider)
    handler = HANDLERS.get(provider["type"])
    if handler is None:
        raise ValidationException(f"Provider type {provider['type']} is not supported")
    configs: Configs = dict(provider["rawConfigs"] or {})
    handler.normalize(configs)
    service, _ = _service(provider["name"], handler, configs)
    _global(kube)  # a store that cannot be read fails before anything is written
    _write_registries(kube, provider, handler, configs)
    with WRITING:
        _write_plugin(kube, to_config(provider, configs), service)
    return find(kube, provider["name"])


def remove(kube: Kube, name: str) -> None:
    """Take a provider away, its rules, and its registry if it has one of its own."""
    with WRITING:
        _remove(kube, name)


def _remove(kube: Kube, name: str) -> None:
    current = _global(kube)
    entries = _entries(current)
    mine = [entry for entry in _known(entries) if entry["id"] == name]
    if current is None or not mine:
        return
    handler = HANDLERS[mine[-1]["type"]]
    if custom_service(mine[-1]) is None or mine[-1]["type"] != "openai":
        handler.locate(name, dict(mine[-1]))
        registries.remove(kube, registry_name(name))
    _drop_rules(kube, name, keep=None)
    left = [entry for entry in entries if not _is(entry, name)]
    instances.save(kube, _with(left, enabled=bool(left)))


def _service(name: str, handler: Handler, configs: Configs) -> tuple[str, int]:
    named = custom_service(configs) if handler is HANDLERS["openai"] else None
    if named:
        return named
    endpoint = handler.locate(name, configs)
    return f"{registry_name(name)}.{endpoint.kind}", endpoint.port


def _write_registries(kube: Kube, provider: Provider, handler: Handler, configs: Configs) -> None:
    for name, host in handler.extra:
        extra = {"name": name, "type": "dns", "domain": host, "port": 443, "protocol": "https"}
        registries.upsert(kube, extra)
    if handler is HANDLERS["openai"] and custom_service(configs):
        return
    endpoint = handler.locate(provider["name"], configs)
    name = registry_name(provider["name"])
    registries.upsert(kube, endpoint.registry(name, provider["proxyName"]))


def _write_plugin(kube: Kube, entry: dict[str, Any], service: str) -> None:
    entries = _entries(_global(kube))
    places = [index for index, old in enumerate(entries) if _is(old, entry["id"])]
    if places:
        entries[places[0]] = entry
    else:
        entries.append(entry)
    rule = Instance(
        plugin=PLUGIN,
        targets={"SERVICE": service},
        configurations={ACTIVE: entry["id"]},
        internal=True,
    )
    instances.save(kube, _with(entries, enabled=True), rule)
    _drop_rules(kube, entry["id"], keep=service)


def _drop_rules(kube: Kube, name: str, *, keep: str | None) -> None:
    """Delete the rules of single services that lead to a provider, each in a write of its own."""
    for one in instances.internal_ones(kube, PLUGIN):
        leads = (one.configurations or {}).get(ACTIVE) == name
        if leads and set(one.targets) == {"SERVICE"} and one.targets["SERVICE"] != keep:
            instances.delete(kube, one.targets, PLUGIN, internal=True)


def _global(kube: Kube) -> Instance | None:
    return instances.find(kube, PLUGIN, rules.GLOBAL, internal=True)


def _entries(instance: Instance | None) -> list[Any]:
    there = (instance.configurations or {}).get("providers") if instance else None
    return list(there) if isinstance(there, list) else []


def _known(entries: list[Any]) -> Iterator[dict[str, Any]]:
    for entry in entries:
        if isinstance(entry, dict) and entry.get("id") and entry.get("type") in HANDLERS:
            yield entry


def _is(entry: object, name: str) -> bool:
    return isinstance(entry, dict) and entry.get("id") == name


def _with(entries: list[Any], *, enabled: bool) -> Instance:
    return Instance(
        plugin=PLUGIN,
        targets=rules.GLOBAL,
        enabled=enabled,
        configurations={"providers": entries},
        internal=True,
    )
