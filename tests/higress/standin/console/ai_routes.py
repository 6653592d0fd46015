"""AI routes: an Ingress made of them, and what six other resources say about it."""

import os
import re
from typing import Any

from . import fallback, instances, providers, route_store, rules, writes
from .ai_route_model import (
    LABELS,
    MODEL_HEADER,
    Names,
    filled,
    has_fallback,
    spread,
    to_config_map,
    to_route,
    validate,
)
from .errors import JavaxValidation
from .http import Reply, Request, RouteTable, bare, created, deleted, envelope, paged
from .instances import Instance
from .kube import Kube, Object
from .shapes import AI_ROUTE

routes = RouteTable()

PATH = "/v1/ai/routes"
OWN = {"higress.io/resource-definer": "higress"}
SPECIAL = re.compile(r"[\[\]{}()^$|*+?.\\]")


@routes.get(PATH)
def every(request: Request) -> Reply:
    """List the routes."""
    return paged(request, [to_route(one) for one in _config_maps(request.kube)])


@routes.get(PATH + "/{name}")
def one(request: Request) -> Reply:
    """Show a route."""
    found = request.kube.find("configmaps", Names(request.params["name"]).config_map)
    return envelope(to_route(found) if found else None)


@routes.post(PATH, shape=AI_ROUTE)
def add(request: Request) -> Reply:
    """Write a route; its resources are overwritten before a taken name is found out."""
    route = request.json()
    validate(route)
    return created(save(request.kube, route, create=True))


@routes.put(PATH + "/{name}", shape=AI_ROUTE)
def update(request: Request) -> Reply:
    """Write a route over the stored one; the name in the path counts, but one must be sent."""
    route = request.json()
    if not route["name"]:
        raise JavaxValidation("Route name in the URL doesn't match the one in the body.")
    route["name"] = request.params["name"]
    validate(route)
    return bare(save(request.kube, route, create=False))


@routes.delete(PATH + "/{name}")
def delete(request: Request) -> Reply:
    """Remove a route with all its resources."""
    kube, names = request.kube, Names(request.params["name"])
    route_store.delete(kube, names.ingress)
    _delete_fallback(kube, names)
    kube.delete("configmaps", names.config_map)
    return deleted()


def resave(kube: Kube, provider: str) -> None:
    """Save again every route that uses a provider, for its service may be another one now."""
    for found in _config_maps(kube):
        route = to_route(found)
        spare = (route["fallbackConfig"] or {}).get("upstreams") or []
        if provider in {upstream["provider"] for upstream in [*route["upstreams"], *spare]}:
            save(kube, route, create=False)


def _config_maps(kube: Kube) -> list[Object]:
    found = kube.list("configmaps", OWN | LABELS)
    return sorted(found, key=lambda one: one["metadata"]["name"])


def save(kube: Kube, route: Object, *, create: bool) -> Object:
    """Write everything that a route is made of, its ConfigMap last."""
    route = filled(route)
    names = Names(route["name"])
    _write_ingress(kube, names.ingress, _as_route(route, names.ingress), route["upstreams"])
    _write_model_router(kube, route)
    _write_plugins(kube, names.ingress, route["upstreams"])
    route = spread(route)
    _write_fallback(kube, names, route)
    write = writes.create if create else writes.replace
    return to_route(write(kube, "configmaps", to_config_map(route)))


def _write_ingress(kube: Kube, name: str, route: Object, upstreams: list[Object]) -> None:
    route["services"] = [_service(kube, upstream) for upstream in upstreams]
    there = route_store.find(kube, name)
    if there is None:
        route_store.add(kube, route)
    else:
        route_store.update(kube, route | {"version": there["version"]})


def _service(kube: Kube, upstream: Object) -> Object:
    name, port = providers.upstream_service(kube, upstream["provider"])
    return {"name": name, "port": port, "version": None, "weight": upstream["weight"]}


