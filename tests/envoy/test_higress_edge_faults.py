"""Whatever is missing or fails around Higress's plugins: nothing leaves that should not."""

from collections.abc import Callable
from pathlib import Path

import pytest

from aigw.rendering.higress_edge import ROUTER_NAMES
from aigw.spec.gateway import GatewaySpec
from tests.envoy.edge import EdgeGateway
from tests.envoy.edge_config import AI_PROXY, Tree, filters_of, lua_filter, routes_of
from tests.envoy.errors import anthropic_error, message, openai_error
from tests.envoy.gateway import provider
from tests.envoy.router import rules
from tests.envoy.upstream import Upstream

pytestmark = pytest.mark.envoy

SECRET = {"authorization": "Bearer client-secret", "x-api-key": "client-secret"}
AUTO = {"model": "auto", "messages": [{"role": "user", "content": "deep"}]}


def edge_with(folder: Path, upstream: Upstream, change: Callable[[Tree], object]) -> EdgeGateway:
    """A gateway with provider `p` for everything and a rule, changed before it starts."""
    spec = GatewaySpec(
        providers=(provider("p", upstream.url),), auto_routing=rules(("deep", "deep-model"))
    )
    return EdgeGateway(spec, folder, upstream, change=change)


def without(name: str) -> Callable[[Tree], object]:
    """Take a filter out of the listener."""

    def change(resources: Tree) -> None:
        found = filters_of(resources)
        found[:] = [each for each in found if each["name"] != name]

    return change


def failing(name: str, call: str) -> Callable[[Tree], object]:
    """Make a filter of ours fail at one of its calls."""

    def change(resources: Tree) -> None:
        found = next(each for each in filters_of(resources) if each["name"] == name)
        code = found["typed_config"]["default_source_code"]
        assert call in code["inline_string"]
        code["inline_string"] = code["inline_string"].replace(call, "error('it broke')")

    return change


def without_table(resources: Tree) -> None:
    """Take the table out of the routes."""
    routes_of(resources).pop(0)


def without_forced_routes(resources: Tree) -> None:
    """Take the routes that name a provider out."""
    found = routes_of(resources)
    found[:] = [each for each in found if "-0-" not in each["name"]]


def older(resources: Tree) -> None:
    """Take away what an older Envoy does not have."""
    for each in filters_of(resources):
        if each["name"].startswith("aigw."):
            code = each["typed_config"]["default_source_code"]
            source = code["inline_string"]
            for name in ("routeName", "clearRouteCache"):
                source = source.replace(f".{name} ", f".no_{name} ")
            assert source != code["inline_string"]
            code["inline_string"] = source


def renamed(resources: Tree) -> None:
    """Call the router's filter as a newer pilot does."""
    for each in filters_of(resources):
        if each["name"] == ROUTER_NAMES[0]:
            each["name"] = ROUTER_NAMES[1]


FAULTS: dict[str, tuple[Callable[[Tree], object], int, str]] = {
    "no ai-proxy": (without(AI_PROXY), 503, "provider_unavailable"),
    "no first filter": (without("aigw.in"), 503, "not_ready"),
    "hygiene fails": (failing("aigw.in", "hygiene(headers)"), 500, "internal_error"),
    "the first filter fails behind the body": (
        failing("aigw.in", "go(handle, metadata, request)"),
        500,
        "internal_error",
    ),
    "the filter behind the router fails": (
        failing("aigw.out", "names.current(handle)"),
        500,
        "internal_error",
    ),
    "no filter before ai-proxy": (without("aigw.key"), 503, "not_ready"),
    "the filter before ai-proxy fails": (
        failing("aigw.key", "headers:remove(name)"),
        500,
        "internal_error",
    ),
    "the guard fails": (
        failing("aigw.guard", "names.current(handle)"),
        500,
        "internal_error",
    ),
}


@pytest.mark.parametrize(("change", "status", "code"), FAULTS.values(), ids=FAULTS.keys())
def test_nothing_leaves_when_a_part_is_missing_or_fails(
    upstream: Upstream,
    tmp_path: Path,
    *,
    change: Callable[[Tree], object],
    status: int,
    code: str,
) -> None:
    with edge_with(tmp_path, upstream, change) as edge:
        for sent in ({"model": "m"}, AUTO):
            reply = edge.post("/v1/chat/completions", sent, SECRET)
            assert openai_error(reply) == (status, "server_error", code, None)
    assert upstream.received == []
    assert "client-secret" not in edge.log.read_text()


def test_without_the_filter_behind_the_router_auto_is_refused_and_names_are_served(
    upstream: Upstream, tmp_path: Path
) -> None:
    def change(resources: Tree) -> None:
        without("aigw.out")(resources)
        routes_of(resources)[:] = [
            each for each in routes_of(resources) if each["name"] != "ai-route-0-q.internal"
        ]

    spec = GatewaySpec(
        providers=(provider("p", upstream.url), provider("q", upstream.url, models=[])),
        auto_routing=rules(),
    )
    with EdgeGateway(spec, tmp_path, upstream, change=change) as edge:
        assert openai_error(edge.post("/v1/chat/completions", AUTO))[2] == "not_ready"
        assert openai_error(edge.chat("q/m"))[2] == "not_ready"
        assert upstream.received == []
        assert edge.chat("p/m").header("x-aigw-model") == "m"


