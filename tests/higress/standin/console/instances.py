"""Plugin instances: what a plugin does everywhere, or on one route, one domain, one service."""

import itertools
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import yaml

from . import catalog, rules, writes
from .errors import IllegalArgument, ValidationException
from .jackson_yaml import dump, with_doubles
from .kube import Kube, Object
from .rules import Targets


@dataclass(frozen=True, kw_only=True)
class Instance:
    """One instance; `version` is that of the resource which holds it."""

    plugin: str
    targets: Targets
    enabled: bool | None = True
    configurations: Object | None = None
    raw: str | None = None
    plugin_version: str | None = None
    version: str | None = None
    internal: bool = False

    def view(self) -> dict[str, Any]:
        """Show the instance as the REST API does."""
        scope, target = next(iter(self.targets.items()))
        single = len(self.targets) == 1
        return {
            "version": self.version,
            "scope": scope if single else None,
            "target": target if single else None,
            "targets": dict(self.targets),
            "pluginName": self.plugin,
            "pluginVersion": self.plugin_version,
            "internal": self.internal,
            "enabled": self.enabled,
            "rawConfigurations": self.raw,
            "configurations": self.configurations,
        }


def find(kube: Kube, plugin: str, targets: Targets, *, internal: bool) -> Instance | None:
    """Find the first instance of a plugin for these targets."""
    there = (_read(item, targets) for item in catalog.resources(kube, plugin))
    return next((one for one in there if one and one.internal == internal), None)


def of_targets(kube: Kube, targets: Targets) -> list[Instance]:
    """List the instances of all plugins for these targets."""
    there = (_read(item, targets) for item in catalog.resources(kube))
    return [one for one in there if one]


def internal_ones(kube: Kube, plugin: str) -> list[Instance]:
    """List all instances of a plugin that the console keeps for itself."""
    there = [item for item in catalog.resources(kube, plugin) if catalog.is_internal(item)]
    return [one for item in there for one in _every(item)]


def _every(resource: Object) -> list[Instance]:
    spec = resource.get("spec") or {}
    wanted = [rules.GLOBAL] if {"defaultConfig", "defaultConfigDisable"} & spec.keys() else []
    for one in spec.get("matchRules") or []:
        scopes = [(scope, one[field]) for scope, field in rules.FIELDS.items() if one.get(field)]
        products = itertools.product(*(targets for _, targets in scopes))
        wanted += [dict(zip((s for s, _ in scopes), each, strict=True)) for each in products]
    there = [_read(resource, targets) for targets in wanted if targets]
    return [one for one in there if one]


def _read(resource: Object, targets: Targets) -> Instance | None:
    """Read one instance; one that is off and has no configuration counts as none."""
    spec = resource.get("spec") or {}
    labels = resource["metadata"].get("labels") or {}
    name, version = (labels.get(f"{catalog.LABEL}{key}") for key in ("name", "version"))
    part = _part(spec, targets)
    if part is None or not name or not version or not (part.enabled or part.configurations):
        return None
    configurations = with_doubles(part.configurations)
    return Instance(
        plugin=name,
        plugin_version=version,
        targets=targets,
        enabled=part.enabled,
        configurations=configurations,
        raw=dump(configurations),
        version=resource["metadata"].get("resourceVersion"),
        internal=catalog.is_internal(resource),
    )


@dataclass(frozen=True, kw_only=True)
class _Part:
    enabled: bool
    configurations: Object | None


def _part(spec: Object, targets: Targets) -> _Part | None:
    if rules.is_global(targets):
        off = spec.get("defaultConfigDisable") is True
        return _Part(enabled=not off, configurations=spec.get("defaultConfig") or {})
    for one in spec.get("matchRules") or []:
        if rules.is_for(one, targets):
            off = one.get("configDisable") is True
            return _Part(enabled=not off, configurations=one.get("config"))
    return None


