"""Answers pass byte for byte and at once; tokens are read from them on the way."""

import json
import threading
from collections.abc import Iterator
from http.client import HTTPResponse
from typing import Any

import pytest

from tests.envoy.gateway import Gateway, provider, wait_for
from tests.envoy.upstream import CHAT, PATIENCE, Answer, Upstream, event, json_answer, sse_answer

pytestmark = pytest.mark.envoy

PATH = "/v1/chat/completions"
DONE = b"data: [DONE]\n\n"
USAGE = {"prompt_tokens": 19, "completion_tokens": 10, "total_tokens": 29}
USAGE_EVENT = event({"id": "c", "choices": [], "usage": USAGE})
TOKENS = {"input": 19, "output": 10}
INJECTED = b'"stream_options":{"include_usage":true},'


@pytest.fixture(scope="module")
def shared_gateway(
    shared_upstream: Upstream, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Gateway]:
    """A provider that is asked for usage in streams, one that is not, and one of messages."""
    url = shared_upstream.url
    providers = [
        provider("asked", url, type="openai", models=["asked*"], model_map={"asked-x": "y"}),
        provider("plain", url, type="mistral", models=["plain"]),
        provider("claude", url, type="claude", models=["claude-x"]),
    ]
    with Gateway(providers, tmp_path_factory.mktemp("gateway")) as gateway:
        yield gateway


def delta(words: str) -> bytes:
    return event({"id": "c", "choices": [{"index": 0, "delta": {"content": words}}], "usage": None})


def logged(gateway: Gateway, request_id: str) -> dict[str, Any]:
    """The line of the access log about one request."""

    def line() -> dict[str, Any] | None:
        return next((each for each in gateway.lines(1) if each["request_id"] == request_id), None)

    return wait_for(line, what=lambda: f"{request_id} was not logged")


def piece(response: HTTPResponse) -> bytes:
    """What has come of the next event, up to its blank line."""
    text = b""
    while not text.endswith(b"\n\n"):
        line = response.readline()
        if not line:
            break
        text += line
    return text


@pytest.mark.parametrize("model", ["asked", "plain"])
def test_each_event_passes_before_the_next_one_is_sent(
    gateway: Gateway, upstream: Upstream, model: str
) -> None:
    gates = [threading.Event() for _ in range(3)]
    words = [delta(str(number)) for number in range(4)]
    upstream.answers(
        sse_answer(words[0], gates[0], words[1], gates[1], words[2], gates[2], words[3])
    )
    body = json.dumps({"model": model, "stream": True}).encode()
    with gateway.open("POST", PATH, body) as response:
        for gate, expected in zip(gates, words, strict=False):
            assert piece(response) == expected
            gate.set()
        assert response.read() == words[3]


def test_the_head_of_a_stream_passes_before_its_first_event(
    gateway: Gateway, upstream: Upstream
) -> None:
    gate = threading.Event()
    upstream.answers(sse_answer(gate, DONE))
    body = json.dumps({"model": "asked", "stream": True}).encode()
    with gateway.open("POST", PATH, body) as response:
        assert response.getheader("x-aigw-provider") == "asked"
        gate.set()
        assert response.read() == DONE


STREAMS: dict[str, list[bytes]] = {
    "events": [delta("a"), delta("b"), USAGE_EVENT, DONE],
    "one chunk": [delta("a") + delta("b") + USAGE_EVENT + DONE],
    "single bytes": [bytes([octet]) for octet in delta("a") + USAGE_EVENT + DONE],
    "cut anywhere": [(delta("a") + USAGE_EVENT)[:50], (delta("a") + USAGE_EVENT)[50:], DONE],
    "CRLF": [(delta("a") + USAGE_EVENT + DONE).replace(b"\n", b"\r\n")],
    "comments": [b": hi\n\n", b"event: x\nid: 1\ndata: y\n\n", USAGE_EVENT, DONE],
    "no end": [delta("a"), USAGE_EVENT, b"data: [DONE]"],
    "not JSON": [b"\x00\xff\xfe data", b"\n\n", USAGE_EVENT],
    "a long event": [delta("x" * 200_000), USAGE_EVENT, DONE],
}


