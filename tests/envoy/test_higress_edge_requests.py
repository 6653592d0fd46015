"""What Higress's engine does with a request: carried, cleaned, answered by itself, or refused."""

import gzip
from collections.abc import Iterator
from pathlib import Path

import pytest
from msgspec.structs import replace

from aigw.spec.gateway import GatewaySpec
from aigw.spec.routing import AutoRouting
from tests.envoy.bodies import CARRIED, CHAT, LIMIT, REFUSED, body, sized
from tests.envoy.client_headers import KEPT_HERE, PASSED
from tests.envoy.edge import EdgeGateway
from tests.envoy.errors import INVALID, anthropic_error, message, openai_error
from tests.envoy.gateway import GENERATION, provider
from tests.envoy.upstream import Upstream

pytestmark = pytest.mark.envoy

LISTED = ["m", "gpt-4o", "gpt-4o-mini", "模型 x"]
MESSAGES, COUNT = "/v1/messages", "/v1/messages/count_tokens"
FROM_ENVOY = {"host", "content-type", "x-request-id", "transfer-encoding", "content-length"}
FROM_PLUGIN = {"authorization", "x-envoy-original-host"}
FORGED = {
    "x-mse-consumer": "boss",
    "x-higress-fallback-from": "x",
    "x-hi-original-auth": "Bearer client-secret",
    "x-envoy-original-host": "example.com",
    "x-aigw-table": "1",
    "X-AIGW-Table": "1",
    "x-forwarded-client-cert": "By=x",
}


