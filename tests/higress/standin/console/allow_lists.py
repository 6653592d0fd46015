"""Who may use a route: the rule of key-auth for its Ingress, which every save of a route writes."""

from typing import Any

from . import instances, rules
from .errors import IllegalArgument
from .instances import Instance
from .kube import Kube, Object

PLUGIN = "key-auth"


def empty_global() -> Object:
    """Give what key-auth begins with; the plugin wants at least one key, so there is a dummy."""
    return {
        "global_auth": False,
        "allow": [],
        "keys": ["x-higress-dummy-key"],
        "consumers": [],
    }


def allowed(instance: Instance) -> list[str]:
    """List the consumers that a rule names."""
    names = (instance.configurations or {}).get("allow")
    return [name for name in names if isinstance(name, str)] if isinstance(names, list) else []


def of_route(kube: Kube, route: str) -> dict[str, Any]:
    """Show who may use a route."""
    return view(instances.find(kube, PLUGIN, {"ROUTE": route}, internal=True))


def view(rule: Instance | None) -> dict[str, Any]:
    """Show a rule, or that there is none."""
    return {
        "enabled": bool(rule and rule.enabled),
        "allowedCredentialTypes": [PLUGIN] if rule else None,
        "allowedConsumers": allowed(rule) if rule else None,
    }


def of_routes(kube: Kube) -> dict[str, Instance]:
    """Give all rules by the name of their route."""
    there = [
        one for one in instances.internal_ones(kube, PLUGIN) if one.targets.keys() == {"ROUTE"}
    ]
    return {str(one.targets["ROUTE"]): one for one in reversed(there)}


def write(kube: Kube, route: str, auth: Object | None) -> None:
    """Write a route's rule, switched off when the route has no authentication."""
    auth = auth or {"enabled": False, "allowedCredentialTypes": None, "allowedConsumers": None}
    for credential in dict.fromkeys(auth["allowedCredentialTypes"] or [PLUGIN]):
        if credential != PLUGIN:
            raise IllegalArgument(f"Unsupported credential type: {credential}")
        instances.save(kube, *_wanted(kube, {"ROUTE": route}, auth))


def _wanted(kube: Kube, targets: rules.Targets, auth: Object) -> list[Instance]:
    there = instances.internal_ones(kube, PLUGIN)
    old = next((one for one in there if one.targets == targets), None)
    enabled = auth["enabled"] if auth["enabled"] is not None else bool(old and old.enabled)
    kept = (old.configurations if old else None) or {}
    wanted = [
        Instance(
            plugin=PLUGIN,
            targets=targets,
            enabled=enabled,
            configurations=kept | {"allow": auth["allowedConsumers"]},
            internal=True,
        )
    ]
    if enabled and not any(rules.is_global(one.targets) for one in there):
        wanted.append(default_instance())
    return wanted


def default_instance() -> Instance:
    """Make key-auth's global part, without which no rule works."""
    return Instance(
        plugin=PLUGIN, targets=rules.GLOBAL, configurations=empty_global(), internal=True
    )
