"""What of a gateway cannot be in a cluster."""

from collections.abc import Iterator

from aigw import catalog
from aigw.errors import BadUsage, Problem
from aigw.rendering.higress import KeyRing
from aigw.rendering.higress_providers import upstream
from aigw.rendering.higress_upstream import DOCKER_HOST
from aigw.spec.contradictions import unusable
from aigw.spec.gateway import EngineName, GatewaySpec
from aigw.spec.provider import Provider


def problems(spec: GatewaySpec, ring: KeyRing) -> Iterator[Problem]:
    """Yield each provider that Higress does not know, or that a cluster does not reach."""
    for index, provider in enumerate(spec.providers):
        yield from _provider(provider, ring, path=f"providers[{index}]")


def _provider(provider: Provider, ring: KeyRing, *, path: str) -> Iterator[Problem]:
    ptype = catalog.find(provider.type)
    if ptype is None or (reason := unusable(ptype, EngineName.HIGRESS)):
        yield Problem(path=f"{path}.type", message=reason if ptype else "is no provider type")
        return
    try:
        where = upstream(provider, ring.get(provider.id, ())).place
    except BadUsage as error:
        yield Problem(path=path, message=error.message)
        return
    if where.host == DOCKER_HOST:
        words = "is on this machine, where no cluster finds it: it needs a host that pods can reach"
        yield Problem(path=path, message=f"`{provider.id}` {words}")