def save(kube: Kube, *wanted: Instance) -> Instance | None:
    """Write instances of one plugin into one resource, in one write; give the first as stored."""
    if not wanted:
        return None
    first = wanted[0]
    plugin = catalog.PLUGINS.get(first.plugin)
    if plugin is None:
        raise IllegalArgument(f"Unknown plugin: {first.plugin}")
    there = _resource(kube, plugin, first)
    resource = _current(plugin, there, internal=first.internal)
    if there is None and first.plugin_version not in {None, "", plugin.version}:
        raise IllegalArgument("Add operation is only allowed for the current plugin version.")
    for instance in wanted:
        resource = _with(resource, instance)
    stored = _write(kube, resource, create=there is None)
    return _read(stored, first.targets)


def _resource(kube: Kube, plugin: catalog.Plugin, instance: Instance) -> Object | None:
    version = None if instance.internal else instance.plugin_version or plugin.version
    there = catalog.resources(kube, plugin.name, version)
    return next((one for one in there if catalog.is_internal(one) == instance.internal), None)


def _current(plugin: catalog.Plugin, there: Object | None, *, internal: bool) -> Object:
    """Take the resource that is there; an internal one of another version is made anew."""
    fresh = plugin.resource(internal=internal)
    if there is None:
        return fresh
    if not internal or there["metadata"]["labels"].get(f"{catalog.LABEL}version") == plugin.version:
        return there
    old, spec = there.get("spec") or {}, fresh["spec"]
    kept = {key: old[key] for key in ("defaultConfig", "defaultConfigDisable") if key in old}
    fresh["spec"] = spec | kept | {"matchRules": rules.ordered(old.get("matchRules") or [])}
    fresh["metadata"]["resourceVersion"] = there["metadata"].get("resourceVersion")
    return fresh


def _with(resource: Object, instance: Instance) -> Object:
    """Put an instance into a resource; the console resets failStrategy with every write."""
    spec = {"defaultConfigDisable": True} | (resource.get("spec") or {})
    configurations = _configurations(instance)
    enabled = instance.enabled is not False
    if rules.is_global(instance.targets):
        spec |= {"defaultConfig": configurations, "defaultConfigDisable": not enabled}
    else:
        made = rules.rule(instance.targets, enabled=enabled, configurations=configurations)
        others = [one for one in spec.get("matchRules") or [] if not rules.same_key(one, made)]
        spec["matchRules"] = rules.ordered([*others, made])
    return resource | {"spec": spec | {"failStrategy": "FAIL_OPEN"}}


def _configurations(instance: Instance) -> Object | None:
    if instance.configurations is not None or not instance.raw:
        return instance.configurations
    try:
        parsed = yaml.safe_load(instance.raw)
    except yaml.YAMLError:
        parsed = None
    if not isinstance(parsed, Mapping):
        raise ValidationException(f"Error occurs when parsing raw configurations: {instance.raw}")
    return dict(parsed)


def delete(kube: Kube, targets: Targets, plugin: str, *, internal: bool | None = None) -> None:
    """Remove a plugin's instances for these targets, the console's own too if not told."""
    there = catalog.resources(kube, plugin)
    _remove(kube, targets, [r for r in there if internal in {None, catalog.is_internal(r)}])


def delete_all(kube: Kube, targets: Targets) -> None:
    """Remove every plugin's instances for these targets."""
    _remove(kube, targets, catalog.resources(kube))


def _remove(kube: Kube, targets: Targets, resources: list[Object]) -> None:
    for resource in resources:
        spec = dict(resource.get("spec") or {})
        if rules.is_global(targets):
            spec |= {"defaultConfigDisable": True, "defaultConfig": None}
        elif (left := rules.without(spec.get("matchRules") or [], targets)) is not None:
            spec["matchRules"] = left
        else:
            continue
        _write(kube, resource | {"spec": spec}, create=False)


def _write(kube: Kube, resource: Object, *, create: bool) -> Object:
    spec = {key: value for key, value in resource["spec"].items() if value not in (None, [])}
    write = writes.create if create else writes.replace
    return write(kube, "wasmplugins", resource | {"spec": spec})
