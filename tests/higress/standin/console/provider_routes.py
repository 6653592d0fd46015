"""`/v1/ai/providers`."""

from . import ai_routes, providers
from .errors import JavaxValidation
from .http import Reply, Request, RouteTable, bare, created, deleted, envelope, listing
from .kube import Kube
from .provider_model import PROVIDER, Provider
from .provider_types import HANDLERS

routes = RouteTable()
ALL, ONE = "/v1/ai/providers", "/v1/ai/providers/{name}"


@routes.get(ALL)
def every(request: Request) -> Reply:
    """List all of them, whatever page is asked for."""
    return listing(providers.every(request.kube))


@routes.get(ONE)
def one(request: Request) -> Reply:
    """Show one, its keys in clear."""
    return envelope(providers.find(request.kube, request.params["name"]))


@routes.post(ALL, shape=PROVIDER)
def add(request: Request) -> Reply:
    """Write one, also over a namesake."""
    return created(_save(request.kube, request.json()))


@routes.put(ONE, shape=PROVIDER)
def update(request: Request) -> Reply:
    """Write one under the name in the URL; the name in the body must only be there."""
    provider = request.json()
    if not provider["name"]:
        raise JavaxValidation("Provider name in the URL doesn't match the one in the body.")
    return bare(_save(request.kube, {**provider, "name": request.params["name"]}))


@routes.delete(ONE)
def delete(request: Request) -> Reply:
    """Take one away; routes to it stay."""
    providers.remove(request.kube, request.params["name"])
    return deleted()


def _save(kube: Kube, provider: Provider) -> Provider | None:
    saved = providers.save(kube, provider)
    if HANDLERS[provider["type"]].routes_follow:
        ai_routes.resave(kube, provider["name"])
    return saved
