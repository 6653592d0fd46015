"""What becomes of a provider's errors, silences and broken connections."""

import json
import socket
import threading
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from aigw.rendering.layout import Limits
from tests.envoy.errors import anthropic_error, message, openai_error
from tests.envoy.gateway import Gateway, provider, reach
from tests.envoy.upstream import (
    CUT,
    Answer,
    Authority,
    Upstream,
    event,
    json_answer,
    sse_answer,
)
from tests.envoy.wire import Headers

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


PASSED: dict[str, Answer] = {
    "400": json_answer({"error": {"message": "bad temperature"}}, status=400),
    "404": json_answer({"error": {"message": "no such model"}}, status=404),
    "413": Answer(status=413, headers=(("content-type", "text/html"),), body=b"<h1>413</h1>"),
    "422": json_answer({"detail": [1]}, status=422),
    "429": json_answer({"error": {"code": "slow"}}, status=429, headers={"retry-after": "17"}),
    "500": Answer(status=500, headers=(("content-type", "text/plain"),), body=b"oops"),
    "502": Answer(status=502, body=b"bad"),
    "503": json_answer({"error": {"code": "busy"}}, status=503, headers={"retry-after": "2"}),
    "504": Answer(status=504, body=b""),
    "529": json_answer({"type": "error", "error": {"type": "overloaded_error"}}, status=529),
}


@pytest.mark.parametrize("answer", PASSED.values(), ids=PASSED.keys())
@pytest.mark.parametrize(("path", "model"), [(CHAT, "gpt-4o"), (MESSAGES, "claude-x")])
def test_what_a_provider_says_is_passed_on(
    gateway: Gateway, upstream: Upstream, *, answer: Answer, path: str, model: str
) -> None:
    upstream.answers(answer)
    reply = gateway.post(path, {"model": model})
    assert (reply.status, reply.body) == (answer.status, answer.body)
    for name, value in answer.headers:
        assert reply.header(name) == value
    assert len(upstream.received) == 1


REJECTED: dict[str, Answer] = {
    "401 as JSON": json_answer({"error": {"message": "Incorrect API key sk-chats"}}, status=401),
    "403 as JSON": json_answer({"error": "forbidden"}, status=403),
    "401 without a body": Answer(status=401, headers=(("www-authenticate", "Bearer"),), body=b""),
    "401 in chunks": Answer(status=401, body=(b'{"error":', b'"x"}')),
    "401 as a stream": Answer(
        status=401, headers=(("content-type", "text/event-stream"),), body=(event({"error": 1}),)
    ),
    "401 compressed": Answer(
        status=401,
        headers=(("content-encoding", "gzip"), ("retry-after", "9")),
        body=b"\x1f\x8b\x00",
    ),
}


@pytest.mark.parametrize("answer", REJECTED.values(), ids=REJECTED.keys())
def test_a_key_that_the_provider_refuses_is_our_fault_and_not_the_clients(
    gateway: Gateway, upstream: Upstream, answer: Answer
) -> None:
    upstream.answers(answer)
    reply = gateway.chat("gpt-4o")
    assert openai_error(reply) == (502, "server_error", "provider_auth_failed", None)
    assert "`chats`" in message(reply)
    assert reply.header("x-aigw-provider") == "chats"
    for gone in ("www-authenticate", "content-encoding", "retry-after"):
        assert reply.header(gone) is None
    assert b"sk-chats" not in reply.body
    upstream.answers(json_answer({}))
    assert gateway.chat("gpt-4o").status == 200


@pytest.mark.parametrize("path", [MESSAGES, COUNT])
@pytest.mark.parametrize("status", [401, 403])
def test_a_refused_key_is_told_anthropic_clients_in_their_shape(
    gateway: Gateway, upstream: Upstream, path: str, status: int
) -> None:
    upstream.answers(Answer(status=status, body=b'{"type":"error"}'))
    reply = gateway.post(path, {"model": "claude-x"})
    assert anthropic_error(reply) == (502, "api_error")
    assert "`claude`" in message(reply)


def closed_port() -> str:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return f"http://127.0.0.1:{taken.getsockname()[1]}"


@pytest.mark.parametrize(
    "url",
    [closed_port(), "http://provider.invalid", "https://provider.invalid/v1"],
    ids=["refused", "unknown name", "unknown name with TLS"],
)
def test_a_provider_that_cannot_be_reached_is_502(
    authority: Authority, tmp_path: Path, url: str
) -> None:
    providers = [
        provider("p", url, models=["m"]),
        provider("c", url, type="claude", models=["c"]),
    ]
    with Gateway(providers, tmp_path, ca_file=authority.file) as gateway:
        reply = gateway.chat("m")
        assert openai_error(reply) == (502, "server_error", "provider_unreachable", None)
        assert "provider `p` " in message(reply)
        assert reply.header("x-aigw-provider") == "p"
        assert reply.header("x-aigw-generation") == "abc123def456"
        assert reply.header("x-request-id")
        assert anthropic_error(gateway.post(MESSAGES, {"model": "c"})) == (502, "api_error")


