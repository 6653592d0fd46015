"""Plain routes and domains; those of the console's own are shown here and not to be touched."""

from . import certificates, domains, instances, route_store
from .errors import IllegalArgument, ValidationException
from .http import Reply, Request, RouteTable, bare, created, deleted, envelope, paged
from .kube import Kube, Object
from .predicates import check, check_keyed
from .shapes import DOMAIN, ROUTE

routes = RouteTable()
routes.routes += certificates.routes.routes


@routes.get("/v1/routes")
def every(request: Request) -> Reply:
    """List the routes, those behind AI routes too."""
    return paged(request, _wanted(request))


def _wanted(request: Request) -> list[Object]:
    domain, foreign = request.query.get("domainName"), request.query.get("all") == "true"
    if domain and foreign:
        raise ValidationException(
            "The query parameter 'all' is not supported when querying by domain."
        )
    return route_store.every(request.kube, domain=domain or None, foreign=foreign)


@routes.get("/v1/routes/{name}")
def one(request: Request) -> Reply:
    """Show a route."""
    return envelope(route_store.find(request.kube, request.params["name"]))


@routes.post("/v1/routes", shape=ROUTE)
def add(request: Request) -> Reply:
    """Write a new route."""
    route = request.json()
    if not route["name"]:
        raise ValidationException("Route name is required.")
    _refuse_internal(route["name"], "Adding")
    _validate(route)
    return created(route_store.add(request.kube, route))


@routes.put("/v1/routes/{name}", shape=ROUTE)
def update(request: Request) -> Reply:
    """Write a route over the stored one."""
    route, name = request.json(), request.params["name"]
    if route["name"] and route["name"] != name:
        raise ValidationException("Route name in the URL doesn't match the one in the body.")
    route["name"] = name
    _refuse_internal(name, "Updating")
    _validate(route)
    return bare(route_store.update(request.kube, route))


@routes.delete("/v1/routes/{name}")
def delete(request: Request) -> Reply:
    """Remove a route and what plugins had for it."""
    _refuse_internal(request.params["name"], "Deleting")
    route_store.delete(request.kube, request.params["name"])
    return deleted()


def _refuse_internal(name: str, doing: str) -> None:
    if name.endswith(".internal"):
        raise ValidationException(f"{doing} an internal route is not allowed.")


def _validate(route: Object) -> None:
    if not route["name"].strip():
        raise ValidationException("name cannot be blank.")
    if not route["services"]:
        raise ValidationException("services cannot be empty.")
    if route["path"] is not None:
        check(route["path"])
    check_keyed(route["headers"], where="header ")
    check_keyed(route["urlParams"], where="query ")


@routes.get("/v1/domains")
def every_domain(request: Request) -> Reply:
    """List the domains."""
    return paged(request, domains.every(request.kube))


@routes.get("/v1/domains/{name}")
def one_domain(request: Request) -> Reply:
    """Show a domain."""
    return envelope(domains.find(request.kube, request.params["name"]))


@routes.get("/v1/domains/{name}/routes")
def routes_of_domain(request: Request) -> Reply:
    """List the routes of a domain."""
    return paged(request, route_store.every(request.kube, domain=request.params["name"]))


@routes.post("/v1/domains", shape=DOMAIN)
def add_domain(request: Request) -> Reply:
    """Write a new domain, and its routes again."""
    domain = request.json()
    stored = domains.add(request.kube, domain)
    _write_routes_again(request.kube, domain["name"])
    return created(stored)


@routes.put("/v1/domains/{name}", shape=DOMAIN)
def update_domain(request: Request) -> Reply:
    """Write a domain over the stored one, and its routes again."""
    domain, name = request.json(), request.params["name"]
    if domain["name"] and domain["name"] != name:
        raise ValidationException("Domain name in the URL doesn't match the one in the body.")
    stored = domains.update(request.kube, domain | {"name": name})
    _write_routes_again(request.kube, name)
    return bare(stored)


@routes.delete("/v1/domains/{name}")
def delete_domain(request: Request) -> Reply:
    """Remove a domain that no route uses."""
    kube, name = request.kube, request.params["name"]
    if route_store.every(kube, domain=name):
        raise IllegalArgument("The domain has routes. Please delete them first.")
    kube.delete("configmaps", domains.config_map(name))
    instances.delete_all(kube, {"DOMAIN": name})
    return deleted()


def _write_routes_again(kube: Kube, domain: str) -> None:
    if domain == "higress-default-domain":
        concerned = [route for route in route_store.every(kube) if not route["domains"]]
    else:
        concerned = route_store.every(kube, domain=domain)
    for route in concerned:
        route_store.update(kube, route)