@pytest.mark.parametrize("chunks", STREAMS.values(), ids=STREAMS.keys())
def test_a_stream_passes_byte_for_byte(
    gateway: Gateway, upstream: Upstream, chunks: list[bytes]
) -> None:
    upstream.answers(sse_answer(*chunks))
    asked = gateway.chat("asked", stream=True, stream_options={"include_usage": True})
    plain = gateway.chat("plain", stream=True)
    assert asked.body == plain.body == b"".join(chunks)
    for reply in (asked, plain):
        assert logged(gateway, reply.header("x-request-id") or "")["usage"] == TOKENS


@pytest.mark.parametrize("chunks", STREAMS.values(), ids=STREAMS.keys())
def test_the_usage_that_only_we_asked_for_is_logged_and_hidden(
    gateway: Gateway, upstream: Upstream, chunks: list[bytes]
) -> None:
    upstream.answers(sse_answer(*chunks))
    reply = gateway.chat("asked", stream=True)
    usage_event = USAGE_EVENT.replace(b"\n", b"\r\n") if b"\r" in chunks[0] else USAGE_EVENT
    assert reply.body == b"".join(chunks).replace(usage_event, b"")
    line = logged(gateway, reply.header("x-request-id") or "")
    assert (line["usage"], line["stream"]) == (TOKENS, "text/event-stream")


def test_usage_beside_an_answer_is_not_hidden(gateway: Gateway, upstream: Upstream) -> None:
    last = event({"choices": [{"delta": {}, "finish_reason": "stop"}], "usage": USAGE})
    upstream.answers(sse_answer(delta("a"), last, DONE))
    assert gateway.chat("asked", stream=True).body == delta("a") + last + DONE


QUIET: dict[str, tuple[str, bytes]] = {
    "options of the client's own": (
        PATH,
        b'{"model":"asked","stream":true,"stream_options":{"x":1}}',
    ),
    "empty options": (PATH, b'{"model":"asked","stream":true,"stream_options":null}'),
    "no stream": (PATH, b'{"model":"asked","stream":false}'),
    "stream is a word": (PATH, b'{"model":"asked","stream":"true"}'),
    "a type that needs no asking": (PATH, b'{"model":"plain","stream":true}'),
    "responses": ("/v1/responses", b'{"model":"asked","stream":true}'),
    "messages": ("/v1/messages", b'{"model":"claude-x","stream":true}'),
}


@pytest.mark.parametrize(("path", "body"), QUIET.values(), ids=QUIET.keys())
def test_nobody_is_asked_for_usage_without_need(
    gateway: Gateway, upstream: Upstream, path: str, body: bytes
) -> None:
    assert gateway.post(path, body).status == 200
    assert upstream.only().body == body


ASKED = {
    b'{"model":"asked","stream":true}': b'{%s"model":"asked","stream":true}',
    b' {\n "stream":true, "seed":1.0, "model" : "asked"}\n': (
        b' {%s\n "stream":true, "seed":1.0, "model" : "asked"}\n'
    ),
    b'{"stream":true,"model":"ask\\u0065d","x":"\\u0041"}': (
        b'{%s"stream":true,"model":"asked","x":"\\u0041"}'
    ),
    b'{"stream":true,"model":"asked-x","x":2}': b'{%s"stream":true,"model":"y","x":2}',
    b'{"x":{"model":"asked-x"},"model":"ask\\u0065d-x","stream":true}': (
        b'{%s"x":{"model":"asked-x"},"model":"y","stream":true}'
    ),
}


@pytest.mark.parametrize(
    ("sent", "expected"),
    ASKED.items(),
    ids=["plain", "blanks", "escaped", "another name", "escaped with another name"],
)
def test_a_provider_that_needs_it_is_asked_for_usage_and_all_else_stays(
    gateway: Gateway, upstream: Upstream, sent: bytes, expected: bytes
) -> None:
    gateway.post(PATH, sent)
    assert upstream.only().body == expected % INJECTED
    assert upstream.only().values("content-length") == [str(len(upstream.only().body))]


