"""The stand-in takes changes of its store as the real one does, and refuses as it refuses."""

import json
import operator
from collections.abc import Iterator
from contextlib import contextmanager
from http.client import HTTPConnection
from pathlib import Path

import pytest

from tests.higress.gateways import Gateway
from tests.higress.upstreams import Upstream, eventually, stream

pytestmark = pytest.mark.docker

MINIMAL = Path("tests/fixtures/higress/minimal")
NAMES = ("api.openai.com", "dashscope.aliyuncs.com", "openrouter.ai", "api.anthropic.com")
PLUGINS = ("ai-proxy.internal", "ai-statistics-2.0.1", "model-router.internal")
PROXY = "wasmplugins/ai-proxy.internal.yaml"
KEY = "sk-made-up-openai-1"
ROUTE = "ingresses/ai-route-p995-openai.internal.yaml"
GENERATION = "request-header-control-remove:"
TABLE = """\
apiVersion: networking.istio.io/v1alpha3
kind: EnvoyFilter
metadata: {name: aigw-table}
spec:
  configPatches:
  - applyTo: HTTP_ROUTE
    match: {context: GATEWAY}
    patch:
      operation: INSERT_FIRST
      value:
        name: aigw.table
        match: {prefix: /, headers: [{name: x-aigw-table, present_match: true}]}
        direct_response: {status: 404}
        metadata:
          filter_metadata:
            envoy.filters.http.lua: {generation: "NUMBER"}
"""
READER = """\
apiVersion: networking.istio.io/v1alpha3
kind: EnvoyFilter
metadata: {name: reader, creationTimestamp: "2030-01-01T00:00:00Z"}
spec:
  configPatches:
  - applyTo: HTTP_FILTER
    match: {context: GATEWAY, listener: {filterChain: {filter: {name: MANAGER}}}}
    patch:
      operation: INSERT_FIRST
      value:
        name: reader
        typed_config:
          "@type": type.googleapis.com/envoy.extensions.filters.http.lua.v3.Lua
          default_source_code:
            inline_string: |
              function envoy_on_request(handle)
                if handle:headers():get("x-aigw-table") then
                  local seen = handle:metadata():get("generation") or "none"
                  handle:respond({[":status"] = "200"}, handle:streamInfo():routeName() .. seen)
                end
              end
""".replace("MANAGER", "envoy.filters.network.http_connection_manager")


@pytest.fixture(scope="module")
def upstream() -> Iterator[Upstream]:
    """One provider in the place of all."""
    with Upstream() as upstream:
        yield upstream


@pytest.fixture(scope="module")
def gateway(upstream: Upstream) -> Iterator[Gateway]:
    """One gateway, which each test leaves as it found it."""
    with Gateway(MINIMAL, hosts=dict.fromkeys(NAMES, upstream.ip)) as gateway:
        yield gateway.ready()


@contextmanager
def edited(gateway: Gateway, path: str, before: str, after: str) -> Iterator[None]:
    """Have another text in a file for as long as the `with` block."""
    text = (gateway.data / path).read_text()
    gateway.edit(path, before, after)
    try:
        yield
    finally:
        gateway.write(path, text)


def key_used(gateway: Gateway, upstream: Upstream) -> str:
    """Return the key that a request for OpenAI carries now."""
    gateway.chat("gpt-4o")
    return (upstream.last().header("authorization") or "").removeprefix("Bearer ")


def generation(gateway: Gateway) -> str | None:
    """Return what the answers of OpenAI's route say."""
    return gateway.chat("gpt-4o").headers.get("x-generation")


def refusals(gateway: Gateway) -> list[int]:
    """Count the refusals of each plugin."""
    return [gateway.rejected(plugin) for plugin in PLUGINS]