@pytest.fixture(scope="module")
def shared_edge(
    shared_upstream: Upstream, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[EdgeGateway]:
    """A provider `p` of a few models and a provider `q` of none."""
    spec = GatewaySpec(
        providers=(
            provider(
                "p", shared_upstream.url, models=["m", "gpt-4o", "gpt-4o-mini", "模型 x", "o3*"]
            ),
            provider("q", shared_upstream.url, models=[]),
        )
    )
    with EdgeGateway(spec, tmp_path_factory.mktemp("edge"), shared_upstream) as edge:
        yield edge


@pytest.fixture
def edge(shared_edge: EdgeGateway, upstream: Upstream) -> EdgeGateway:
    """The module's gateway in front of `upstream`, auto-routing off."""
    assert upstream.received == []
    shared_edge.router.routing = AutoRouting()
    return shared_edge


@pytest.mark.parametrize("sent", CARRIED.values(), ids=CARRIED.keys())
def test_a_body_arrives_byte_for_byte(edge: EdgeGateway, upstream: Upstream, sent: bytes) -> None:
    reply = edge.post(CHAT, sent)
    assert reply.status == 200, reply.body
    assert upstream.only().body == sent


@pytest.mark.parametrize("sent", REFUSED.values(), ids=REFUSED.keys())
def test_a_body_that_cannot_be_judged_is_refused(
    edge: EdgeGateway, upstream: Upstream, sent: bytes
) -> None:
    assert openai_error(edge.post(CHAT, sent))[:3] == (400, INVALID, INVALID)
    assert upstream.received == []


@pytest.mark.parametrize(
    ("written", "meant"),
    [(b"gpt\\u002d4o", "gpt-4o"), (b"p\\/gpt-4o", "gpt-4o"), (b"\\u6a21\\u578b x", "模型 x")],
)
def test_an_escaped_model_is_written_out_plainly(
    edge: EdgeGateway, upstream: Upstream, written: bytes, meant: str
) -> None:
    assert edge.post(CHAT, b' {"seed":1, "model" : "' + written + b'" }\n').status == 200
    assert upstream.only().body == b' {"seed":1, "model" : "' + meant.encode() + b'" }\n'


@pytest.mark.parametrize("kind", ["text/plain", "application/JSON", "", "multipart/mixed"])
def test_the_body_is_json_whatever_its_content_type(
    edge: EdgeGateway, upstream: Upstream, kind: str
) -> None:
    assert edge.post(CHAT, body(), {"content-type": kind}).status == 200
    assert upstream.only().values("content-type") == ["application/json"]


def test_one_byte_over_the_limit_is_too_large(edge: EdgeGateway, upstream: Upstream) -> None:
    reply = edge.post(CHAT, sized(LIMIT + 1))
    assert openai_error(reply) == (413, INVALID, "request_too_large", None)
    assert anthropic_error(edge.post(MESSAGES, sized(LIMIT + 1))) == (413, "request_too_large")
    assert upstream.received == []


@pytest.mark.parametrize("name", [*KEPT_HERE, *FORGED])
def test_a_header_for_the_gateway_stays_here(
    edge: EdgeGateway, upstream: Upstream, name: str
) -> None:
    assert edge.chat("m", {name: {**KEPT_HERE, **FORGED}[name]}).status == 200
    assert upstream.only().names() <= FROM_ENVOY | FROM_PLUGIN
    assert upstream.only().values("authorization") == ["Bearer sk-p"]
    assert "client-secret" not in str(upstream.only().headers)


@pytest.mark.parametrize("name", PASSED)
def test_any_other_header_is_passed_on(edge: EdgeGateway, upstream: Upstream, name: str) -> None:
    edge.chat("m", {name: PASSED[name]})
    assert upstream.only().values(name) == [PASSED[name]]


@pytest.mark.parametrize("name", ["x-higress-llm-model", "x-aigw-provider"])
def test_a_header_that_steers_the_route_is_not_believed(
    edge: EdgeGateway, upstream: Upstream, name: str
) -> None:
    assert edge.chat("unknown", {name: "m"}).status == 404
    assert upstream.received == []


@pytest.mark.parametrize(
    ("method", "path", "expected"),
    [
        ("GET", "/v1/nope", (404, INVALID, "unknown_url", None)),
        ("POST", "/v1/chat/completions/", (404, INVALID, "unknown_url", None)),
        ("POST", "/v1//chat/completions", (404, INVALID, "unknown_url", None)),
        ("POST", '/v1/x"\\', (404, INVALID, "unknown_url", None)),
        ("POST", "/chat/completions", (404, INVALID, "unknown_url", None)),
        ("GET", "/", (404, INVALID, "unknown_url", None)),
        ("GET", CHAT, (405, INVALID, "method_not_allowed", None)),
        ("OPTIONS", "/v1/embeddings", (405, INVALID, "method_not_allowed", None)),
        ("POST", "/v1/models", (405, INVALID, "method_not_allowed", None)),
        ("DELETE", "/v1/models/gpt-4o", (405, INVALID, "method_not_allowed", None)),
        ("POST", "/health", (405, INVALID, "method_not_allowed", None)),
        ("GET", "/v1/models/gpt-5", (404, INVALID, "model_not_found", "model")),
    ],
)
def test_what_is_not_there_is_said_in_the_shape_of_openai(
    edge: EdgeGateway, method: str, path: str, expected: tuple[int, str, str, str | None]
) -> None:
    sent = b'{"model":"gpt-4o"}' if method == "POST" else None
    reply = edge.ask(method, path, sent)
    assert openai_error(reply) == expected
    assert reply.header("x-aigw-generation") == GENERATION


@pytest.mark.parametrize(
    ("asked", "words"),
    [
        ("gpt-4", "model `gpt-4` is not served by this gateway; did you mean `gpt-4o`?"),
        ("q/", "model `q/` is not served by this gateway"),
        ("r/gpt-4o-min", "did you mean `gpt-4o-mini`?"),
        ("模型 y", "did you mean `模型 x`?"),
        ("x" * 4096, "model `" + "x" * 4096 + "` is not served by this gateway"),
        ("higress/auto", "auto-routing is off, so model `higress/auto` is not served"),
        ("auto", "auto-routing is off, so model `auto` is not served; `aigw route default MODEL`"),
    ],
    ids=["near", "an id alone", "no id", "Chinese", "long", "higress/auto", "auto"],
)
def test_an_unknown_model_is_told_what_was_meant(
    edge: EdgeGateway, upstream: Upstream, asked: str, words: str
) -> None:
    reply = edge.chat(asked)
    assert openai_error(reply) == (404, INVALID, "model_not_found", "model")
    assert words in message(reply)
    assert reply.header("x-aigw-generation") == GENERATION
    assert upstream.received == []


@pytest.mark.parametrize("decided", ["gpt-4", "r/gpt-4o-min"])
def test_a_rule_for_a_model_that_nobody_serves_is_told_what_was_meant(
    edge: EdgeGateway, upstream: Upstream, decided: str
) -> None:
    edge.router.routing = AutoRouting(enabled=True, default=decided)
    reply = edge.chat("auto")
    assert openai_error(reply) == (404, INVALID, "model_not_found", "model")
    assert f"model `{decided}` is not served" in message(reply)
    assert "did you mean" in message(reply)
    assert reply.header("x-aigw-generation") == GENERATION
    assert upstream.received == []


def test_auto_without_a_default_says_how_to_set_one(edge: EdgeGateway) -> None:
    edge.router.routing = AutoRouting(enabled=True)
    reply = edge.chat("auto")
    assert openai_error(reply) == (404, INVALID, "model_not_found", "model")
    assert "no routing rule matches and there is no default model" in message(reply)


@pytest.mark.parametrize("model", ["gpt-4o", "auto", "q/x"])
def test_an_unknown_provider_that_is_insisted_on_is_not_found(
    edge: EdgeGateway, upstream: Upstream, model: str
) -> None:
    edge.router.routing = AutoRouting(enabled=True, default="gpt-4o")
    reply = edge.chat(model, {"x-aigw-provider": 'no"body'})
    assert openai_error(reply) == (404, INVALID, "provider_not_found", "x-aigw-provider")
    assert upstream.received == []


@pytest.mark.parametrize("path", [MESSAGES, COUNT])
@pytest.mark.parametrize(
    ("sent", "headers", "expected"),
    [
        (b"nonsense", {}, (400, INVALID)),
        (b'{"model":"unknown"}', {}, (404, "not_found_error")),
        (b'{"model":"m"}', {"x-aigw-provider": "nobody"}, (404, "not_found_error")),
        (gzip.compress(b'{"model":"m"}'), {"content-encoding": "gzip"}, (415, INVALID)),
        (b'{"model":"m"}', {"origin": "http://evil.example"}, (403, INVALID)),
    ],
    ids=["400", "404 model", "404 provider", "415", "403"],
)
def test_our_refusals_of_messages_have_the_shape_of_anthropic(
    edge: EdgeGateway, *, path: str, sent: bytes, headers: dict[str, str], expected: tuple[int, str]
) -> None:
    assert anthropic_error(edge.post(path, sent, headers)) == expected


def test_a_foreign_page_is_refused_and_one_of_this_machine_is_served(edge: EdgeGateway) -> None:
    assert edge.chat("m", {"origin": "http://evil.example"}).status == 403
    assert edge.chat("m", {"origin": "null"}).status == 403
    assert edge.chat("m", {"origin": "http://localhost:3000"}).status == 200


def test_health_and_models_are_answered_from_the_table(edge: EdgeGateway) -> None:
    assert edge.get("/health").json() == {
        "status": "ok",
        "generation": GENERATION,
        "providers": {name: {"name": "Any OpenAI-compatible endpoint"} for name in "pq"},
    }
    listed = [model["id"] for model in edge.get("/v1/models").json()["data"]]
    assert listed == LISTED
    for path in ("/health", "/v1/models", "/v1/models/gpt-4o"):
        assert edge.get(path).header("x-aigw-generation") == GENERATION
        with edge.open("HEAD", path) as response:
            assert (response.status, response.read()) == (200, b"")


@pytest.mark.parametrize(
    ("asked", "model"),
    [("gpt-4o?x=1", "gpt-4o"), ("%E6%A8%A1%E5%9E%8B%20x", "模型 x"), ("m", "m")],
)
def test_a_model_is_found_by_its_id(edge: EdgeGateway, asked: str, model: str) -> None:
    entry = {"id": model, "object": "model", "created": 0, "owned_by": "p"}
    assert edge.get(f"/v1/models/{asked}").json() == entry


def test_two_thousand_models_and_no_provider(upstream: Upstream, tmp_path: Path) -> None:
    names = [f"模型-{number}" for number in range(2000)]
    mapped = provider("p", upstream.url, models=["模型-*"], model_map=dict.fromkeys(names, "m"))
    spec = GatewaySpec(providers=(mapped,))
    with EdgeGateway(spec, tmp_path, upstream) as edge:
        assert [model["id"] for model in edge.get("/v1/models").json()["data"]] == names
        assert edge.get("/v1/models/%E6%A8%A1%E5%9E%8B-1999").status == 200
    with EdgeGateway(replace(spec, providers=()), tmp_path, upstream) as edge:
        assert edge.get("/health").json()["providers"] == {}
        assert edge.get("/v1/models").json()["data"] == []
        assert edge.chat("m").json()["error"]["code"] == "model_not_found"
