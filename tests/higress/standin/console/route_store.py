"""Routes in the store: an Ingress, and the rule of key-auth beside it."""

from . import allow_lists, instances, writes
from .domains import label
from .ingress_reading import to_route
from .ingresses import to_ingress
from .kube import Kube, Object

LABELS = {"higress.io/resource-definer": "higress"}


def find(kube: Kube, name: str) -> Object | None:
    """Read one route, whoever made its Ingress."""
    ingress = kube.find("ingresses", name)
    if ingress is None:
        return None
    return to_route(ingress) | {"authConfig": allow_lists.of_route(kube, name)}


def every(kube: Kube, *, domain: str | None = None, foreign: bool = False) -> list[Object]:
    """Read the routes of the console's making by name: those of a domain, or all others too."""
    labels = {} if foreign else LABELS | ({label(domain): "true"} if domain else {})
    ingresses = sorted(kube.list("ingresses", labels), key=lambda one: one["metadata"]["name"])
    if not ingresses:
        return []
    rules = allow_lists.of_routes(kube)
    return [
        to_route(one) | {"authConfig": allow_lists.view(rules.get(one["metadata"]["name"]))}
        for one in ingresses
    ]


def add(kube: Kube, route: Object) -> Object:
    """Write a new route."""
    stored = writes.create(kube, "ingresses", to_ingress(kube, route))
    allow_lists.write(kube, route["name"], route["authConfig"])
    return to_route(stored)


def update(kube: Kube, route: Object) -> Object:
    """Write a route over the stored one, whose version must be the route's when it has one."""
    stored = writes.replace(kube, "ingresses", to_ingress(kube, route))
    allow_lists.write(kube, route["name"], route["authConfig"])
    return to_route(stored)


def delete(kube: Kube, name: str) -> None:
    """Remove a route and what every plugin had for it."""
    kube.delete("ingresses", name)
    instances.delete_all(kube, {"ROUTE": name})
