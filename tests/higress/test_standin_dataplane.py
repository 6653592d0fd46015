"""The stand-in in its container, with the folder that ran on a real gateway: it serves alike."""

import json
import time
from collections.abc import Iterator
from http.client import HTTPConnection
from itertools import pairwise
from pathlib import Path

import pytest

from tests.higress.gateways import Gateway
from tests.higress.upstreams import Upstream, answer, eventually, stream

pytestmark = pytest.mark.docker

MINIMAL = Path("tests/fixtures/higress/minimal")
SAMPLES = Path("tests/fixtures/higress/access_log_samples.jsonl").read_text().splitlines()
NAMES = (
    "api.openai.com",
    "dashscope.aliyuncs.com",
    "openrouter.ai",
    "api.anthropic.com",
    "llm.example.com",
)
PLUGINS = ("ai-proxy.internal", "ai-statistics-2.0.1", "model-router.internal")
SAME = (
    "istio_policy_status",
    "requested_server_name",
    "response_code_details",
    "response_flags",
    "route_name",
    "upstream_cluster",
    "x_forwarded_for",
)
"""What of a log line does not depend on the moment and the machine."""

OPENAI, DASHSCOPE, LOCAL = "api.openai.com", "dashscope.aliyuncs.com", "llm.example.com:8000"


@pytest.fixture(scope="module")
def shared_upstream() -> Iterator[Upstream]:
    """One provider in the place of all."""
    with Upstream() as upstream:
        yield upstream


@pytest.fixture(scope="module")
def shared_gateway(shared_upstream: Upstream) -> Iterator[Gateway]:
    """One gateway for what leaves it as it was."""
    with Gateway(MINIMAL, hosts=dict.fromkeys(NAMES, shared_upstream.ip)) as gateway:
        yield gateway.ready()


@pytest.fixture
def upstream(shared_upstream: Upstream) -> Upstream:
    """The provider, with nothing asked and nothing told."""
    shared_upstream.forget()
    return shared_upstream


@pytest.fixture
def gateway(shared_gateway: Gateway, upstream: Upstream) -> Gateway:
    """The gateway in front of `upstream`."""
    assert upstream.requests() == []
    return shared_gateway


PRECEDENCE = {
    "gpt-4o": ("p995-openai", OPENAI),
    "o3": ("e-openai", OPENAI),
    "o3-mini": ("z-openrouter", "openrouter.ai"),
    "qwen-max": ("p994-dashscope", DASHSCOPE),
    "x-coder": ("q993-dashscope", DASHSCOPE),
    "local-coder": ("p993-local", LOCAL),
    "claude-x": ("p992-anthropic", "api.anthropic.com"),
    "local-a": ("p993-local", LOCAL),
    "anything": ("z-openrouter", "openrouter.ai"),
    "openai/qwen-max": ("0-openai", OPENAI),
    "dashscope/gpt-4o": ("0-dashscope", DASHSCOPE),
}


def test_the_most_exact_route_takes_a_model(gateway: Gateway, upstream: Upstream) -> None:
    before = len(gateway.lines(0))
    for model in PRECEDENCE:
        assert gateway.chat(model).status == 200
    hosts = [request.header("host") for request in upstream.requests()]
    lines = gateway.lines(before + len(PRECEDENCE))[-len(PRECEDENCE) :]
    routes = [json.loads(line)["route_name"] for line in lines]
    names = [name.removeprefix("ai-route-").removesuffix(".internal") for name in routes]
    assert dict(zip(PRECEDENCE, zip(names, hosts, strict=True), strict=True)) == PRECEDENCE


KEYS = {
    "gpt-4o": ("authorization", "Bearer sk-made-up-openai-1"),
    "qwen-max": ("authorization", "Bearer sk-made-up-dash-1"),
    "claude-x": ("x-api-key", "sk-made-up-anth-1"),
    "anything": ("authorization", "Bearer sk-made-up-or-1"),
}


@pytest.mark.parametrize("model", KEYS)
def test_each_provider_gets_its_own_key(model: str, gateway: Gateway, upstream: Upstream) -> None:
    gateway.chat(model, authorization="Bearer of-the-client")
    name, value = KEYS[model]
    assert upstream.last().header(name) == value
    assert b"of-the-client" not in repr(upstream.last()).encode()


def test_rules_choose_the_model_by_what_is_said(gateway: Gateway, upstream: Upstream) -> None:
    gateway.chat("higress/auto", "deep thinking about tea")
    request = upstream.last()
    assert (request.header("host"), request.json()["model"]) == (OPENAI, "gpt-4o")


def test_the_body_stays_byte_for_byte_but_for_the_model(
    gateway: Gateway, upstream: Upstream
) -> None:
    body = b'{ "seed" : 9007199254740993 , "model":"higress/auto", "b":"\\u00e9", "messages":[]}'
    gateway.post("/v1/chat/completions", body)
    assert upstream.last().body == body.replace(b"higress/auto", b"qwen-turbo")


def test_a_stream_flows_piece_by_piece(gateway: Gateway, upstream: Upstream) -> None:
    pieces = [f"data: {number}\n\n" for number in range(4)]
    upstream.answers(stream(*pieces, pause=0.3))
    asked = json.dumps({"model": "gpt-4o", "stream": True, "messages": []})
    connection = HTTPConnection("127.0.0.1", gateway.port(), timeout=60)
    connection.request("POST", "/v1/chat/completions", asked, {"content-type": "application/json"})
    reply = connection.getresponse()
    arrived = []
    while piece := reply.read1():
        arrived.append((time.monotonic(), piece.decode()))
    connection.close()
    assert [text for _, text in arrived] == pieces
    assert all(later - sooner > 0.2 for (sooner, _), (later, _) in pairwise(arrived))


