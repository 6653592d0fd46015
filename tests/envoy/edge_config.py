"""Envoy's configuration around our filters: what Higress's controller makes of the resources."""

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from aigw.rendering.higress_edge import ROUTER, ROUTER_NAMES, edge_filter, table_filter
from aigw.spec.gateway import GatewaySpec
from aigw.spec.provider import ModelPattern, PatternKind, Provider
from tests.envoy.edge_plugins import ai_proxy_filter, model_router_filter
from tests.envoy.gateway import GENERATION

Tree = dict[str, Any]
BODY_LIMIT = 32 * 1024 * 1024
MODEL, PROVIDER = "x-higress-llm-model", "x-aigw-provider"
AI_PROXY = "higress-system.ai-proxy.internal"
MANAGER = "envoy.filters.network.http_connection_manager"
EXTENSIONS = "type.googleapis.com/envoy.extensions"
REMOVED = (
    "x-hi-original-auth",
    MODEL,
    "x-mse-consumer",
    PROVIDER,
    "x-forwarded-for",
    "x-forwarded-proto",
    "x-envoy-external-address",
    "x-envoy-expected-rq-timeout-ms",
    "x-envoy-attempt-count",
)
"""What the routes of a rendered gateway remove from a request that leaves."""


def configuration(
    spec: GatewaySpec, ports: Mapping[str, int], rules: Mapping[str, Mapping[str, str]]
) -> Tree:
    """Return the listener and its clusters; `ports` are those of `upstream` and `router`.

    `rules` say by provider what the stand-in of ai-proxy does otherwise than usual.
    """
    table = routes(spec)
    usual = {"host": f"127.0.0.1:{ports['upstream']}", "prefix": "", "query": "", "fails": ""}
    converted = {
        route["name"]: {**usual, "key": f"sk-{owner(route)}", **rules.get(owner(route), {})}
        for route in table
    }
    plugins = [
        lua_filter(ROUTER_NAMES[0], model_router_filter()),
        lua_filter(AI_PROXY, ai_proxy_filter(converted)),
        {"name": ROUTER, "typed_config": {"@type": f"{EXTENSIONS}.filters.http.router.v3.Router"}},
    ]
    made = (edge_filter(), table_filter(spec, generation=GENERATION))
    for patch in (patch for tree in made for patch in patches(tree)):
        apply(patch, plugins, table)
    return {
        "listeners": [_listener(plugins, table)],
        "clusters": [_cluster(name, port) for name, port in ports.items()],
    }


def routes(spec: GatewaySpec) -> list[Tree]:
    """Return the routes of a spec in the controller's order: more headers first, then by name."""
    wanted: dict[str, tuple[str, Tree | None]] = {}
    for provider in spec.providers:
        for rank, match in _matches(provider):
            wanted[f"ai-route-{rank}-{provider.id}.internal"] = (provider.id, match)
    ordered = sorted(wanted.items(), key=lambda item: (item[1][1] is None, item[0]))
    return [_route(name, provider_id, match) for name, (provider_id, match) in ordered]


def owner(route: Tree) -> str:
    """Return whose route it is."""
    added = (each["header"] for each in route["response_headers_to_add"])
    return next(str(header["value"]) for header in added if header["key"] == PROVIDER)


def _matches(provider: Provider) -> Iterator[tuple[str, Tree | None]]:
    """Give each rank and its match; patterns of one rank are one route, as alternatives."""
    yield "0", {"name": PROVIDER, "string_match": {"exact": provider.id}}
    alike: dict[str, list[str]] = {}
    for pattern in provider.models:
        alike.setdefault(_rank(pattern), []).append(_regex(pattern))
    for rank, regexes in alike.items():
        match = {"safe_regex": {"regex": "|".join(regexes)}}
        yield rank, None if rank == "z" else {"name": MODEL, "string_match": match}


def _rank(pattern: ModelPattern) -> str:
    length = f"{999 - pattern.literal_length:03}"
    match pattern.kind:
        case PatternKind.EXACT:
            return "e"
        case PatternKind.PREFIX:
            return f"p{length}"
        case PatternKind.GLOB:
            return f"q{length}"
        case PatternKind.ANY:
            return "z"


