"""Plugin instances in every scope, and the plugins themselves."""

from collections.abc import Callable

from . import catalog, domains, instances, route_store, rules, services
from .errors import ValidationException
from .http import Reply, Request, RouteTable, bare, deleted, envelope, listing, paged
from .instances import Instance
from .kube import Object

routes = RouteTable()

INSTANCE = {
    "pluginName": str,
    "pluginVersion": str,
    "internal": bool,
    "enabled": bool,
    "rawConfigurations": str,
    "configurations": dict,
}


def _check_route(request: Request, name: str) -> None:
    if route_store.find(request.kube, name) is None:
        raise ValidationException(f"Unknown route: {name}")


def _check_domain(request: Request, name: str) -> None:
    if domains.find(request.kube, name) is None:
        raise ValidationException(f"Unknown domain: {name}")


def _check_service(request: Request, name: str) -> None:
    there = services.every(request.kube, request.pilot)
    if name not in {service["name"] for service in there}:
        raise ValidationException(f"Unknown service: {name}")


def _nothing(_request: Request, _name: str) -> None:
    """Check nothing: there is only one everywhere."""


SCOPES: dict[str, tuple[str, Callable[[Request, str], None]]] = {
    "GLOBAL": ("/v1/global", _nothing),
    "ROUTE": ("/v1/routes/{target}", _check_route),
    "DOMAIN": ("/v1/domains/{target}", _check_domain),
    "SERVICE": ("/v1/services/{target}", _check_service),
}


def _register(scope: str) -> None:
    prefix, check = SCOPES[scope]
    path = f"{prefix}/plugin-instances"

    def targets(request: Request, *, checked: bool = True) -> rules.Targets:
        target = request.params.get("target")
        if target is not None and checked:
            check(request, target)
        return {scope: target}

    routes.get(path)(lambda request: _list(request, targets(request)))
    path += "/{plugin}"
    routes.get(path)(lambda request: _show(request, targets(request)))
    routes.put(path, shape=INSTANCE)(lambda request: _put(request, targets(request)))
    routes.delete(path)(lambda request: _delete(request, targets(request, checked=False)))


for _scope in SCOPES:
    _register(_scope)


def _list(request: Request, targets: rules.Targets) -> Reply:
    there = instances.of_targets(request.kube, targets)
    return listing([one.view() for one in there if not one.internal])


def _show(request: Request, targets: rules.Targets) -> Reply:
    plugin = request.params["plugin"]
    found = instances.find(request.kube, plugin, targets, internal=False)
    return envelope((found or Instance(plugin=plugin, targets=targets, enabled=False)).view())


def _put(request: Request, targets: rules.Targets) -> Reply:
    body, name = request.json(), request.params["plugin"]
    if body["pluginName"] and body["pluginName"] != name:
        raise ValidationException("Plugin name in the URL doesn't match the one in the body.")
    if body["internal"]:
        raise ValidationException("Updating an internal Wasm plugin instance is not allowed.")
    if name not in catalog.PLUGINS:
        raise ValidationException(f"Unsupported plugin: {name}")
    wanted = Instance(
        plugin=name,
        targets=targets,
        enabled=body["enabled"],
        configurations=body["configurations"],
        raw=body["rawConfigurations"],
        plugin_version=body["pluginVersion"],
    )
    stored = instances.save(request.kube, wanted)
    return bare(stored.view() if stored else None)


def _delete(request: Request, targets: rules.Targets) -> Reply:
    """Remove instances, those that the console keeps for itself with them."""
    instances.delete(request.kube, targets, request.params["plugin"])
    return deleted()


@routes.get("/v1/wasm-plugins")
def every(request: Request) -> Reply:
    """List the built-in plugins with what their resources say of image, phase and priority."""
    views = {name: plugin.view() for name, plugin in catalog.PLUGINS.items()}
    for resource in catalog.resources(request.kube):
        name = resource["metadata"]["labels"].get(f"{catalog.LABEL}name")
        if name in views:
            views[name] |= _said(resource)
    return paged(request, list(views.values()))


def _said(resource: Object) -> Object:
    spec = resource.get("spec") or {}
    return {
        "imageRepository": spec.get("url"),
        "imagePullPolicy": spec.get("imagePullPolicy", "UNSPECIFIED_POLICY"),
        "imagePullSecret": spec.get("imagePullSecret"),
        "phase": spec.get("phase", catalog.DEFAULT_PHASE),
        "priority": spec.get("priority"),
    }


@routes.get("/v1/wasm-plugins/{name}")
def one(request: Request) -> Reply:
    """Show a built-in plugin."""
    plugin = catalog.PLUGINS.get(request.params["name"])
    return envelope(plugin.view() if plugin else None)


@routes.get("/v1/wasm-plugins/{name}/config")
def config(request: Request) -> Reply:
    """Say that a plugin has a schema, without showing it."""
    return envelope("(schema left out)" if request.params["name"] in catalog.PLUGINS else None)


@routes.get("/v1/wasm-plugins/{name}/readme")
def readme(request: Request) -> Reply:
    """Say that a plugin has a description, without showing it."""
    return envelope("(text left out)" if request.params["name"] in catalog.PLUGINS else None)