def test_a_stream_of_anthropic_reaches_an_openai_client(
    gateway: Gateway, upstream: Upstream
) -> None:
    asked = {"model": "claude-x", "stream": True, "messages": [{"role": "user", "content": "hi"}]}
    events = gateway.post("/v1/chat/completions", asked).events()
    words = [choice["delta"].get("content", "") for event in events for choice in event["choices"]]
    assert "".join(words) == "Hello from stub"
    assert upstream.last().path == "/v1/messages"


def test_an_anthropic_client_reaches_an_openai_provider(gateway: Gateway) -> None:
    asked = {"model": "gpt-4o", "max_tokens": 9, "messages": [{"role": "user", "content": "hi"}]}
    assert gateway.post("/v1/messages", asked).json()["content"] == [
        {"type": "text", "text": "Hello from stub"}
    ]


def test_an_api_that_the_provider_lacks_is_500_by_the_plugin(gateway: Gateway) -> None:
    reply = gateway.post("/v1/responses", {"model": "anything", "input": "x"})
    said = b"failed to process request body: unsupported API name"
    assert (reply.status, reply.headers["content-type"], reply.body) == (500, "text/plain", said)


def line_for(gateway: Gateway, agent: str) -> str:
    """Return the log line of the request that named itself so."""

    def found() -> str:
        return next((line for line in gateway.lines(0) if agent in line), "")

    return eventually(found)


def test_a_log_line_has_the_form_of_the_real_one(gateway: Gateway) -> None:
    gateway.chat("qwen-max", user_agent="form-1", x_openclaw_session_key="agent:main:1")
    line = json.loads(line_for(gateway, "form-1"))
    sample = json.loads(SAMPLES[0])
    assert list(line) == list(sample)
    assert {key: line[key] for key in SAME} == {key: sample[key] for key in SAME}
    assert len(line["trace_id"]) == len(sample["trace_id"])
    log, other = json.loads(line["ai_log"]), json.loads(sample["ai_log"])
    assert log | {"llm_service_duration": 0} == other | {"llm_service_duration": 0}


def test_a_stream_is_logged_with_its_tokens(gateway: Gateway) -> None:
    asked = {"model": "gpt-4o", "stream": True, "messages": [{"role": "user", "content": "hi"}]}
    gateway.post("/v1/chat/completions", asked, user_agent="stream-1")
    log = json.loads(json.loads(line_for(gateway, "stream-1"))["ai_log"])
    sample = json.loads(json.loads(SAMPLES[1])["ai_log"])
    times = {"llm_first_token_duration": 0, "llm_service_duration": 0}
    assert log | times == sample | times


def test_a_quote_in_the_user_agent_breaks_the_line(gateway: Gateway) -> None:
    gateway.chat("qwen-max", user_agent='My "quoted-1" agent \\ x')
    assert '"user_agent":"My "quoted-1" agent \\ x"' in line_for(gateway, "quoted-1")


def test_a_refusal_of_the_plugin_stands_in_the_details(gateway: Gateway) -> None:
    gateway.post("/v1/responses", {"model": "anything", "input": "x"}, user_agent="refused-1")
    line = json.loads(line_for(gateway, "refused-1"))
    seen = (line["ai_log"], line["response_code_details"], line["upstream_host"])
    assert seen == ("-", "ai-proxy.proc_req_body_failed", "-")


def test_an_error_of_the_provider_is_logged_without_model(
    gateway: Gateway, upstream: Upstream
) -> None:
    upstream.answers(answer(status=429, body={"error": {"message": "slow down"}}))
    assert gateway.chat("qwen-max", user_agent="error-1").status == 429
    log = json.loads(json.loads(line_for(gateway, "error-1"))["ai_log"])
    sample = json.loads(json.loads(SAMPLES[4])["ai_log"])
    assert log | {"llm_service_duration": 0} == sample | {"llm_service_duration": 0}


def test_one_request_is_one_request_upstream(gateway: Gateway, upstream: Upstream) -> None:
    upstream.answers(answer(status=503))
    assert gateway.chat("gpt-4o").status == 503
    assert len(upstream.requests()) == 1


def test_ready_is_said_where_istio_says_it(gateway: Gateway) -> None:
    ready = "curl -s -o /dev/null -w '%{http_code}' 127.0.0.1:15021/healthz/ready"
    assert gateway.sh(ready) == "200"


def test_the_filters_stand_in_the_order_of_the_real_ones(gateway: Gateway) -> None:
    dump = json.loads(gateway.admin("/config_dump?resource=dynamic_listeners"))
    (chain,) = dump["configs"][0]["active_state"]["listener"]["filter_chains"]
    names = [one["name"] for one in chain["filters"][0]["typed_config"]["http_filters"]]
    assert names == [
        "envoy.filters.http.custom_response",
        "aigw.in",
        "higress-system.model-router.internal",
        "aigw.out",
        "higress-system.ai-statistics-2.0.1",
        "higress-system.ai-proxy.internal",
        "aigw.guard",
        "envoy.filters.http.router",
    ]


def test_no_plugin_was_refused(gateway: Gateway) -> None:
    assert [gateway.rejected(plugin) for plugin in PLUGINS] == [0, 0, 0]
