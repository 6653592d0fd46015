"""The registries of `mcpbridges/default`: where services outside are found."""

from typing import Any

from . import writes
from .kube import Kube, Object

PLURAL, NAME = "mcpbridges", "default"


def bridge(kube: Kube) -> Object | None:
    """Read the bridge, None when it is missing."""
    return kube.find(PLURAL, NAME)


def registries(kube: Kube) -> list[dict[str, Any]]:
    """Read all registries, in the order of the file."""
    found: Object = bridge(kube) or {}
    return list((found.get("spec") or {}).get("registries") or [])


def find(kube: Kube, name: str) -> dict[str, Any] | None:
    """Read one registry by its name."""
    return next((item for item in registries(kube) if item.get("name") == name), None)


def upsert(kube: Kube, registry: dict[str, Any]) -> Object:
    """Write a registry in the place of its namesake, else at the end; give the bridge."""
    found = bridge(kube)
    there: list[dict[str, Any]] = list(((found or {}).get("spec") or {}).get("registries") or [])
    names = [item.get("name") for item in there]
    if registry["name"] in names:
        there[names.index(registry["name"])] = registry
    else:
        there.append(registry)
    return _write(kube, found, there)


def remove(kube: Kube, name: str) -> None:
    """Take a registry away; none of that name writes nothing."""
    found = bridge(kube)
    there = ((found or {}).get("spec") or {}).get("registries") or []
    left = [item for item in there if item.get("name") != name]
    if len(left) != len(there):
        _write(kube, found, left)


def _write(kube: Kube, found: Object | None, there: list[dict[str, Any]]) -> Object:
    spec = {**((found or {}).get("spec") or {}), "registries": there}
    if found is None:
        return writes.create(kube, PLURAL, {"metadata": {"name": NAME}, "spec": spec})
    return writes.replace(kube, PLURAL, {**found, "spec": spec})