def _regex(pattern: ModelPattern) -> str:
    if pattern.kind is PatternKind.EXACT:
        return _quoted(pattern.text)
    return ".*".join(map(_quoted, pattern.text.split("*")))


def _quoted(text: str) -> str:
    return re.sub(r"([][(){}.?*+|^$\\])", r"\\\1", text)


def _route(name: str, provider_id: str, match: Tree | None) -> Tree:
    added = {"x-aigw-generation": GENERATION, PROVIDER: provider_id}
    return {
        "name": name,
        "match": {"prefix": "/", "headers": [match] if match else []},
        "route": {"cluster": "upstream", "timeout": "0s"},
        "request_headers_to_remove": list(REMOVED),
        "response_headers_to_add": [
            {"header": {"key": key, "value": value}} for key, value in added.items()
        ],
    }


def patches(tree: Mapping[str, Any]) -> Iterable[Tree]:
    """Return the patches of an EnvoyFilter."""
    found: list[Tree] = tree["spec"]["configPatches"]
    return found


def apply(entry: Tree, filters: list[Tree], table: list[Tree]) -> None:
    """Apply one patch to the filters of a listener or the routes of a host, as pilot does."""
    operation, value = entry["patch"]["operation"], entry["patch"]["value"]
    if entry["applyTo"] == "HTTP_ROUTE":
        assert operation == "INSERT_FIRST"
        table.insert(0, value)
        return
    inner = entry["match"]["listener"]["filterChain"]["filter"]
    assert inner["name"] == MANAGER
    anchor = inner.get("subFilter", {}).get("name")
    names = [each["name"] for each in filters]
    if operation == "INSERT_FIRST":
        filters.insert(0, value)
    elif anchor in names:
        filters.insert(names.index(anchor) + (operation == "INSERT_AFTER"), value)


def lua_filter(name: str, source: str) -> Tree:
    """Return a Lua filter."""
    config = {"@type": f"{EXTENSIONS}.filters.http.lua.v3.Lua"}
    code = {"default_source_code": {"inline_string": source}}
    return {"name": name, "typed_config": {**config, **code}}


def filters_of(resources: Tree) -> list[Tree]:
    """Return the filters of the listener, to be changed in place."""
    chain = resources["listeners"][0]["filter_chains"][0]
    found: list[Tree] = chain["filters"][0]["typed_config"]["http_filters"]
    return found


def routes_of(resources: Tree) -> list[Tree]:
    """Return the routes of the listener, to be changed in place."""
    manager = resources["listeners"][0]["filter_chains"][0]["filters"][0]["typed_config"]
    found: list[Tree] = manager["route_config"]["virtual_hosts"][0]["routes"]
    return found


def _listener(filters: list[Tree], table: list[Tree]) -> Tree:
    host = {"name": "*:8080", "domains": ["*"], "routes": table}
    manager = {
        "@type": f"{EXTENSIONS}.filters.network.http_connection_manager.v3.HttpConnectionManager",
        "stat_prefix": "edge",
        "use_remote_address": True,
        "http_filters": filters,
        "route_config": {"name": "http.8080", "virtual_hosts": [host]},
    }
    return {
        "name": "edge",
        "address": {"socket_address": {"address": "127.0.0.1", "port_value": 0}},
        "per_connection_buffer_limit_bytes": BODY_LIMIT,
        "filter_chains": [{"filters": [{"name": MANAGER, "typed_config": manager}]}],
    }


def _cluster(name: str, port: int) -> Tree:
    address = {"socket_address": {"address": "127.0.0.1", "port_value": port}}
    return {
        "name": name,
        "type": "STATIC",
        "per_connection_buffer_limit_bytes": BODY_LIMIT,
        "load_assignment": {
            "cluster_name": name,
            "endpoints": [{"lb_endpoints": [{"endpoint": {"address": address}}]}],
        },
    }
