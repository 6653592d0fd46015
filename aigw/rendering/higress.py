"""A whole gateway as the resources of Higress' file store."""

from collections.abc import Mapping
from typing import Any

from msgspec import Struct

from aigw.rendering.higress_defaults import default_files
from aigw.rendering.higress_edge import edge_filter, table_filter
from aigw.rendering.higress_plugins import plugin_files
from aigw.rendering.higress_providers import upstream
from aigw.rendering.higress_routes import health_file, route_files, routes
from aigw.spec.gateway import GatewaySpec
from aigw.spec.secret import Secret

KeyRing = Mapping[str, tuple[Secret, ...]]
Resources = Mapping[str, dict[str, Any]]
"""Bodies by their path in the store: `wasmplugins/ai-proxy.internal.yaml`."""

ADMIN_FILE = "secrets/higress-console.yaml"
"""The home of the console's password: written before the first boot, and then read from there."""

BUILT_IN = "2.0.1"
"""The version of the plugins that the console writes, whichever the image has."""


class HigressSettings(Struct, frozen=True, kw_only=True):
    """What the image brings (`defaults` are its own files), and the console's password."""

    defaults: Resources
    password: Secret
    plugin_version: str = BUILT_IN


def render(
    spec: GatewaySpec, ring: KeyRing, settings: HigressSettings, *, generation: str
) -> Resources:
    """Return the resources for a spec and its keys; equal arguments give equal ones.

    `ring` holds the keys by provider id. Files of the image that stay as they are, are left out.
    Raises BadUsage for an option or URL that names no endpoint, or none that Higress can reach.
    """
    upstreams = {
        provider.id: upstream(provider, ring.get(provider.id, ())) for provider in spec.providers
    }
    ranked = routes(spec.providers)
    several = [*upstreams.values()]
    return {
        **default_files(settings.defaults, several, password=settings.password),
        **plugin_files(several, ranked, spec.auto_routing, version=settings.plugin_version),
        **dict([health_file()]),
        **{
            path: body
            for route in ranked
            for path, body in route_files(
                route, upstreams[route.provider_id], generation=generation
            )
        },
        "envoyfilters/aigw-edge.yaml": edge_filter(),
        "envoyfilters/aigw-table.yaml": table_filter(spec, generation=generation),
    }
