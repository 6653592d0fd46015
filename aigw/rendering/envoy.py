"""A whole gateway as the files of one Envoy."""

from collections.abc import Mapping

from msgspec import Struct

from aigw import catalog
from aigw.catalog.target import Target, resolve
from aigw.rendering.envoy_clusters import auth_headers, cluster, secret_name
from aigw.rendering.envoy_listener import listener, source
from aigw.rendering.envoy_models import gateway_program
from aigw.rendering.envoy_routes import route_configuration
from aigw.rendering.layout import Layout
from aigw.rendering.resource import Discovery, discovery, without_type
from aigw.rendering.template import Tree, filled
from aigw.spec.gateway import GatewaySpec
from aigw.spec.provider import Provider
from aigw.spec.secret import Secret

KeyRing = Mapping[str, tuple[Secret, ...]]


class EnvoyConfig(Struct, frozen=True, kw_only=True):
    """Everything that Envoy reads; `secrets`, by the name of their file (`openai.1`), hold keys."""

    bootstrap: Mapping[str, Tree]
    listeners: Discovery
    clusters: Discovery
    routes: Discovery
    secrets: Mapping[str, Discovery]


def render(spec: GatewaySpec, ring: KeyRing, layout: Layout, *, generation: str) -> EnvoyConfig:
    """Return the files for a spec and its keys; equal arguments give equal files.

    `ring` holds the keys by provider id.
    Raises BadUsage for an option or URL that names no endpoint.
    """
    targets = {provider.id: _target(provider) for provider in spec.providers}
    names = {
        provider.id: _names(provider, targets[provider.id], ring) for provider in spec.providers
    }
    return EnvoyConfig(
        bootstrap=filled(
            "envoy/bootstrap.yaml",
            admin_socket=str(layout.admin_socket),
            listeners=source(str(layout.listeners)),
            clusters=source(str(layout.clusters)),
        ),
        listeners=discovery([listener(spec.listen, layout)]),
        clusters=discovery(
            cluster(
                provider, targets[provider.id], layout, name=name, keyed=bool(ring.get(provider.id))
            )
            for provider in spec.providers
            for name in names[provider.id]
        ),
        routes=discovery(
            [
                route_configuration(
                    spec,
                    layout.limits,
                    names=names,
                    program=gateway_program(
                        spec, targets=targets, routes=names, generation=generation
                    ),
                    generation=generation,
                )
            ]
        ),
        secrets={
            name: discovery([_secret(name, key)])
            for provider in spec.providers
            if auth_headers(targets[provider.id])
            for name, key in zip(names[provider.id], ring.get(provider.id, ()), strict=False)
        },
    )


def folded(config: EnvoyConfig) -> dict[str, Tree]:
    """Return one static bootstrap that holds everything but the keys, for `envoy --mode validate`.

    Envoy reads no files of resources while it validates, so they stand where they would be read.
    """
    routes = without_type(config.routes.resources[0])
    clusters = [without_type(resource) for resource in config.clusters.resources]
    listeners = [without_type(resource) for resource in config.listeners.resources]
    return {
        "layered_runtime": config.bootstrap["layered_runtime"],
        "static_resources": {
            "listeners": _replaced(listeners, {"rds": ("route_config", routes)}),
            "clusters": _replaced(clusters, {"sds_config": None}),
            "secrets": [without_type(_secret(name, Secret("unknown"))) for name in config.secrets],
        },
    }


def _replaced(node: Tree, changes: Mapping[str, tuple[str, Tree] | None]) -> Tree:
    """Put another member in the place of those named, wherever they are, or leave them out."""
    match node:
        case list():
            return [_replaced(child, changes) for child in node]
        case dict():
            pairs = [
                changes.get(key, (key, _replaced(child, changes))) for key, child in node.items()
            ]
            return dict(pair for pair in pairs if pair)
        case _:
            return node


def _target(provider: Provider) -> Target:
    ptype = catalog.find(provider.type)
    if ptype is None:
        raise KeyError(provider.type)
    return resolve(ptype, provider.options, provider.url)


def _names(provider: Provider, target: Target, ring: KeyRing) -> tuple[str, ...]:
    """Name a cluster and a route for each key, or for the provider when it needs none."""
    keys = len(ring.get(provider.id, ())) if auth_headers(target) else 0
    return tuple(f"{provider.id}.{number}" for number in range(1, max(keys, 1) + 1))


def _secret(name: str, key: Secret) -> dict[str, Tree]:
    return filled("envoy/secret.yaml", name=secret_name(name), value=key.reveal())