def _as_route(route: Object, ingress: str) -> Object:
    same = ("domains", "authConfig", "cors", "headerControl", "proxyNextUpstream")
    customs = ("customConfigs", "customLabels")
    return {field: route[field] for field in same + customs} | {
        "name": ingress,
        "version": None,
        "path": route["pathPredicate"],
        "methods": None,
        "headers": [*(route["headerPredicates"] or []), *_model_header(route)],
        "urlParams": route["urlParamPredicates"],
        "rewrite": None,
    }


def _model_header(route: Object) -> list[Object]:
    predicates = route["modelPredicates"] or []
    if not predicates:
        return []
    if len(predicates) == 1:
        return [predicates[0] | {"key": MODEL_HEADER}]
    regex = "^(" + "|".join(_alternative(predicate) for predicate in predicates) + ")"
    return [{"matchType": "REGULAR", "matchValue": regex, "key": MODEL_HEADER}]


def _alternative(predicate: Object) -> str:
    literal = SPECIAL.sub(r"\\\g<0>", predicate["matchValue"])
    return literal + (".*" if predicate["matchType"].upper() == "PRE" else "")


def _switched_on(variable: str) -> bool:
    return os.environ.get(variable, "true").lower() == "true"


def _write_model_router(kube: Kube, route: Object) -> None:
    """Let model-router name the model in a header, if the route looks at it."""
    if not route["modelPredicates"] or not _switched_on("AI_ROUTE_AUTO_ENABLE_MODEL_ROUTER"):
        return
    _configure(kube, "model-router", rules.GLOBAL, {"modelToHeader": MODEL_HEADER})


def _configure(kube: Kube, plugin: str, targets: rules.Targets, more: dict[str, Any]) -> None:
    """Switch an instance of the console's own on, and keep what else it says."""
    there = instances.find(kube, plugin, targets, internal=True)
    kept = (there.configurations if there else None) or {}
    wanted = Instance(plugin=plugin, targets=targets, configurations=kept | more, internal=True)
    instances.save(kube, wanted)


def _write_plugins(kube: Kube, ingress: str, upstreams: list[Object]) -> None:
    for upstream in upstreams:
        service, _ = providers.upstream_service(kube, upstream["provider"])
        targets = {"ROUTE": ingress, "SERVICE": service}
        if upstream["modelMapping"]:
            mapping = {"modelMapping": dict(upstream["modelMapping"])}
            _configure(kube, "model-mapper", targets, mapping)
        else:
            instances.delete(kube, targets, "model-mapper", internal=True)
    _write_statistics(kube, ingress)


def _write_statistics(kube: Kube, ingress: str) -> None:
    """Count the route's tokens, unless somebody said already how."""
    targets = {"ROUTE": ingress}
    if not _switched_on("AI_ROUTE_AUTO_ENABLE_AI_STATS"):
        return
    if instances.find(kube, "ai-statistics", targets, internal=False) is None:
        light = {"use_default_response_attributes": True}
        instances.save(
            kube, Instance(plugin="ai-statistics", targets=targets, configurations=light)
        )


def _write_fallback(kube: Kube, names: Names, route: Object) -> None:
    settings = route["fallbackConfig"]
    if not has_fallback(settings) or not settings["upstreams"]:
        _delete_fallback(kube, names)
        return
    upstreams = settings["upstreams"]
    if settings["fallbackStrategy"] == "SEQ":
        upstreams = upstreams[:1]
    came_from = {"matchType": "EQUAL", "matchValue": names.ingress, "key": fallback.HEADER}
    spare = _as_route(route, names.fallback)
    spare["headers"].append(came_from)
    _write_ingress(kube, names.fallback, spare, upstreams)
    fallback.write(kube, names.ingress, settings["responseCodes"])
    _write_plugins(kube, names.fallback, upstreams)


def _delete_fallback(kube: Kube, names: Names) -> None:
    kube.delete("envoyfilters", names.ingress)
    route_store.delete(kube, names.fallback)