def test_a_request_without_ai_proxy_is_refused_in_the_shape_of_its_api(
    upstream: Upstream, tmp_path: Path
) -> None:
    with edge_with(tmp_path, upstream, without(AI_PROXY)) as edge:
        reply = edge.post("/v1/messages", {"model": "m"})
        assert anthropic_error(reply) == (503, "api_error")
        assert "provider `p`" in message(reply)
        assert edge.chat("m", {"x-aigw-probe": "1"}).status == 503


def test_without_a_router_auto_is_refused_and_names_are_served(
    upstream: Upstream, tmp_path: Path
) -> None:
    def change(resources: Tree) -> None:
        found = filters_of(resources)
        names = [each["name"] for each in found]
        found[names.index(ROUTER_NAMES[0])] = lua_filter(ROUTER_NAMES[0], "-- not loaded")

    with edge_with(tmp_path, upstream, change) as edge:
        reply = edge.post("/v1/chat/completions", AUTO)
        assert openai_error(reply) == (503, "server_error", "not_ready", None)
        assert message(reply) == "the gateway's model router is not loaded yet"
        assert upstream.received == []
        assert edge.chat("m").status == 200


def test_without_its_table_the_gateway_is_not_ready(upstream: Upstream, tmp_path: Path) -> None:
    with edge_with(tmp_path, upstream, without_table) as edge:
        for path in ("/health", "/v1/models", "/v1/models/m"):
            assert openai_error(edge.get(path)) == (503, "server_error", "not_ready", None)
        assert openai_error(edge.chat("p/m"))[2] == "not_ready"
        assert openai_error(edge.chat("m", {"x-aigw-provider": "p"}))[2] == "not_ready"
        assert upstream.received == []
        assert edge.chat("m").status == 200


def test_a_named_provider_whose_route_is_missing_gets_nothing(
    upstream: Upstream, tmp_path: Path
) -> None:
    with edge_with(tmp_path, upstream, without_forced_routes) as edge:
        reply = edge.chat("p/m")
        assert openai_error(reply) == (503, "server_error", "not_ready", None)
        assert message(reply) == "the gateway's route to provider `p` is not loaded yet"
    assert upstream.received == []


def test_an_older_envoy_serves_by_its_routes_alone(upstream: Upstream, tmp_path: Path) -> None:
    with edge_with(tmp_path, upstream, older) as edge:
        for sent, model in ((AUTO, "deep-model"), ({"model": "p/m"}, "m"), ({"model": "x"}, "x")):
            reply = edge.post("/v1/chat/completions", sent)
            assert reply.header("x-aigw-model") == model
            assert reply.header("x-aigw-provider") == "p"
            assert upstream.last().json()["model"] == model
        assert edge.get("/health").status == 200
        assert edge.chat("p/m", {"x-aigw-probe": "1"}).json()["authorized"] is True


@pytest.mark.parametrize("both", [False, True], ids=["the newer name", "both names"])
def test_either_name_of_the_router_will_do(
    upstream: Upstream, tmp_path: Path, *, both: bool
) -> None:
    def change(resources: Tree) -> None:
        found = filters_of(resources)
        at = [each["name"] for each in found].index("aigw.out")
        again = {**found[at], "name": "aigw.out2"}
        if both:
            found.insert(at + 1, again)
        else:
            renamed(resources)
            found[at] = again

    with edge_with(tmp_path, upstream, change) as edge:
        assert edge.post("/v1/chat/completions", AUTO).header("x-aigw-model") == "deep-model"
        assert edge.chat("p/m").header("x-aigw-model") == "m"
    assert [request.json()["model"] for request in upstream.received] == ["deep-model", "m"]


def test_a_plugin_that_asks_who_the_client_is_is_lent_his_key_and_the_provider_is_not(
    upstream: Upstream, tmp_path: Path
) -> None:
    asks = """
    function envoy_on_request(handle)
      local headers = handle:headers()
      for _, name in ipairs({"authorization", "x-api-key"}) do
        headers:replace("seen-" .. name, headers:get(name) or "none")
      end
    end
    """

    def change(resources: Tree) -> None:
        found = filters_of(resources)
        behind = [each["name"] for each in found].index("aigw.out") + 1
        found.insert(behind, lua_filter("key-auth", asks))

    with edge_with(tmp_path, upstream, change) as edge:
        for sent in ({"model": "m"}, AUTO):
            upstream.received.clear()
            assert edge.post("/v1/chat/completions", sent, SECRET).status == 200
            received = upstream.only()
            for name, value in SECRET.items():
                assert received.values(f"seen-{name}") == [value]
            assert received.values("authorization") == ["Bearer sk-p"]
            assert not {"x-api-key", "x-hi-original-auth"} & received.names()


def test_a_route_of_the_persons_own_is_left_alone(upstream: Upstream, tmp_path: Path) -> None:
    def change(resources: Tree) -> None:
        without(AI_PROXY)(resources)
        place = {"cluster": "upstream", "host_rewrite_literal": f"127.0.0.1:{upstream.port}"}
        route = {"name": "tools", "match": {"prefix": "/tools/"}, "route": place}
        routes_of(resources).insert(1, route)

    with edge_with(tmp_path, upstream, change) as edge:
        reply = edge.post("/tools/v1/chat/completions", {"any": "body"}, SECRET)
        refused = edge.post("/tool", {"any": "body"}, SECRET)
    assert reply.status == 200
    assert "x-aigw-provider" not in dict(reply.headers)
    assert [one.values("authorization") for one in upstream.received] == [["Bearer client-secret"]]
    assert openai_error(refused)[0] == 404