ANSWERS: dict[str, tuple[dict[str, Any], dict[str, int] | None]] = {
    "usage last": (CHAT, {"input": 11, "output": 7}),
    "usage first": ({"usage": USAGE, "choices": ["x" * 100_000]}, TOKENS),
    "Moonshot's": ({"choices": [{"index": 0, "usage": USAGE}], "x": "y" * 9000}, TOKENS),
    "details": (
        {
            "usage": {
                **USAGE,
                "prompt_tokens_details": {"cached_tokens": 5},
                "completion_tokens_details": {"reasoning_tokens": 6},
            }
        },
        {**TOKENS, "cached": 5, "reasoning": 6},
    ),
    "none": ({"choices": []}, None),
}


@pytest.mark.parametrize(("tree", "tokens"), ANSWERS.values(), ids=ANSWERS.keys())
def test_a_json_answer_passes_byte_for_byte_and_its_tokens_are_logged(
    gateway: Gateway, upstream: Upstream, tree: dict[str, Any], tokens: dict[str, int] | None
) -> None:
    upstream.answers(json_answer(tree))
    reply = gateway.chat("plain")
    assert reply.body == json.dumps(tree, separators=(",", ":")).encode()
    assert reply.header("content-length") == str(len(reply.body))
    assert logged(gateway, reply.header("x-request-id") or "")["usage"] == tokens


def test_tokens_of_messages_are_logged(gateway: Gateway, upstream: Upstream) -> None:
    start = {"input_tokens": 25, "output_tokens": 1, "cache_read_input_tokens": 75}
    events = [
        event({"type": "message_start", "message": {"usage": start}}),
        event({"type": "content_block_delta", "delta": {"text": "hi"}}),
        event({"type": "message_delta", "usage": {"output_tokens": 15}}),
    ]
    upstream.answers(sse_answer(*events))
    reply = gateway.post("/v1/messages", {"model": "claude-x", "stream": True})
    assert reply.body == b"".join(events)
    line = logged(gateway, reply.header("x-request-id") or "")
    assert line["usage"] == {"input": 100, "output": 15, "cached": 75}


def test_an_answer_larger_than_any_buffer_passes(gateway: Gateway, upstream: Upstream) -> None:
    body = b'{"data":"' + b"a" * 40_000_000 + b'","usage":{"prompt_tokens":1}}'
    upstream.answers(Answer(body=body))
    reply = gateway.chat("plain")
    assert reply.body == body
    assert logged(gateway, reply.header("x-request-id") or "")["usage"] == {"input": 1}


@pytest.mark.parametrize(
    "body", [b"", b"\x00\xff", b"[1]", b"usage"], ids=["empty", "bytes", "list", "word"]
)
def test_any_answer_passes(gateway: Gateway, upstream: Upstream, body: bytes) -> None:
    upstream.answers(Answer(headers=(("content-type", "application/octet-stream"),), body=body))
    assert gateway.chat("plain").body == body


def test_a_client_that_goes_away_ends_the_providers_work(
    gateway: Gateway, upstream: Upstream
) -> None:
    never = threading.Event()
    upstream.answers(sse_answer(delta("a"), never))
    with gateway.open("POST", PATH, b'{"model":"plain","stream":true}') as response:
        assert piece(response) == delta("a")
    assert upstream.closed_early.wait(PATIENCE)


def test_two_hundred_streams_run_at_once(gateway: Gateway, upstream: Upstream) -> None:
    gate = threading.Event()
    upstream.answers(sse_answer(delta("a"), gate, USAGE_EVENT, DONE))
    body = b'{"model":"asked","stream":true}'
    streams = [gateway.open("POST", PATH, body) for _ in range(200)]
    responses = [stream.__enter__() for stream in streams]
    try:
        assert {piece(response) for response in responses} == {delta("a")}
        gate.set()
        assert {response.read() for response in responses} == {DONE}
    finally:
        gate.set()
        for stream in streams:
            stream.__exit__(None, None, None)
