"""Providers as clusters, one a key: where they are, and what a request becomes on the way there."""

from collections.abc import Iterable, Mapping
from ipaddress import ip_address

from aigw import catalog
from aigw.catalog.provider_type import Api, AuthHeader
from aigw.catalog.target import PORTS, Target
from aigw.rendering import assets
from aigw.rendering.envoy_listener import seconds, source
from aigw.rendering.facts import CLIENT_PATHS
from aigw.rendering.layout import Layout
from aigw.rendering.lua import Literal, program
from aigw.rendering.template import Tree, filled
from aigw.spec.provider import Provider

CREDENTIAL_HEADERS = (
    "authorization",
    "x-api-key",
    "api-key",
    "x-goog-api-key",
    "proxy-authorization",
)
OTHER_HEADERS = ("cookie", "forwarded", "via", "accept-encoding")
OUR_PREFIXES = ("x-aigw-", "x-forwarded-", "x-envoy-")


def cluster(
    provider: Provider,
    target: Target,
    layout: Layout,
    *,
    name: str,
    keyed: bool,
) -> dict[str, Tree]:
    """Return the cluster of one key; without one (`keyed`) nothing is put into requests."""
    tree = filled(
        "envoy/cluster.yaml",
        name=name,
        connect=seconds(layout.limits.connect),
        authority=authority(target),
        address=_address(target, layout),
        provider=provider.id,
        filters=_filters(provider, target, layout, name=name, keyed=keyed),
    )
    if target.socket or _is_address(target.host):
        tree["type"] = "STATIC"
    else:
        tree["cluster_type"] = filled("envoy/dns.yaml")
    if target.scheme == "https":
        tree["transport_socket"] = _tls(target, layout)
    return tree


def authority(target: Target) -> str:
    """Return the Host header: with the port where it is not the usual one."""
    if target.socket:
        return "localhost"
    host = f"[{target.host}]" if ":" in target.host else target.host
    return host if target.port == PORTS[target.scheme] else f"{host}:{target.port}"


def auth_headers(target: Target) -> tuple[AuthHeader, ...]:
    """Return every form in which this provider wants a key from a client's request."""
    wanted = (target.auth[api] for api in CLIENT_PATHS if api in target.paths)
    return tuple(dict.fromkeys(auth for auth in wanted if auth))


def _address(target: Target, layout: Layout) -> dict[str, Tree]:
    if target.socket:
        return {"pipe": {"path": str(layout.demo_socket)}}
    return {"socket_address": {"address": target.host, "port_value": target.port}}


def _is_address(host: str) -> bool:
    try:
        ip_address(host)
    except ValueError:
        return False
    return True


def _tls(target: Target, layout: Layout) -> dict[str, Tree]:
    is_address = _is_address(target.host)
    return filled(
        "envoy/tls.yaml",
        sni="" if is_address else target.host,
        ca_file=str(layout.ca_file),
        san_type="IP_ADDRESS" if is_address else "DNS",
        host=target.host,
    )


def _filters(
    provider: Provider, target: Target, layout: Layout, *, name: str, keyed: bool
) -> list[Tree]:
    """Return what is done to a request: strip it, add the key, make it the provider's."""
    forms = auth_headers(target) if keyed else ()
    removed = {*CREDENTIAL_HEADERS, *OTHER_HEADERS, *(form.header for form in forms)}
    removals: list[Tree] = [{"remove": header} for header in sorted(removed)]
    removals += [
        {"remove_on_match": {"key_matcher": {"prefix": prefix}}} for prefix in OUR_PREFIXES
    ]
    source_code = program(
        {"CONFIG": _constants(provider, target, forms)}, {}, assets.text("envoy/upstream.lua")
    )
    return [
        filled("envoy/upstream_headers.yaml", mutations=removals),
        *(
            filled(
                "envoy/credential.yaml",
                header=form.header,
                prefix=form.prefix,
                secret=secret_name(name),
                source=source(str(layout.secret(name))),
            )
            for form in forms
        ),
        filled("envoy/upstream_program.yaml", program=source_code),
        filled("envoy/codec.yaml"),
    ]


def secret_name(cluster_name: str) -> str:
    """Return the name of a cluster's key."""
    return f"key.{cluster_name}"


def _constants(
    provider: Provider, target: Target, forms: Iterable[AuthHeader]
) -> Mapping[str, Literal]:
    ptype = catalog.find(provider.type)
    return {
        "models": dict(provider.model_map),
        "prefix": ptype.model_prefix if ptype else "",
        "endpoints": {
            path: _endpoint(target, api, forms)
            for api, path in CLIENT_PATHS.items()
            if api in target.paths
        },
    }


def _endpoint(target: Target, api: Api, forms: Iterable[AuthHeader]) -> Literal:
    """Return one API's path, its own headers, and the forms of the key that it does not want."""
    wanted = target.auth[api]
    return {
        "path": target.paths[api],
        "headers": dict(target.headers[api]),
        "unwanted": [
            form.header for form in forms if wanted is None or form.header != wanted.header
        ],
    }
