"""Service sources, services and proxies; of MCP servers only that there are none.

What a registry needs to log in somewhere (`authN`) is not kept: no source of ours has it.
"""

from typing import Any

from . import proxies, registries, services
from .errors import NotFound, ResourceConflict, ValidationException
from .http import Reply, Request, RouteTable, bare, created, deleted, envelope, paged
from .kube import Object
from .source_checks import validate
from .writes import without_nulls

routes = RouteTable()
routes.routes += proxies.routes.routes

PATH = "/v1/service-sources"
FIELDS = ("domain", "type", "port", "name", "protocol", "sni", "proxyName")
AUTH = {"enabled": bool, "properties": dict}
SOURCE = {
    "name": str,
    "vport": dict,
    "version": str,
    "type": str,
    "domain": str,
    "port": int,
    "protocol": str,
    "sni": str,
    "proxyName": str,
    "properties": dict,
    "authN": AUTH,
}
PROPERTIES: dict[str, dict[str, Any]] = {
    "nacos": {"nacosNamespaceId": "", "nacosGroups": []},
    "zookeeper": {"zkServicesPath": []},
    "consul": {"consulDatacenter": "", "consulServiceTag": "", "consulRefreshInterval": None},
}
PROPERTIES["nacos2"] = PROPERTIES["nacos"]
PROPERTIES["nacos3"] = PROPERTIES["nacos"] | {
    "enableMCPServer": False,
    "mcpServerBaseUrl": "",
    "mcpServerExportDomains": [],
}


@routes.get(PATH)
def every(request: Request) -> Reply:
    """List the sources, those of providers too."""
    bridge = registries.bridge(request.kube) or {}
    there = (bridge.get("spec") or {}).get("registries") or []
    return paged(request, [_view(registry, bridge) for registry in there])


@routes.get(PATH + "/{name}")
def one(request: Request) -> Reply:
    """Show a source."""
    bridge = registries.bridge(request.kube) or {}
    there = (bridge.get("spec") or {}).get("registries") or []
    found = (each for each in there if each.get("name") == request.params["name"])
    return envelope(next((_view(registry, bridge) for registry in found), None))


@routes.post(PATH, shape=SOURCE)
def add(request: Request) -> Reply:
    """Write a new source; the answer is what was sent."""
    source = request.json()
    validate(source)
    if registries.find(request.kube, source["name"]):
        raise ResourceConflict
    registries.upsert(request.kube, without_nulls(_registry(source)))
    return created(_echo(source))


@routes.put(PATH + "/{name}", shape=SOURCE)
def update(request: Request) -> Reply:
    """Write a source, over one of that name; the name in the path counts."""
    source = request.json() | {"name": request.params["name"]}
    validate(source)
    there = registries.find(request.kube, source["name"]) or {}
    registries.upsert(request.kube, without_nulls(there | _registry(source)))
    return bare(_echo(source))


@routes.delete(PATH + "/{name}")
def delete(request: Request) -> Reply:
    """Remove a source that is not a provider's."""
    if request.params["name"].endswith(".internal"):
        raise ValidationException("Deleting an internal service source is not allowed.")
    registries.remove(request.kube, request.params["name"])
    return deleted()


def _registry(source: Object) -> Object:
    sent = source["properties"] or {}
    known = PROPERTIES.get(source["type"], {})
    properties = {name: sent.get(name, default) for name, default in known.items()}
    fields = {field: source[field] for field in FIELDS} | {"vport": source["vport"]}
    return fields | {"protocol": (source["protocol"] or "").strip() or None} | properties


def _view(registry: Object, bridge: Object) -> Object:
    known = PROPERTIES.get(registry.get("type", ""), {})
    return {field: registry.get(field) for field in FIELDS} | {
        "vport": registry.get("vport"),
        "version": bridge["metadata"].get("resourceVersion"),
        "properties": {name: registry.get(name) for name in known},
        "authN": {"enabled": False, "properties": None},
    }


def _echo(source: Object) -> Object:
    auth = source["authN"]
    return source | {"authN": auth and auth | {"properties": None}}


@routes.get("/v1/services")
def every_service(request: Request) -> Reply:
    """List what pilot knows."""
    return paged(request, services.every(request.kube, request.pilot))


@routes.get("/v1/mcpServer")
def every_mcp_server(request: Request) -> Reply:
    """List no MCP servers."""
    return paged(request, [])


@routes.get("/v1/mcpServer/{name}")
def one_mcp_server(request: Request) -> Reply:
    """Miss the route of an MCP server."""
    name = request.params["name"]
    raise NotFound(f"can't found the bound route by name: mcp-server-{name}.internal")
