"""Providers and AI routes as they stand in the file store of an old installation."""

import json
import re
from collections.abc import Iterator, Mapping
from pathlib import PurePosixPath

from msgspec import Struct

from aigw.spec.legacy_patterns import OldMatch
from aigw.spec.legacy_trees import Trees, at, entries, items, on, text
from aigw.spec.secret import Unshown

AI_PROXY = "wasmplugins/ai-proxy.internal.yaml"
MODEL_ROUTER = "wasmplugins/model-router.internal.yaml"
REGISTRIES = "mcpbridges/default.yaml"
ROUTE = re.compile(r"ingresses/ai-route-(.+)\.internal\.yaml\Z")
ROUTE_MAP = re.compile(r"configmaps/ai-route-(.+)\.yaml\Z")
HEADER = re.compile(r"higress\.io/(regex|prefix|exact)-match-header-x-higress-llm-model\Z")
SERVICE = re.compile(r"llm-(.+)\.internal\.(?:dns|static)(?::[0-9]+)?\Z")
REGISTRY = re.compile(r"llm-(.+)\.internal\Z")


class OldProvider(Unshown, frozen=True, kw_only=True):
    """An entry of ai-proxy; `type` may be empty, `extras` are all its other fields.

    `tokens` and `extras` hold keys and are never shown.
    """

    id: str
    type: str
    tokens: tuple[str, ...]
    extras: Mapping[str, object]


class OldRoute(Struct, frozen=True, kw_only=True):
    """An AI route; `providers` are its upstreams, `beyond` says what of it we have no word for."""

    name: str
    files: tuple[str, ...]
    providers: tuple[str, ...]
    match: OldMatch
    model_map: Mapping[str, str]
    beyond: str


def old_providers(trees: Trees) -> tuple[OldProvider, ...]:
    """Return the providers; of two with one id the first counts, as for the plugin."""
    found: dict[str, OldProvider] = {}
    for one in items(trees.get(AI_PROXY), "spec", "defaultConfig", "providers"):
        name = text(one, "id")
        if name and name not in found:
            known = ("id", "type", "apiTokens")
            extras = {key: value for key, value in entries(one).items() if key not in known}
            tokens = tuple(_tokens(at(one, "apiTokens")))
            found[name] = OldProvider(id=name, type=text(one, "type"), tokens=tokens, extras=extras)
    return tuple(found.values())


def registry_hosts(trees: Trees) -> dict[str, str]:
    """Return `host` or `host:port` by provider id, as the registries say."""
    found = {}
    for one in items(trees.get(REGISTRIES), "spec", "registries"):
        name = REGISTRY.match(text(one, "name"))
        domain, port = text(one, "domain").split(",")[0], text(one, "port")
        if name and domain:
            usual = text(one, "type") == "static" or port in {"", "443", "80"}
            found[name[1]] = domain if usual else f"{domain}:{port}"
    return found


def old_routes(trees: Trees) -> tuple[OldRoute, ...]:
    """Return the AI routes in the order of their names, which is the order in which they win."""
    names = {
        found[1]
        for path in trees
        for found in (ROUTE.match(path), ROUTE_MAP.match(path))
        if found and not found[1].endswith(".fallback")
    }
    return tuple(_route(name, trees) for name in sorted(names))


def named_providers(tree: object) -> set[str]:
    """Return the ids of the providers whose service a tree names anywhere."""
    match tree:
        case dict():
            return {name for value in tree.values() for name in named_providers(value)}
        case list():
            return {name for value in tree for name in named_providers(value)}
        case str():
            words = re.split(r"[\s,;]+", tree)
            return {found[1] for word in words if (found := SERVICE.match(word))}
        case _:
            return set()


def _tokens(value: object) -> Iterator[str]:
    """Yield the tokens; a plain text counts as one, as for the plugin."""
    for one in value if isinstance(value, list) else [value]:
        if isinstance(one, str) and one.strip():
            yield one.strip()


def _route(name: str, trees: Trees) -> OldRoute:
    paths = (f"ingresses/ai-route-{name}.internal.yaml", f"configmaps/ai-route-{name}.yaml")
    ingress, shown = trees.get(paths[0]), _json(text(trees.get(paths[1]), "data", "data"))
    upstreams = items(shown, "upstreams")
    providers = [text(one, "provider") for one in upstreams if text(one, "provider")]
    if not providers:
        where = text(ingress, "metadata", "annotations", "higress.io/destination")
        providers = sorted(named_providers(where))
    return OldRoute(
        name=name,
        files=tuple(path for path in paths if path in trees),
        providers=tuple(providers),
        match=_match(ingress, shown),
        model_map=_model_map(upstreams),
        beyond=_beyond(shown, providers),
    )


def _json(value: str) -> object:
    try:
        return json.loads(value) if value else None
    except ValueError:
        return None


def _match(ingress: object, shown: object) -> OldMatch:
    annotations = entries(ingress, "metadata", "annotations")
    headers = [
        (found[1], value)
        for key, value in annotations.items()
        if (found := HEADER.match(key)) and isinstance(value, str)
    ]
    predicates = [
        (text(one, "matchType"), text(one, "matchValue")) for one in items(shown, "modelPredicates")
    ]
    return OldMatch(
        header=headers[0] if headers else None,
        predicates=tuple(predicates),
        saved=bool(at(shown, "pathPredicate")),
    )


def _model_map(upstreams: list[object]) -> dict[str, str]:
    if len(upstreams) != 1:
        return {}
    mapping = entries(upstreams[0], "modelMapping")
    return {name: target for name, target in mapping.items() if isinstance(target, str) and target}


def _beyond(shown: object, providers: list[str]) -> str:
    """Say what a route has that our spec has no word for; empty where there is nothing."""
    path = entries(shown, "pathPredicate")
    checks = (
        (len(providers) > 1, "it shares its models between several providers"),
        (on(at(shown, "authConfig", "enabled")), "it lets only some consumers in"),
        (on(at(shown, "fallbackConfig", "enabled")), "it has a fallback"),
        (bool(items(shown, "domains")), "it is for some domains only"),
        (bool(items(shown, "headerPredicates")), "it goes by headers"),
        (bool(items(shown, "urlParamPredicates")), "it goes by parameters of the URL"),
        (path.get("matchValue", "/") != "/", "it is for another path than `/`"),
    )
    return next((words for wrong, words in checks if wrong), "")


def route_name(path: str) -> str:
    """Return the name of the AI route that a file belongs to; empty where it is of none."""
    found = ROUTE.match(path) or ROUTE_MAP.match(path)
    name = PurePosixPath(found[1]).name if found else ""
    return name.removesuffix(".fallback")
