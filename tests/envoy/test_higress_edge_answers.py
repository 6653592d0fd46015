"""What comes back through Higress's engine: a provider's bytes and our headers, or our words."""

import threading
from collections.abc import Iterator
from contextlib import closing

import pytest

from aigw.spec.gateway import GatewaySpec
from tests.envoy.edge import EdgeGateway
from tests.envoy.errors import INVALID, anthropic_error, message, openai_error
from tests.envoy.gateway import GENERATION, provider
from tests.envoy.router import rules
from tests.envoy.upstream import CHAT, Answer, Upstream, event, json_answer, sse_answer

pytestmark = pytest.mark.envoy

COMPLETIONS, MESSAGES = "/v1/chat/completions", "/v1/messages"


@pytest.fixture(scope="module")
def shared_edge(
    shared_upstream: Upstream, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[EdgeGateway]:
    """A provider `p` of everything, and some that ai-proxy treats otherwise."""
    names = {"p": ["*"], "broken": [], "odd": [], "query": [], "long-path": []}
    spec = GatewaySpec(
        providers=tuple(
            provider(name, shared_upstream.url, models=models) for name, models in names.items()
        ),
        auto_routing=rules(("deep", "p/deep-model")),
    )
    odd = {
        "broken": {"fails": "failed to process request headers: unsupported API name"},
        "odd": {"fails": "failed to process request body: sk-odd"},
        "query": {"key": "", "query": "?key=sk-query"},
        "long-path": {"prefix": "/compatible-mode"},
    }
    folder = tmp_path_factory.mktemp("edge")
    with EdgeGateway(spec, folder, shared_upstream, rules=odd) as edge:
        yield edge


@pytest.fixture
def edge(shared_edge: EdgeGateway, upstream: Upstream) -> EdgeGateway:
    """The module's gateway in front of `upstream`."""
    assert upstream.received == []
    return shared_edge


def test_an_answer_says_who_gave_it(edge: EdgeGateway) -> None:
    reply = edge.chat("auto")
    named = {name: reply.header(f"x-aigw-{name}") for name in ("provider", "model", "generation")}
    assert named == {"provider": "p", "model": "usual", "generation": GENERATION}
    assert reply.json() == CHAT


def test_a_provider_cannot_speak_for_the_gateway(edge: EdgeGateway, upstream: Upstream) -> None:
    theirs = {
        "x-ratelimit-remaining": "5",
        "set-cookie": "a=b",
        "alt-svc": "h3",
        "x-aigw-provider": "false",
        "x-aigw-model": "false",
        "x-aigw-rule": "false",
        "x-aigw-generation": "false",
    }
    upstream.answers(json_answer(CHAT, headers=theirs))
    reply = edge.chat("m")
    assert reply.header("x-ratelimit-remaining") == "5"
    for name in ("set-cookie", "alt-svc", "x-aigw-rule"):
        assert reply.header(name) is None
    named = {name: reply.header(f"x-aigw-{name}") for name in ("provider", "model", "generation")}
    assert named == {"provider": "p", "model": "m", "generation": GENERATION}


@pytest.mark.parametrize("model", ["m", "auto"])
def test_a_stream_flows_as_it_comes(edge: EdgeGateway, upstream: Upstream, model: str) -> None:
    first, second, release = event({"n": 1}), event({"n": 2}), threading.Event()
    upstream.answers(sse_answer(first, release, second, b"data: [DONE]\n\n"))
    sent = b'{"model":"' + model.encode() + b'","stream":true,"messages":[]}'
    with edge.open("POST", COMPLETIONS, sent, {"content-type": "application/json"}) as response:
        assert response.status == 200
        assert response.read(len(first)) == first
        release.set()
        assert response.read() == second + b"data: [DONE]\n\n"


@pytest.mark.parametrize("status", [400, 404, 413, 422, 429, 500, 529])
def test_what_a_provider_says_of_a_request_passes(
    edge: EdgeGateway, upstream: Upstream, status: int
) -> None:
    upstream.answers(json_answer({"error": {"x": 1}}, status=status, headers={"retry-after": "7"}))
    reply = edge.chat("m")
    assert (reply.status, reply.json()) == (status, {"error": {"x": 1}})
    assert reply.header("retry-after") == "7"


@pytest.mark.parametrize("status", [401, 403])
def test_a_provider_that_rejects_our_key_is_named(
    edge: EdgeGateway, upstream: Upstream, status: int
) -> None:
    theirs = Answer(status=status, headers=(("www-authenticate", "Bearer"),), body=b"sk-p is bad")
    upstream.answers(theirs)
    reply = edge.chat("m")
    assert openai_error(reply) == (502, "server_error", "provider_auth_failed", None)
    words = f"provider `p` refused our key ({status}); see `aigw config list`"
    assert message(reply) == words
    assert reply.header("www-authenticate") is None
    assert reply.header("x-aigw-provider") == "p"
    assert reply.header("content-length") == str(len(reply.body))
    assert anthropic_error(edge.post(MESSAGES, {"model": "m"})) == (502, "api_error")


def test_a_provider_that_hangs_up_is_named(edge: EdgeGateway, upstream: Upstream) -> None:
    upstream.answers(Answer(hang_up=True))
    reply = edge.chat("m")
    assert openai_error(reply) == (502, "server_error", "provider_unreachable", None)
    assert message(reply) == "provider `p` could not be reached or hung up"


def test_a_provider_may_say_503_in_plain_text(edge: EdgeGateway, upstream: Upstream) -> None:
    upstream.answers(Answer(status=503, headers=(("content-type", "text/plain"),), body=b"busy"))
    reply = edge.chat("m")
    assert (reply.status, reply.body) == (503, b"busy")


def test_an_endpoint_that_a_provider_lacks_is_said_in_our_words(
    edge: EdgeGateway, upstream: Upstream
) -> None:
    reply = edge.chat("broken/m")
    assert openai_error(reply) == (501, "server_error", "unsupported_endpoint", None)
    assert message(reply) == "provider `broken` has no endpoint for this"
    assert upstream.received == []


def test_what_else_a_plugin_says_of_a_request_is_not_repeated(edge: EdgeGateway) -> None:
    reply = edge.chat("odd/m")
    assert openai_error(reply) == (500, "server_error", "internal_error", None)
    assert "sk-odd" not in reply.body.decode()


PROBES = {
    "a name": ("m", "p", "ai-route-z-p.internal", "m"),
    "an id": ("p/m", "p", "ai-route-0-p.internal", "m"),
    "a rule": ("auto", "p", "ai-route-z-p.internal", "usual"),
    "a key in the query": ("query/m", "query", "ai-route-0-query.internal", "m"),
}


@pytest.mark.parametrize(("asked", "owner", "route", "model"), PROBES.values(), ids=PROBES.keys())
def test_a_probe_goes_all_the_way_but_out(
    edge: EdgeGateway, upstream: Upstream, *, asked: str, owner: str, route: str, model: str
) -> None:
    reply = edge.chat(asked, {"x-aigw-probe": "1"})
    assert reply.status == 200
    assert reply.json() == {
        "provider": owner,
        "route": route,
        "model": model,
        "authority": f"127.0.0.1:{upstream.port}",
        "path": COMPLETIONS,
        "authorized": True,
    }
    assert reply.header("x-aigw-generation") == GENERATION
    assert reply.header("x-aigw-provider") == owner
    assert upstream.received == []


def test_a_probe_tells_the_path_at_the_provider(edge: EdgeGateway) -> None:
    reply = edge.chat("long-path/m", {"x-aigw-probe": "1"})
    assert reply.json()["path"] == "/compatible-mode/v1/chat/completions"


def test_a_probe_of_nothing_is_refused_like_a_request(edge: EdgeGateway) -> None:
    reply = edge.chat("m", {"x-aigw-probe": "1", "x-aigw-provider": "nobody"})
    assert openai_error(reply) == (404, INVALID, "provider_not_found", "x-aigw-provider")


def test_requests_share_a_connection(edge: EdgeGateway, upstream: Upstream) -> None:
    sent = b'{"model":"auto","messages":[{"role":"user","content":"deep"}]}'
    head = f"POST {COMPLETIONS} HTTP/1.1\r\nhost: x\r\ncontent-length: {len(sent)}\r\n\r\n"
    whole = head.encode() + sent
    with closing(edge.connect()) as connection, connection.makefile("rb") as stream:
        for _ in range(3):
            connection.sendall(whole)
            assert stream.readline() == b"HTTP/1.1 200 OK\r\n"
            length = 0
            while (line := stream.readline()) != b"\r\n":
                name, _, value = line.partition(b":")
                length = int(value) if name == b"content-length" else length
            stream.read(length)
    assert [request.json()["model"] for request in upstream.received] == ["deep-model"] * 3