def test_a_new_key_is_used_and_shows_in_the_filter(gateway: Gateway, upstream: Upstream) -> None:
    with edited(gateway, PROXY, KEY, "sk-new"):
        eventually(lambda: key_used(gateway, upstream) == "sk-new")
        dump = gateway.admin("/config_dump?resource=ecds_filters")
        assert "sk-new" in dump
        assert KEY not in dump
    eventually(lambda: key_used(gateway, upstream) == KEY)
    assert refusals(gateway) == [0, 0, 0]


def test_one_of_several_keys_is_taken_at_random(gateway: Gateway, upstream: Upstream) -> None:
    with edited(gateway, PROXY, f'- "{KEY}"', f'- "{KEY}"\n      - "sk-second"'):
        eventually(lambda: key_used(gateway, upstream) == "sk-second")
        eventually(lambda: key_used(gateway, upstream) == KEY)


def test_a_response_header_of_a_route_changes_without_a_new_listener(gateway: Gateway) -> None:
    note = 'higress.io/response-header-control-add: "x-generation abc123"\n    higress.io/'
    with edited(gateway, ROUTE, f"higress.io/{GENERATION}", f"{note}{GENERATION}"):
        eventually(lambda: generation(gateway) == "abc123")
        assert "abc123" in gateway.admin("/config_dump?resource=dynamic_route_configs")
    eventually(lambda: generation(gateway) is None)
    assert gateway.stat("listener_manager.listener_modified") == 0


def test_a_refused_provider_raises_every_counter_and_the_old_key_stays(
    gateway: Gateway, upstream: Upstream
) -> None:
    before = refusals(gateway)
    bad = (gateway.data / PROXY).read_text().replace('type: "openrouter"', 'type: "togetherai"')
    with edited(gateway, PROXY, 'type: "openrouter"', 'type: "togetherai"'):
        gateway.write(PROXY, bad.replace(KEY, "sk-never"))
        eventually(lambda: all(map(operator.gt, refusals(gateway), before)))
        assert key_used(gateway, upstream) == KEY
        assert "unknown provider type: togetherai" in gateway.sh("cat /var/log/higress/gateway.log")
        with edited(gateway, "wasmplugins/model-router.internal.yaml", "qwen-turbo", "gpt-4o-mini"):
            eventually(lambda: gateway.chat("higress/auto").json()["model"] == "gpt-4o-mini")
    with edited(gateway, PROXY, KEY, "sk-good"):
        eventually(lambda: key_used(gateway, upstream) == "sk-good")
    eventually(lambda: key_used(gateway, upstream) == KEY)


def test_a_malformed_file_is_passed_over(gateway: Gateway, upstream: Upstream) -> None:
    with edited(gateway, PROXY, "spec:", "spec: ]["):
        gateway.settled()
        assert key_used(gateway, upstream) == KEY
    gateway.settled(0.4)
    assert [key_used(gateway, upstream), gateway.chat("gpt-4o").status] == [KEY, 200]


def test_an_object_that_makes_no_sense_is_passed_over(gateway: Gateway) -> None:
    gateway.write("wasmplugins/odd.yaml", "spec: {url: 5, priority: [], matchRules: {a: b}}")
    gateway.settled()
    assert gateway.chat("gpt-4o").status == 200
    (gateway.data / "wasmplugins/odd.yaml").unlink()
    gateway.settled(0.4)
    assert "pilot entered FATAL" not in gateway.said()


def test_a_provider_without_rule_gets_the_clients_request_untouched_but_for_the_guard(
    gateway: Gateway, upstream: Upstream
) -> None:
    with edited(gateway, PROXY, '- "llm-openai.internal.dns"', '- "llm-else.internal.dns"'):
        eventually(lambda: gateway.chat("gpt-4o").status == 503)
        upstream.forget()
        assert gateway.chat("gpt-4o").status == 503
        assert upstream.requests() == []
    eventually(lambda: gateway.chat("gpt-4o").status == 200)


