"""Who may ask is said in the console, route by route; it stays, also for what replaces a route."""

import json
import re
from collections.abc import Iterator, Mapping

from aigw.rendering.gson import gson
from aigw.rendering.higress import Resources
from aigw.rendering.template import Tree

KEY_AUTH = "wasmplugins/key-auth.internal.yaml"
"""Says who needs a key, which is ours at first only: people switch it in the console."""

_OF_PROVIDER = re.compile(r"ai-route-(?:[0ez]|[pq]\d+(?:n\d+)?)-(.+)\.internal")
_MAP = re.compile(r"configmaps/(ai-route-.+)\.yaml")


def as_switched(body: Mapping[str, Tree], there: Mapping[str, Tree]) -> dict[str, Tree]:
    """Return key-auth as somebody has switched it: at all, and for each of our routes."""
    switched, closed = {_route(rule): rule for rule in _rules(there)}, _closed(there, body)
    rules = [switched.get(_route(rule)) or _alike(closed, rule) for rule in _rules(body)]
    spec = {**_spec(body), "matchRules": rules}
    spec.pop("defaultConfigDisable", None)
    return {**body, "spec": spec}


def closed_alike(rendered: Resources, there: Resources) -> Iterator[tuple[str, dict[str, Tree]]]:
    """Yield the new AI routes that replace one for some consumers, for these consumers as well."""
    none: Mapping[str, Tree] = {}
    closed = _closed(there.get(KEY_AUTH, none), rendered.get(KEY_AUTH, none))
    for path, body in rendered.items() if closed else ():
        found = _MAP.fullmatch(path)
        rule = closed.get(_owner(f"{found[1]}.internal")) if found and path not in there else None
        if rule:
            form = {**json.loads(str(body["data"]["data"])), "authConfig": _said(rule)}
            yield path, {**body, "data": {"data": gson(form)}}


def _closed(there: Mapping[str, Tree], body: Mapping[str, Tree]) -> dict[str, Mapping[str, Tree]]:
    """Return by provider the rule of a closed route that is to be no more."""
    stay = {_route(rule) for rule in _rules(body)}
    going = [rule for rule in _rules(there) if _route(rule) not in stay]
    shut = [rule for rule in going if rule.get("configDisable") is False]
    return {owner: rule for rule in reversed(shut) if (owner := _owner(_route(rule)))}


def _alike(closed: Mapping[str, Mapping[str, Tree]], rule: Mapping[str, Tree]) -> Tree:
    before = closed.get(_owner(_route(rule)), {})
    return {**rule, **before, "ingress": rule["ingress"]}


def _said(rule: Mapping[str, Tree]) -> dict[str, Tree]:
    """Say as the console does in a route what key-auth has for it."""
    config = rule.get("config")
    allowed = config.get("allow") if isinstance(config, Mapping) else None
    types: list[Tree] = ["key-auth"]
    return {"enabled": True, "allowedCredentialTypes": types, "allowedConsumers": allowed}


def _owner(route: str) -> str:
    found = _OF_PROVIDER.fullmatch(route)
    return found[1] if found else ""


def _route(rule: Mapping[str, Tree]) -> str:
    """Return the Ingress that a rule is for; rules of ours are for one each."""
    listed = rule.get("ingress")
    return str(listed[0]) if isinstance(listed, list) and len(listed) == 1 else ""


def _spec(body: Mapping[str, Tree]) -> Mapping[str, Tree]:
    spec = body.get("spec")
    return spec if isinstance(spec, Mapping) else {}


def _rules(body: Mapping[str, Tree]) -> list[Mapping[str, Tree]]:
    listed = _spec(body).get("matchRules")
    rules = listed if isinstance(listed, list) else []
    return [rule for rule in rules if isinstance(rule, Mapping)]
