"""What every kind of provider is sent: the table says it, and the real Envoy does it.

The gateway is rendered as it would be for the public endpoints; only address and port of each
cluster are then replaced by those of a local server that refuses wrong names.
"""

import json
from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import yaml
from msgspec.structs import replace

from aigw import catalog
from aigw.rendering.envoy import EnvoyConfig, render
from aigw.rendering.resource import discovery
from aigw.spec.provider import Provider
from aigw.spec.secret import Secret
from tests.envoy.gateway import Gateway, provider
from tests.envoy.upstream import Authority, Upstream

pytestmark = pytest.mark.envoy

TABLE = Path(__file__).parents[1] / "fixtures" / "provider_requests.yaml"
Row = dict[str, Any]
ROWS: list[Row] = yaml.safe_load(TABLE.read_text(encoding="utf-8"))
ASKED = {
    "chat": "/v1/chat/completions",
    "completions": "/v1/completions",
    "embeddings": "/v1/embeddings",
    "responses": "/v1/responses",
    "rerank": "/v1/rerank",
    "images": "/v1/images/generations",
    "image_edits": "/v1/images/edits",
    "image_variations": "/v1/images/variations",
    "speech": "/v1/audio/speech",
    "transcriptions": "/v1/audio/transcriptions",
    "translations": "/v1/audio/translations",
    "moderations": "/v1/moderations",
    "messages": "/v1/messages",
    "count_tokens": "/v1/messages/count_tokens",
}
NAMED_OTHERWISE = {"vertex": "google/m", "vertex global": "google/m"}
CLIENTS_OWN = {
    "authorization": "Bearer client-secret",
    "x-api-key": "client-secret",
    "api-key": "client-secret",
    "cookie": "a=client-secret",
    "anthropic-version": "1999-12-31",
    "user-agent": "test",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class World:
    """A gateway with one provider for every row, and the two servers behind it."""

    gateway: Gateway
    pure: EnvoyConfig
    plain: Upstream
    tls: Upstream


def row_id(row: Row) -> str:
    return f"p{ROWS.index(row)}"


def host(row: Row) -> str:
    """The Host header: with the port where it is not the usual one."""
    server = row["server"]
    if "socket" in server:
        return "localhost"
    name = f"[{server['host']}]" if ":" in server["host"] else server["host"]
    usual = 443 if server["tls"] else 80
    return name if server["port"] == usual else f"{name}:{server['port']}"


def configured(row: Row) -> Provider:
    return provider(
        row_id(row), row.get("url", ""), type=row["type"], models=(), options=row.get("options")
    )


def address_of(cluster: Mapping[str, Any]) -> dict[str, Any]:
    endpoint = cluster["load_assignment"]["endpoints"][0]["lb_endpoints"][0]["endpoint"]
    assert isinstance(endpoint["address"], dict)
    return endpoint["address"]


@pytest.fixture(scope="module")
def world(authority: Authority, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    names = {
        tls: [host(row) for row in ROWS if row["server"]["tls"] is tls] for tls in (True, False)
    }
    with ExitStack() as stack:
        plain = stack.enter_context(Upstream(hosts=names[False]))
        tls = stack.enter_context(Upstream(hosts=names[True], authority=authority))

        def reach(config: EnvoyConfig) -> EnvoyConfig:
            clusters = json.loads(json.dumps(config.clusters.resources))
            for cluster in clusters:
                address = address_of(cluster)
                port = (tls if "transport_socket" in cluster else plain).port
                address.clear()
                address["socket_address"] = {"address": "127.0.0.1", "port_value": port}
            return replace(config, clusters=discovery(clusters))

        gateway = Gateway(
            [configured(row) for row in ROWS],
            tmp_path_factory.mktemp("gateway"),
            ring={row_id(row): (Secret(f"KEY-{row_id(row)}"),) for row in ROWS},
            ca_file=authority.file,
            change=reach,
        )
        pure = render(gateway.spec, gateway.ring, gateway.layout, generation="g")
        stack.enter_context(gateway)
        yield World(gateway=gateway, pure=pure, plain=plain, tls=tls)


def wanted_headers(row: Row, api: str) -> dict[str, str]:
    auth = row.get("auth_of", {}).get(api, row["auth"]).replace("KEY", f"KEY-{row_id(row)}")
    name, _, value = auth.partition(": ")
    extra: dict[str, str] = row.get("headers", {}).get(api, {})
    passed = {name: CLIENTS_OWN[name] for name in ("user-agent", "anthropic-version")}
    return {"content-type": "application/json", "host": host(row), **passed, **extra, name: value}


CASES = [(row, api) for row in ROWS for api in row["paths"] if api in ASKED]


@pytest.mark.parametrize(("row", "api"), CASES, ids=[f"{row['case']}: {api}" for row, api in CASES])
def test_a_request_becomes_the_providers_own(world: World, row: Row, api: str) -> None:
    upstream = world.tls if row["server"]["tls"] else world.plain
    upstream.reset()
    sent = b'{"model":"m", "x":[1.0]}'
    reply = world.gateway.post(ASKED[api], sent, {"x-aigw-provider": row_id(row), **CLIENTS_OWN})
    assert reply.status == 200, reply.body
    request = upstream.only()
    model = NAMED_OTHERWISE.get(row["case"], "m").encode()
    body = sent.replace(b'"m"', b'"' + model + b'"')
    assert (request.method, request.path, request.body) == ("POST", row["paths"][api], body)
    assert request.sni == (row["server"]["host"] if row["server"]["tls"] else None)
    expected = {**wanted_headers(row, api), "content-length": str(len(body))}
    got = dict(request.headers)
    assert len(request.headers) == len(got)
    assert got.pop("x-request-id") == reply.header("x-request-id")
    assert got == expected


@pytest.mark.parametrize("row", ROWS, ids=[row["case"] for row in ROWS])
def test_the_endpoint_is_the_providers_own(world: World, row: Row) -> None:
    cluster = json.loads(json.dumps(world.pure.clusters.resources[ROWS.index(row)]))
    server = row["server"]
    if "socket" in server:
        assert address_of(cluster) == {"pipe": {"path": str(world.gateway.layout.demo_socket)}}
    else:
        expected = {"address": server["host"], "port_value": server["port"]}
        assert address_of(cluster) == {"socket_address": expected}
    assert ("transport_socket" in cluster) is server["tls"]


@pytest.mark.parametrize("row", ROWS, ids=[row["case"] for row in ROWS])
def test_no_other_endpoint_is_there(world: World, row: Row) -> None:
    for api in ASKED.keys() - row["paths"].keys():
        reply = world.gateway.post(ASKED[api], {"model": "m"}, {"x-aigw-provider": row_id(row)})
        assert reply.status == 501


def test_every_type_that_this_engine_runs_is_in_the_table() -> None:
    types = {ptype.id for ptype in catalog.every() if not ptype.engines.get("envoy")}
    assert {row["type"] for row in ROWS} == types
