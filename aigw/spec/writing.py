"""A spec as the tree of a `gateway.yaml`: small, or with every default filled in."""

from enum import StrEnum

from msgspec import Struct

from aigw import catalog
from aigw.spec.forms import API_VERSION
from aigw.spec.gateway import EngineName, GatewaySpec, Listen
from aigw.spec.image import Image, Limits
from aigw.spec.provider import Fallback, Provider
from aigw.spec.routing import AutoRouting, RoutingRule

Tree = dict[str, object]


def to_tree(spec: GatewaySpec, *, defaults: bool) -> Tree:
    """Return the tree that `reading.parse` makes the same spec of.

    With `defaults` it holds every key: what `aigw config show` prints, and not to be parsed again,
    since default patterns would then be given ones.
    """
    tree: Tree = {"apiVersion": API_VERSION}
    if defaults or spec.engine is not EngineName.AUTO:
        tree["engine"] = str(spec.engine)
    if defaults or spec.listen != Listen():
        tree["listen"] = _set(spec.listen, Listen(), defaults=defaults)
    if defaults or spec.image != Image():
        tree["image"] = _set(spec.image, Image(), defaults=defaults)
    if defaults or spec.container != Limits():
        tree["container"] = _set(spec.container, Limits(), defaults=defaults)
    tree["providers"] = [_provider(provider, defaults=defaults) for provider in spec.providers]
    if defaults or spec.auto_routing != AutoRouting():
        tree["autoRouting"] = _auto_routing(spec.auto_routing, defaults=defaults)
    if defaults:
        tree |= {"consumers": {"auth": "none"}, "logging": {"content": False}}
    return tree


def _set(value: Struct, default: object, *, defaults: bool) -> Tree:
    """Return the fields that are not as `default` has them, or all; what is not set is null."""
    return {
        name: _plain(getattr(value, name)) or None
        for name in value.__struct_fields__
        if defaults or getattr(value, name) != getattr(default, name)
    }


def _provider(provider: Provider, *, defaults: bool) -> Tree:
    optional: Tree = {
        "keys": [str(key) for key in provider.keys],
        "url": provider.url or None,
        "modelMap": dict(provider.model_map),
        "fallback": [_fallback(one) for one in provider.fallback],
        "options": _options(provider, defaults=defaults),
    }
    models = [pattern.text for pattern in provider.models]
    return {
        "id": provider.id,
        "type": provider.type,
        **({"models": models} if defaults or provider.patterns_given else {}),
        **{key: value for key, value in optional.items() if defaults or value},
    }


def _fallback(fallback: Fallback) -> Tree:
    model = {"model": fallback.model} if fallback.model else {}
    return {"provider": fallback.provider, **model}


def _options(provider: Provider, *, defaults: bool) -> Tree:
    ptype = catalog.find(provider.type) if defaults else None
    values = ptype.effective(provider.options) if ptype else provider.options
    return {name: _plain(value) for name, value in values.items()}


def _plain(value: object) -> object:
    match value:
        case tuple():
            return list(value)
        case StrEnum():
            return str(value)
        case _:
            return value


def _auto_routing(auto_routing: AutoRouting, *, defaults: bool) -> Tree:
    tree: Tree = {"enabled": auto_routing.enabled}
    if defaults or auto_routing.default:
        tree["default"] = auto_routing.default or None
    if defaults or auto_routing.rules:
        tree["rules"] = [_rule(rule) for rule in auto_routing.rules]
    return tree


def _rule(rule: RoutingRule) -> Tree:
    text = {"trigger": rule.trigger} if rule.trigger else {"pattern": rule.pattern}
    return {"name": rule.name, **text, "model": rule.model}
