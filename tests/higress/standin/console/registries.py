"""The registries of `mcpbridges/default`: where services outside are found."""

from typing import Any

from ..kinds import KINDS
from .errors import ApiException, ResourceConflict
from .kube import Kube, Object

PLURAL, NAME = "mcpbridges", "default"
CONFLICT = 409


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
    """Write the bridge, which carries no mark of the console."""
    bare = {"apiVersion": KINDS[PLURAL].api_version, "kind": KINDS[PLURAL].kind}
    body = found or {**bare, "metadata": {"name": NAME}}
    spec = {**(body.get("spec") or {}), "registries": there}
    try:
        return (kube.replace if found else kube.create)(PLURAL, {**body, "spec": spec})
    except ApiException as error:
        if error.code == CONFLICT:
            raise ResourceConflict from error
        raise
