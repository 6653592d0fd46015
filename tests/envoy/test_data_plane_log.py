"""One line of the access log a request, as the reader of the log understands it."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from aigw.accesslog.request import Request, Usage, request
from aigw.spec.gateway import GatewaySpec
from aigw.spec.routing import AutoRouting, RoutingRule
from tests.envoy.gateway import GENERATION, Gateway, provider
from tests.envoy.upstream import CHAT, Answer, Upstream, event, json_answer, sse_answer

pytestmark = pytest.mark.envoy

TRACE = "0af7651916cd43dd8448eb211c80319c"
SESSION_HEADERS = [
    "x-openclaw-session-key",
    "x-clawdbot-session-key",
    "x-moltbot-session-key",
    "x-agent-session",
    "x-session-affinity",
]


def auto_routed(upstream: Upstream) -> GatewaySpec:
    rules = (
        RoutingRule(
            name="深思", pattern="(?i)^deep thinking", trigger="deep thinking", model="slow"
        ),
        RoutingRule(name="code", pattern="code", trigger="", model="p/coder"),
    )
    return GatewaySpec(
        providers=(provider("p", upstream.url, model_map={"slow": "slow-2"}),),
        auto_routing=AutoRouting(enabled=True, default="quick", rules=rules),
    )


def last(gateway: Gateway, before: int) -> Request:
    """Read the line after that many."""
    text = json.dumps(gateway.lines(before + 1)[before])
    found = request(text)
    assert found is not None
    return found


def test_a_request_is_logged_with_everything(upstream: Upstream, tmp_path: Path) -> None:
    details = {"cached_tokens": 4, "reasoning_tokens": 3}
    usage = {"prompt_tokens": 11, "completion_tokens": 7, "prompt_tokens_details": details}
    upstream.answers(json_answer({**CHAT, "usage": usage}))
    headers = {
        "x-request-id": "id-1",
        "traceparent": f"00-{TRACE}-b7ad6b7169203331-01",
        "x-agent-session": "s-1",
    }
    with Gateway(auto_routed(upstream), tmp_path) as gateway:
        body = {"model": "auto", "messages": [{"role": "user", "content": "Deep thinking: why?"}]}
        reply = gateway.post("/v1/chat/completions?x=1", body, headers)
        line = last(gateway, 0)
    assert datetime.now(UTC) - line.time < timedelta(minutes=1)
    assert line.duration_ms is not None
    assert line.first_byte_ms is not None
    assert line == Request(
        time=line.time,
        request_id="id-1",
        trace_id=TRACE,
        session="s-1",
        client="127.0.0.1",
        method="POST",
        path="/v1/chat/completions",
        status=200,
        model="auto",
        served_model="slow-2",
        rule="深思",
        provider="p",
        attempts=1,
        upstream_status=None,
        flags=(),
        details="via_upstream",
        failure="",
        duration_ms=line.duration_ms,
        first_byte_ms=line.first_byte_ms,
        bytes_in=len(json.dumps(body)),
        bytes_out=len(reply.body),
        usage=Usage(input=11, output=7, cached=4, reasoning=3),
        stream=False,
        generation=GENERATION,
    )


@pytest.mark.parametrize(
    ("words", "rule", "served"),
    [
        ("Deep thinking: code?", "深思", "slow-2"),
        ("write code", "code", "coder"),
        ("hello", "default", "quick"),
        ("", "default", "quick"),
    ],
    ids=["the first rule", "a later rule", "the default", "no words"],
)
@pytest.mark.parametrize("model", ["auto", "higress/auto"])
def test_an_auto_routed_answer_tells_its_rule(
    upstream: Upstream, tmp_path: Path, *, model: str, words: str, rule: str, served: str
) -> None:
    with Gateway(auto_routed(upstream), tmp_path) as gateway:
        message = {"role": "user", "content": words}
        reply = gateway.post("/v1/chat/completions", {"model": model, "messages": [message]})
    told = (reply.header("x-aigw-rule") or "").encode("latin-1").decode()
    assert (told, reply.header("x-aigw-model")) == (rule, served)
    assert upstream.only().json() == {"model": served, "messages": [message]}


def test_auto_can_be_forced_to_a_provider(upstream: Upstream, tmp_path: Path) -> None:
    spec = auto_routed(upstream)
    both = GatewaySpec(
        providers=(*spec.providers, provider("other", upstream.url, models=())),
        auto_routing=spec.auto_routing,
    )
    with Gateway(both, tmp_path) as gateway:
        reply = gateway.chat("auto", {"x-aigw-provider": "other"})
    assert (reply.header("x-aigw-provider"), reply.header("x-aigw-model")) == ("other", "quick")


@pytest.mark.parametrize("first", range(len(SESSION_HEADERS)))
def test_the_session_is_that_of_the_first_header(gateway: Gateway, first: int) -> None:
    before = len(gateway.lines(0))
    gateway.chat("m", {name: f"in {name}" for name in reversed(SESSION_HEADERS[first:])})
    assert last(gateway, before).session == f"in {SESSION_HEADERS[first]}"


@pytest.mark.parametrize(
    ("path", "body", "status"),
    [
        ("/healthy", None, 404),
        ("/health", b"", 405),
        ("/v1/models?x=1", None, 200),
        ("/v1/nope", None, 404),
        ("/v1/messages", b"{}", 400),
        ("/v1/messages?beta=true", b'{"model":"m"}', 501),
    ],
)
def test_our_own_answers_are_logged_without_a_provider(
    gateway: Gateway, path: str, body: bytes | None, status: int
) -> None:
    before = len(gateway.lines(0))
    gateway.get(path) if body is None else gateway.post(path, body)
    line = last(gateway, before)
    assert (line.path, line.status) == (path.partition("?")[0], status)
    assert (line.provider, line.attempts, line.generation) == ("", 0, GENERATION)


def test_who_asks_for_health_all_day_does_not_fill_the_log(gateway: Gateway) -> None:
    before = len(gateway.lines(0))
    for path in ("/health", "/health?x=1"):
        assert gateway.get(path).status == 200
    gateway.get("/v1/models")
    assert last(gateway, before).path == "/v1/models"


@pytest.mark.parametrize(
    "path", ["/v1/embeddings", "/v1/completions", "/v1/responses", "/v1/rerank?x=1"]
)
def test_the_path_is_the_clients_and_not_the_providers(
    upstream: Upstream, tmp_path: Path, path: str
) -> None:
    elsewhere = provider("p", f"{upstream.url}/other/base")
    with Gateway([elsewhere], tmp_path) as gateway:
        gateway.post(path, {"model": "m"})
        line = last(gateway, 0)
    assert line.path == path.partition("?")[0]
    assert upstream.only().path == path.replace("/v1", "/other/base")


def test_what_a_provider_said_is_logged_where_we_said_something_else(
    gateway: Gateway, upstream: Upstream
) -> None:
    before = len(gateway.lines(0))
    upstream.answers(Answer(status=403))
    gateway.chat("m")
    line = last(gateway, before)
    assert (line.status, line.upstream_status, line.provider) == (502, 403, "p")


def test_a_provider_out_of_reach_is_logged_with_the_reason(tmp_path: Path) -> None:
    with Gateway([provider("p", "http://127.0.0.1:1")], tmp_path) as gateway:
        gateway.chat("m")
        line = last(gateway, 0)
    assert (line.status, line.provider, line.model, line.attempts) == (502, "p", "m", 2)
    assert "UF" in line.flags
    assert "refused" in line.failure


def test_a_stream_is_logged_as_one(gateway: Gateway, upstream: Upstream) -> None:
    before = len(gateway.lines(0))
    upstream.answers(sse_answer(event({"usage": {"prompt_tokens": 1}})))
    gateway.chat("m", stream=True)
    line = last(gateway, before)
    assert line.stream
    assert line.usage == Usage(input=1, output=None, cached=None, reasoning=None)


def test_nothing_that_was_said_and_no_key_is_logged(upstream: Upstream, tmp_path: Path) -> None:
    upstream.answers(json_answer({"choices": [{"message": {"content": "canary-answer"}}]}))
    with Gateway(auto_routed(upstream), tmp_path) as gateway:
        message = {"role": "user", "content": "canary-prompt code"}
        gateway.chat("auto", {"authorization": "Bearer canary-client"}, messages=[message])
        gateway.lines(1)
        text = gateway.layout.access_log.read_text() + gateway.engine_log.read_text()
    assert "code" in text
    for canary in ("canary-prompt", "canary-answer", "canary-client", "sk-p"):
        assert canary not in text


@pytest.mark.parametrize("path", ['/v1/"},{"x":"', "/v1/%0a%22", "/v1/\xff", "/v1/{}"])
def test_a_path_cannot_break_a_line(gateway: Gateway, path: str) -> None:
    before = len(gateway.lines(0))
    with gateway.connect() as connection:
        connection.sendall(f"GET {path} HTTP/1.1\r\nhost: x\r\n\r\n".encode("latin-1"))
        answered = connection.recv(100)
    assert answered.startswith((b"HTTP/1.1 404", b"HTTP/1.1 400"))
    gateway.get("/v1/models")
    assert gateway.lines(before + 1)[-1]["method"] in ("GET", None)
