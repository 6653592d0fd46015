"""The gateway's listener, its access log included."""

import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import yaml

from .objects import Json
from .wasm import RUN

ROUTER = {
    "name": "envoy.filters.http.router",
    "typed_config": {"@type": "type.googleapis.com/envoy.extensions.filters.http.router.v3.Router"},
}
EXTENSIONS = "type.googleapis.com/envoy.extensions"
AI_LOG = "%FILTER_STATE(wasm.ai_log:PLAIN)%"
DETAILS = "%RESPONSE_CODE_DETAILS%"


@dataclass(frozen=True, slots=True, kw_only=True)
class Mesh:
    """What of the mesh settings counts; read once at boot."""

    log_file: str
    log_format: str
    dns_refresh: str

    @classmethod
    def parse(cls, text: str) -> "Mesh":
        """Read the text of `data.mesh`."""
        # The start script points a bare key to standard output; a quoted one it does not see.
        text = re.sub(r"(?m)^accessLogFile:.*$", "accessLogFile: /dev/stdout", text)
        values: Mapping[str, Any] = yaml.safe_load(text) or {}
        return cls(
            log_file=str(values.get("accessLogFile") or ""),
            log_format=str(values.get("accessLogFormat") or ""),
            dns_refresh=str(values.get("dnsRefreshRate") or "60s"),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Downstream:
    """What of `data.higress` counts; live."""

    buffer: int
    idle: int
    header_kb: int
    upstream_buffer: int
    upstream_idle: int

    @classmethod
    def parse(cls, text: str) -> "Downstream":
        """Read the text of `data.higress`."""
        values = yaml.safe_load(text) or {}
        downstream, upstream = values.get("downstream") or {}, values.get("upstream") or {}
        return cls(
            buffer=int(downstream.get("connectionBufferLimits") or 32768),
            idle=int(downstream.get("idleTimeout") or 180),
            header_kb=int(downstream.get("maxRequestHeadersKb") or 60),
            upstream_buffer=int(upstream.get("connectionBufferLimits") or 10485760),
            upstream_idle=int(upstream.get("idleTimeout") or 10),
        )


def listener(port: int, filters: list[Json], mesh: Mesh, downstream: Downstream) -> Json:
    """Return the listener of the gateway's port."""
    name = f"0.0.0.0_{port}"
    manager: Json = {
        "@type": f"{EXTENSIONS}.filters.network.http_connection_manager.v3.HttpConnectionManager",
        "stat_prefix": f"outbound_{name}",
        "rds": {
            "route_config_name": f"http.{port}",
            "config_source": file_source("rds"),
        },
        "http_filters": filters,
        "access_log": _access_log(mesh),
        "use_remote_address": True,
        "normalize_path": True,
        "server_name": "istio-envoy",
        "generate_request_id": True,
        "max_request_headers_kb": downstream.header_kb,
        "common_http_protocol_options": {"idle_timeout": f"{downstream.idle}s"},
        "stream_idle_timeout": "0s",
        "upgrade_configs": [{"upgrade_type": "websocket"}],
        "tracing": _tracing(),
    }
    network = {"name": "envoy.filters.network.http_connection_manager", "typed_config": manager}
    return {
        "@type": "type.googleapis.com/envoy.config.listener.v3.Listener",
        "name": name,
        "address": {"socket_address": {"address": "0.0.0.0", "port_value": port}},
        "per_connection_buffer_limit_bytes": downstream.buffer,
        "filter_chains": [{"filters": [network]}],
        "traffic_direction": "OUTBOUND",
    }


def _access_log(mesh: Mesh) -> list[Json]:
    """Write the log twice over: Lua cannot name the details of its own answers, metadata can."""
    if not mesh.log_file:
        return []
    text = mesh.log_format.replace(AI_LOG, "%DYNAMIC_METADATA(wasm:ai_log)%")
    told = text.replace(DETAILS, "%DYNAMIC_METADATA(wasm:details)%")
    return [_log(mesh.log_file, text, absent=True), _log(mesh.log_file, told, absent=False)]


def _log(path: str, text: str, *, absent: bool) -> Json:
    value = {"string_match": {"exact": "never"}} if absent else {"present_match": True}
    matcher = {"filter": "wasm", "path": [{"key": "details"}], "value": value}
    return {
        "name": "envoy.access_loggers.file",
        "filter": {"metadata_filter": {"matcher": matcher, "match_if_key_not_found": absent}},
        "typed_config": {
            "@type": f"{EXTENSIONS}.access_loggers.file.v3.FileAccessLog",
            "path": path,
            "log_format": {"text_format_source": {"inline_string": text}},
        },
    }


def _tracing() -> Json:
    return {
        "random_sampling": {"value": 0},
        "client_sampling": {"value": 0},
        "overall_sampling": {"value": 0},
        "provider": {
            "name": "envoy.tracers.zipkin",
            "typed_config": {
                "@type": "type.googleapis.com/envoy.config.trace.v3.ZipkinConfig",
                "collector_cluster": "plugin-host",
                "collector_endpoint": "/spans",
                "collector_endpoint_version": "HTTP_JSON",
                "trace_id_128bit": True,
            },
        },
    }


def file_source(kind: str) -> Json:
    """Say that a kind of resource is read from its file."""
    path = RUN / kind / "config.json"
    return {
        "path_config_source": {
            "path": str(path),
            "watched_directory": {"path": str(path.parent)},
        },
        "resource_api_version": "V3",
    }


def discovery(resources: list[Json]) -> Json:
    """Wrap resources as a discovery answer, its version being its content."""
    version = hashlib.sha256(json.dumps(resources).encode()).hexdigest()[:16]
    return {"version_info": version, "resources": resources}


def bootstrap(plugin_port: int, admin_port: int) -> Json:
    """Return what Envoy starts with."""
    address = {"socket_address": {"address": "127.0.0.1", "port_value": plugin_port}}
    return {
        "node": {"id": "router~127.0.0.1~higress-gateway", "cluster": "higress-gateway"},
        "admin": {
            "address": {"socket_address": {"address": "127.0.0.1", "port_value": admin_port}}
        },
        "dynamic_resources": {
            "lds_config": file_source("lds"),
            "cds_config": file_source("cds"),
        },
        "static_resources": {
            "clusters": [
                {
                    "name": "plugin-host",
                    "connect_timeout": "5s",
                    "type": "STATIC",
                    "load_assignment": {
                        "cluster_name": "plugin-host",
                        "endpoints": [{"lb_endpoints": [{"endpoint": {"address": address}}]}],
                    },
                }
            ]
        },
    }
