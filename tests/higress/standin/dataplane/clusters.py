"""Clusters from the registries of the McpBridge."""

from collections.abc import Iterable

from .objects import Json


def clusters(registries: Iterable[Json], *, refresh: str, buffer: int, idle: int) -> list[Json]:
    """Return a cluster for each registry."""
    return [
        _cluster(registry, refresh, buffer, idle)
        for registry in registries
        if registry.get("type") in {"dns", "static"} and registry.get("domain")
    ]


def _cluster(registry: Json, refresh: str, buffer: int, idle: int) -> Json:
    is_static = registry["type"] == "static"
    port = int(registry.get("port") or 80)
    addresses = [_address(text, port, is_static) for text in str(registry["domain"]).split(",")]
    name = f"outbound|{port}||{registry['name']}.{registry['type']}"
    cluster: Json = {
        "name": name,
        "type": "STATIC" if is_static else "STRICT_DNS",
        "connect_timeout": "10s",
        "per_connection_buffer_limit_bytes": buffer,
        "circuit_breakers": {"thresholds": [dict.fromkeys(_LIMITS, 4294967295)]},
        "load_assignment": {
            "cluster_name": name,
            "endpoints": [{"lb_endpoints": [_endpoint(*address) for address in addresses]}],
        },
        "typed_extension_protocol_options": {_OPTIONS: _protocol(idle)},
    }
    if not is_static:
        cluster |= {
            "dns_refresh_rate": refresh,
            "dns_failure_refresh_rate": {"base_interval": refresh, "max_interval": refresh},
            "respect_dns_ttl": True,
            "dns_lookup_family": "V4_ONLY",
        }
    if str(registry.get("protocol", "")).lower() == "https":
        sni = registry.get("sni") or ("" if is_static else addresses[0][0])
        cluster["transport_socket"] = {
            "name": "envoy.transport_sockets.tls",
            "typed_config": {
                "@type": f"{_TYPES}.transport_sockets.tls.v3.UpstreamTlsContext",
                # As pilot does without a CA certificate: whose the certificate is goes unchecked.
                **({"sni": sni} if sni else {}),
            },
        }
    return cluster


_TYPES = "type.googleapis.com/envoy.extensions"
_OPTIONS = "envoy.extensions.upstreams.http.v3.HttpProtocolOptions"
_LIMITS = ("max_connections", "max_pending_requests", "max_requests", "max_retries")


def _protocol(idle: int) -> Json:
    return {
        "@type": f"type.googleapis.com/{_OPTIONS}",
        "common_http_protocol_options": {"idle_timeout": f"{idle}s"},
        "explicit_http_config": {"http_protocol_options": {}},
    }


def _address(text: str, port: int, is_static: bool) -> tuple[str, int]:  # noqa: FBT001
    host, _, own_port = text.strip().rpartition(":")
    if is_static and host:
        return host, int(own_port)
    return text.strip(), port


def _endpoint(host: str, port: int) -> Json:
    address = {"socket_address": {"address": host, "port_value": port}}
    return {"endpoint": {"address": address}}
