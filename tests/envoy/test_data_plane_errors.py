"""What the gateway refuses by itself, in the shape of the API that was asked."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from aigw.spec.gateway import GatewaySpec
from aigw.spec.routing import AutoRouting
from tests.envoy.client import Reply
from tests.envoy.errors import INVALID, anthropic_error, message, openai_error
from tests.envoy.gateway import Gateway, provider
from tests.envoy.upstream import Upstream

pytestmark = pytest.mark.envoy

CHAT, MESSAGES, COUNT = "/v1/chat/completions", "/v1/messages", "/v1/messages/count_tokens"


@pytest.fixture(scope="module")
def shared_gateway(
    shared_upstream: Upstream, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Gateway]:
    """A provider of chats and one of messages, and no model for everybody."""
    providers = [
        provider(
            "chats",
            shared_upstream.url,
            type="mistral",
            models=["gpt-4o", "gpt-4o-mini", "o3*", "模型"],
        ),
        provider("claude", shared_upstream.url, type="claude", models=["claude-*"]),
    ]
    with Gateway(providers, tmp_path_factory.mktemp("gateway")) as gateway:
        yield gateway


@pytest.mark.parametrize(
    ("method", "path", "expected"),
    [
        ("GET", "/v1/nope", (404, INVALID, "unknown_url", None)),
        ("POST", "/v1/nope", (404, INVALID, "unknown_url", None)),
        ("POST", "/v1/chat/completions/", (404, INVALID, "unknown_url", None)),
        ("POST", "/v1//chat/completions", (404, INVALID, "unknown_url", None)),
        ("POST", '/v1/x"\\', (404, INVALID, "unknown_url", None)),
        ("POST", "/chat/completions", (404, INVALID, "unknown_url", None)),
        ("GET", "/", (404, INVALID, "unknown_url", None)),
        ("GET", "/v1", (404, INVALID, "unknown_url", None)),
        ("GET", CHAT, (405, INVALID, "method_not_allowed", None)),
        ("PUT", CHAT, (405, INVALID, "method_not_allowed", None)),
        ("OPTIONS", "/v1/embeddings", (405, INVALID, "method_not_allowed", None)),
        ("POST", "/v1/models", (405, INVALID, "method_not_allowed", None)),
        ("DELETE", "/v1/models/gpt-4o", (405, INVALID, "method_not_allowed", None)),
        ("POST", "/health", (405, INVALID, "method_not_allowed", None)),
        ("GET", "/v1/models/gpt-5", (404, INVALID, "model_not_found", "model")),
    ],
)
def test_what_is_not_there_is_said_in_the_shape_of_openai(
    gateway: Gateway, method: str, path: str, expected: tuple[int, str, str, str | None]
) -> None:
    with gateway.open(method, path, b'{"model":"gpt-4o"}' if method != "GET" else None) as response:
        status, headers, body = response.status, response.getheaders(), response.read()
    reply = Reply(status=status, headers=tuple(headers), body=body)
    assert openai_error(reply) == expected
    assert reply.header("x-aigw-generation") == "abc123def456"


def test_a_wrong_method_is_told_the_right_one(gateway: Gateway) -> None:
    assert gateway.get(CHAT).header("allow") == "POST"
    assert gateway.post("/health", b"").header("allow") == "GET"


@pytest.mark.parametrize(
    ("asked", "words"),
    [
        ("gpt-4", "model `gpt-4` is not served by this gateway; did you mean `gpt-4o`?"),
        ("GPT-4O", "model `GPT-4O` is not served by this gateway; did you mean `gpt-4o`"),
        ("gpt-4o-mino", "did you mean `gpt-4o-mini`"),
        ("llama", "model `llama` is not served by this gateway"),
        ("模形", "model `模形` is not served by this gateway; did you mean `模型`?"),
        ("x" * 4096, "model `" + "x" * 4096 + "` is not served by this gateway"),
        (
            "higress/auto",
            "auto-routing is off, so model `higress/auto` is not served; `aigw route default",
        ),
        ("auto", "auto-routing is off, so model `auto` is not served; `aigw route default MODEL`"),
    ],
    ids=["near", "other case", "a slip", "nothing near", "Chinese", "long", "higress/auto", "auto"],
)
def test_an_unknown_model_is_told_what_was_meant(gateway: Gateway, asked: str, words: str) -> None:
    reply = gateway.chat(asked)
    assert openai_error(reply) == (404, INVALID, "model_not_found", "model")
    assert words in message(reply)


def test_auto_without_a_default_says_how_to_set_one(upstream: Upstream, tmp_path: Path) -> None:
    spec = GatewaySpec(
        providers=(provider("p", upstream.url),), auto_routing=AutoRouting(enabled=True)
    )
    with Gateway(spec, tmp_path) as gateway:
        reply = gateway.chat("auto")
    assert openai_error(reply) == (404, INVALID, "model_not_found", "model")
    assert "aigw route default MODEL" in message(reply)


def test_an_unknown_provider_that_is_insisted_on_is_not_found(gateway: Gateway) -> None:
    reply = gateway.chat("gpt-4o", {"x-aigw-provider": 'no"body'})
    assert openai_error(reply) == (404, INVALID, "provider_not_found", "x-aigw-provider")
    assert 'no"body' in message(reply)


@pytest.mark.parametrize(
    ("path", "model", "words"),
    [
        (
            MESSAGES,
            "gpt-4o",
            "provider `chats` has no endpoint for this; these providers have one: claude",
        ),
        (
            COUNT,
            "o3",
            "provider `chats` has no endpoint for this; these providers have one: claude",
        ),
        (
            "/v1/embeddings",
            "claude-x",
            "provider `claude` has no endpoint for this; these providers have one: chats",
        ),
        ("/v1/rerank", "claude-x", "no provider of this gateway has one"),
    ],
)
def test_an_endpoint_that_the_provider_lacks_names_who_has_it(
    gateway: Gateway, upstream: Upstream, *, path: str, model: str, words: str
) -> None:
    reply = gateway.post(path, {"model": model})
    if path.startswith(MESSAGES):
        assert anthropic_error(reply) == (501, "api_error")
    else:
        assert openai_error(reply) == (501, "server_error", "unsupported_endpoint", None)
    assert words in message(reply)
    assert upstream.received == []


def too_large() -> bytes:
    return b'{"model":"claude-x","x":"' + b"a" * (32 * 1024 * 1024) + b'"}'


@pytest.mark.parametrize(
    ("body", "headers", "expected"),
    [
        (b"nonsense", {}, (400, INVALID)),
        (b'{"model":"unknown"}', {}, (404, "not_found_error")),
        (b'{"model":"claude-x"}', {"x-aigw-provider": "nobody"}, (404, "not_found_error")),
        (b'{"model":"claude-x"}', {"content-encoding": "gzip"}, (415, INVALID)),
        (too_large(), {}, (413, "request_too_large")),
    ],
    ids=["400", "404 model", "404 provider", "415", "413"],
)
@pytest.mark.parametrize("path", [MESSAGES, COUNT])
def test_our_refusals_of_messages_have_the_shape_of_anthropic(
    gateway: Gateway, *, path: str, body: bytes, headers: dict[str, str], expected: tuple[int, str]
) -> None:
    assert anthropic_error(gateway.post(path, body, headers)) == expected


def test_too_many_headers_are_refused_in_the_shape_of_openai(gateway: Gateway) -> None:
    reply = gateway.chat("gpt-4o", {"x-padding": "a" * 70_000})
    assert openai_error(reply) == (431, INVALID, "headers_too_large", None)
