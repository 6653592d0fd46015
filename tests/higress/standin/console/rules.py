"""A plugin's match rules: which one is meant, and the order in which the console keeps them."""

from collections.abc import Mapping
from typing import Any

from .kube import Object

Targets = Mapping[str, str | None]

GLOBAL: Targets = {"GLOBAL": None}
FIELDS = {"DOMAIN": "domain", "ROUTE": "ingress", "SERVICE": "service"}


def is_global(targets: Targets) -> bool:
    """Tell the plugin's default configuration from a rule."""
    return "GLOBAL" in targets


def rule(targets: Targets, *, enabled: bool, configurations: Object | None) -> Object:
    """Make the rule of one instance."""
    made: Object = {"configDisable": not enabled}
    if configurations is not None:
        made["config"] = configurations
    return made | {FIELDS[scope]: [target] for scope, target in targets.items()}


def is_for(one: Object, targets: Targets) -> bool:
    """Tell whether a rule is for these targets alone, whatever else it is for."""
    return all(one.get(FIELDS[scope]) == [target] for scope, target in targets.items())


def same_key(one: Object, other: Object) -> bool:
    """Tell whether two rules are for the same."""
    return all(
        sorted(one.get(field) or []) == sorted(other.get(field) or []) for field in FIELDS.values()
    )


def ordered(rules: list[Object]) -> list[Object]:
    """Sort rules: services first, then routes, then domains, each by name."""
    return sorted(rules, key=_order)


def _order(one: Object) -> tuple[Any, ...]:
    service, ingress, domain = (one.get(field) or [] for field in ("service", "ingress", "domain"))
    nothing = not (service or ingress or domain)
    return nothing, not service, service, not ingress, ingress, bool(domain), domain


def without(rules: list[Object], targets: Targets) -> list[Object] | None:
    """Take targets out of all rules that name them; None when no rule does."""
    names = [(FIELDS[scope], target) for scope, target in targets.items()]
    kept: list[Object] = []
    for one in rules:
        if not all(target in (one.get(field) or []) for field, target in names):
            kept.append(one)
            continue
        left = one | {field: [t for t in one[field] if t != target] for field, target in names}
        if all(left[field] for field, _ in names):
            kept.append(left)
    return kept if kept != rules else None