def test_a_provider_that_hangs_up_before_it_answers_is_502(
    gateway: Gateway, upstream: Upstream
) -> None:
    upstream.answers(Answer(hang_up=True))
    reply = gateway.chat("gpt-4o")
    assert openai_error(reply) == (502, "server_error", "provider_unreachable", None)
    assert reply.header("x-aigw-provider") == "chats"
    assert anthropic_error(gateway.post(MESSAGES, {"model": "claude-x"})) == (502, "api_error")


@pytest.mark.parametrize("trusted", [True, False], ids=["another name", "unknown authority"])
def test_a_provider_with_a_certificate_of_its_own_making_is_502(
    authority: Authority, tmp_path: Path, *, trusted: bool
) -> None:
    host = "other.test" if trusted else "provider.test"
    with (
        closing(Authority()) as strangers,
        Upstream(hosts=(host,), authority=authority if trusted else strangers) as false,
        Gateway(
            [provider("p", "https://provider.test")],
            tmp_path,
            ca_file=authority.file,
            change=reach(false),
        ) as gateway,
    ):
        reply = gateway.chat("m")
        line = gateway.lines(1)[-1]
        false.refused.clear()
    assert openai_error(reply) == (502, "server_error", "provider_unreachable", None)
    assert "TLS" in line["failure"]
    assert false.received == []


def test_a_provider_that_thinks_too_long_is_504(upstream: Upstream, tmp_path: Path) -> None:
    never = threading.Event()
    upstream.answers(Answer(before=never))
    providers = [
        provider("p", upstream.url, models=["m"]),
        provider("c", upstream.url, type="claude", models=["c"]),
    ]
    with Gateway(providers, tmp_path, limits=Limits(first_byte=1)) as gateway:
        reply = gateway.chat("m")
        assert openai_error(reply) == (504, "server_error", "provider_timeout", None)
        assert "provider `p` " in message(reply)
        assert anthropic_error(gateway.post(MESSAGES, {"model": "c"})) == (504, "timeout_error")
    never.set()


def test_a_failed_provider_is_asked_once(upstream: Upstream, tmp_path: Path) -> None:
    upstream.answers(Answer(hang_up=True))
    with Gateway([provider("p", upstream.url)], tmp_path) as gateway:
        gateway.chat("m")
    assert len(upstream.received) == 1


CUTS: dict[str, tuple[Headers, tuple[bytes | str, ...]]] = {
    "a stream": ((("content-type", "text/event-stream"),), (event({"a": 1}), CUT)),
    "a stream within an event": ((("content-type", "text/event-stream"),), (b'data: {"a":', CUT)),
    "JSON": ((("content-type", "application/json"),), (b'{"choices":[', CUT)),
}


@pytest.mark.parametrize(("headers", "steps"), CUTS.values(), ids=CUTS.keys())
def test_an_answer_that_is_cut_ends_abnormally(
    gateway: Gateway, upstream: Upstream, headers: Headers, steps: tuple[bytes | str, ...]
) -> None:
    upstream.answers(Answer(headers=headers, body=steps))
    with gateway.connect() as connection:
        body = b'{"model":"gpt-4o","stream":true}'
        head = f"POST {CHAT} HTTP/1.1\r\nhost: x\r\ncontent-length: {len(body)}\r\n\r\n"
        connection.sendall(head.encode() + body)
        answer = b""
        try:
            while more := connection.recv(4096):
                answer += more
        except ConnectionResetError:
            pass
    assert answer.startswith(b"HTTP/1.1 200")
    assert not answer.endswith(b"0\r\n\r\n")


def test_an_answer_shorter_than_it_told_ends_abnormally(
    gateway: Gateway, upstream: Upstream
) -> None:
    upstream.answers(Answer(headers=(("content-type", "application/json"),), body=b"{}", missing=5))
    with gateway.connect() as connection:
        body = b'{"model":"gpt-4o"}'
        head = f"POST {CHAT} HTTP/1.1\r\nhost: x\r\ncontent-length: {len(body)}\r\n\r\n"
        connection.sendall(head.encode() + body)
        answer = b""
        while more := connection.recv(4096):
            answer += more
    assert b"content-length: 7" in answer
    assert answer.endswith(b"{}")


def test_a_cut_stream_is_logged_as_failed(upstream: Upstream, tmp_path: Path) -> None:
    upstream.answers(sse_answer(event({"a": 1}), CUT))
    with Gateway([provider("p", upstream.url)], tmp_path) as gateway:
        with gateway.open(
            "POST", CHAT, json.dumps({"model": "m", "stream": True}).encode()
        ) as answer:
            answer.readline()
            with pytest.raises(Exception, match=r"IncompleteRead|reset"):
                answer.read()
        line = gateway.lines(1)[-1]
    assert line["status"] == 200
    assert line["flags"] != "-"
    assert line["details"].startswith("upstream_reset_after_response_started")
