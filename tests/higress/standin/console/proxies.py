"""Proxies on the way to providers, kept in `mcpbridges/default`."""

import re
from typing import Any

from . import registries, writes
from .errors import BusinessException, ResourceConflict, ValidationException
from .http import Reply, Request, RouteTable, bare, created, deleted, envelope, paged
from .kube import Kube, Object
from .source_checks import is_host, is_port

routes = RouteTable()

PATH = "/v1/proxy-servers"
NAME = re.compile(r"[a-z][a-z0-9\-_.]{0,62}")
PROXY = {
    "type": str,
    "name": str,
    "version": str,
    "serverAddress": str,
    "serverPort": int,
    "connectTimeout": int,
}


def _spec(kube: Kube) -> tuple[Object | None, Object]:
    bridge = registries.bridge(kube)
    return bridge, dict((bridge or {}).get("spec") or {})


def _every(kube: Kube) -> list[dict[str, Any]]:
    bridge, spec = _spec(kube)
    version = bridge["metadata"].get("resourceVersion") if bridge else None
    return [
        {field: proxy.get(field) for field in PROXY} | {"version": version}
        for proxy in spec.get("proxies") or []
    ]


@routes.get(PATH)
def every(request: Request) -> Reply:
    """List the proxies."""
    return paged(request, _every(request.kube))


@routes.get(PATH + "/{name}")
def one(request: Request) -> Reply:
    """Show a proxy."""
    found = (one for one in _every(request.kube) if one["name"] == request.params["name"])
    return envelope(next(found, None))


@routes.post(PATH, shape=PROXY)
def add(request: Request) -> Reply:
    """Write a new proxy; the answer is what was sent."""
    proxy = request.json()
    _validate(proxy, "Adding")
    if any(one["name"] == proxy["name"] for one in _every(request.kube)):
        raise ResourceConflict
    _write(request.kube, proxy)
    return created(proxy)


@routes.put(PATH + "/{name}", shape=PROXY)
def update(request: Request) -> Reply:
    """Write a proxy, over one of that name; the name in the path counts."""
    proxy = request.json() | {"name": request.params["name"]}
    _validate(proxy, "Updating")
    _write(request.kube, proxy)
    return bare(proxy)


@routes.delete(PATH + "/{name}")
def delete(request: Request) -> Reply:
    """Remove a proxy that no registry uses."""
    kube, name = request.kube, request.params["name"]
    _refuse_internal(name, "Deleting")
    if any(registry.get("proxyName") == name for registry in registries.registries(kube)):
        raise BusinessException(
            f"Cannot delete the ProxyServer with name: {name}, because it is used by a"
            " service registry."
        )
    bridge, spec = _spec(kube)
    left = [proxy for proxy in spec.get("proxies") or [] if proxy.get("name") != name]
    if bridge and left != (spec.get("proxies") or []):
        _replace(kube, bridge, spec | {"proxies": left or None})
    return deleted()


def _validate(proxy: Object, doing: str) -> None:
    good = (
        NAME.fullmatch(proxy["name"] or "")
        and (proxy["type"] or "").strip()
        and is_host(proxy["serverAddress"])
        and is_port(proxy["serverPort"])
        and (proxy["connectTimeout"] is None or proxy["connectTimeout"] >= 0)
    )
    if not good:
        raise ValidationException("proxyServer body is not valid.")
    _refuse_internal(proxy["name"], doing)


def _refuse_internal(name: str, doing: str) -> None:
    if name.endswith(".internal"):
        raise ValidationException(f"{doing} an internal proxy server is not allowed.")


def _write(kube: Kube, proxy: Object) -> None:
    bridge, spec = _spec(kube)
    there = list(spec.get("proxies") or [])
    names = [one.get("name") for one in there]
    made = {field: value for field, value in proxy.items() if field != "version"}
    if proxy["name"] in names:
        there[names.index(proxy["name"])] = made
    else:
        there.append(made)
    _replace(kube, bridge, spec | {"proxies": there})


def _replace(kube: Kube, bridge: Object | None, spec: Object) -> None:
    if bridge is None:
        body = {"metadata": {"name": registries.NAME}, "spec": spec}
        writes.create(kube, registries.PLURAL, body)
    else:
        writes.replace(kube, registries.PLURAL, {**bridge, "spec": spec})