def test_a_route_of_an_envoy_filter_carries_metadata_that_lua_reads(gateway: Gateway) -> None:
    gateway.write("envoyfilters/reader.yaml", READER)
    gateway.write("envoyfilters/aigw-table.yaml", TABLE.replace("NUMBER", "one"))

    def seen() -> bytes:
        return gateway.request("GET", "/x", headers={"x-aigw-table": "1"}).body

    eventually(lambda: seen() == b"aigw.tableone")
    listeners = gateway.stat("listener_manager.listener_modified")
    gateway.write("envoyfilters/aigw-table.yaml", TABLE.replace("NUMBER", "two"))
    eventually(lambda: seen() == b"aigw.tabletwo")
    assert gateway.stat("listener_manager.listener_modified") == listeners
    for name in ("reader", "aigw-table"):
        (gateway.data / f"envoyfilters/{name}.yaml").unlink()
    eventually(lambda: b"aigw.table" not in seen())


def test_an_envoy_filter_that_envoy_refuses_leaves_the_listener_as_it_was(gateway: Gateway) -> None:
    before = gateway.stat("listener_manager.lds.update_rejected")
    gateway.write("envoyfilters/bad.yaml", READER.replace("function envoy", "funktion envoy"))
    eventually(lambda: gateway.stat("listener_manager.lds.update_rejected") > before)
    assert gateway.chat("gpt-4o").status == 200
    (gateway.data / "envoyfilters/bad.yaml").unlink()
    gateway.settled(0.4)


def test_an_anchor_that_is_not_there_skips_its_patch(gateway: Gateway) -> None:
    anchor = "{name: MANAGER, subFilter: {name: nowhere}}".replace(
        "MANAGER", "envoy.filters.network.http_connection_manager"
    )
    lost = READER.replace("{name: envoy.filters.network.http_connection_manager}", anchor)
    gateway.write("envoyfilters/lost.yaml", lost.replace("INSERT_FIRST", "INSERT_AFTER"))
    gateway.settled()
    assert gateway.request("GET", "/x", headers={"x-aigw-table": "1"}).body[:5] != b"aigw."
    (gateway.data / "envoyfilters/lost.yaml").unlink()


def test_a_body_over_the_buffer_limit_is_413(gateway: Gateway) -> None:
    config = "configmaps/higress-config.yaml"
    assert gateway.chat("gpt-4o", "x" * 200_000).status == 200
    with edited(
        gateway, config, "connectionBufferLimits: 33554432", "connectionBufferLimits: 32768"
    ):
        eventually(lambda: gateway.chat("gpt-4o", "x" * 200_000).status == 413)
    eventually(lambda: gateway.chat("gpt-4o", "x" * 200_000).status == 200)


def test_a_running_stream_outlives_changes_of_keys_and_routes(
    gateway: Gateway, upstream: Upstream
) -> None:
    upstream.answers(stream(*[f"data: {number}\n\n" for number in range(8)], pause=0.25))
    asked = json.dumps({"model": "gpt-4o", "stream": True, "messages": []})
    connection = HTTPConnection("127.0.0.1", gateway.port(), timeout=60)
    connection.request("POST", "/v1/chat/completions", asked, {"content-type": "application/json"})
    reply = connection.getresponse()
    with (
        edited(gateway, PROXY, KEY, "sk-while-streaming"),
        edited(
            gateway,
            ROUTE,
            f"higress.io/{GENERATION}",
            f"higress.io/x: y\n    higress.io/{GENERATION}",
        ),  # fmt: skip
    ):
        whole = reply.read()
    connection.close()
    upstream.forget()
    assert whole.count(b"data: ") == 8
    eventually(lambda: key_used(gateway, upstream) == KEY)


def test_a_name_that_does_not_resolve_is_503(gateway: Gateway) -> None:
    assert gateway.chat("local-a", user_agent="lost-1").status == 503
    line = eventually(lambda: next((one for one in gateway.lines(1) if "lost-1" in one), ""))
    assert json.loads(line)["response_flags"] == "UH"
