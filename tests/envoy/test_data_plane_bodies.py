"""What happens to the body of a request: carried byte for byte, or refused with a reason."""

import gzip
import json
import socket
import time
from pathlib import Path

import pytest

from aigw.rendering.layout import Limits
from tests.envoy.bodies import CARRIED, CHAT, LIMIT, REFUSED, body, sized
from tests.envoy.gateway import Gateway, provider
from tests.envoy.upstream import PATIENCE, Upstream

pytestmark = pytest.mark.envoy


@pytest.mark.parametrize("sent", CARRIED.values(), ids=CARRIED.keys())
def test_a_body_arrives_byte_for_byte(gateway: Gateway, upstream: Upstream, sent: bytes) -> None:
    reply = gateway.post(CHAT, sent)
    assert reply.status == 200, reply.body
    assert upstream.only().body == sent
    assert upstream.only().values("content-length") == [str(len(sent))]


@pytest.mark.parametrize("sent", REFUSED.values(), ids=REFUSED.keys())
def test_a_body_that_cannot_be_judged_is_refused(
    gateway: Gateway, upstream: Upstream, sent: bytes
) -> None:
    reply = gateway.post(CHAT, sent)
    error = reply.json()["error"]
    assert reply.status == 400
    assert (error["type"], error["code"]) == ("invalid_request_error", "invalid_request_error")
    assert error["message"].startswith(("the request body ", "the model must ", "you must provide"))
    assert error["param"] == ("model" if " model " in error["message"] else None)
    assert upstream.received == []


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        (b"gpt\\u002d4o", "gpt-4o"),
        (b"\\u0067pt-4o", "gpt-4o"),
        (b"a\\/b", "a/b"),
        (b"\\u6a21\\u578b", "模型"),
        (b"\\ud83d\\ude00", "😀"),
    ],
    ids=["a hyphen", "a letter", "a slash", "Chinese", "a pair of surrogates"],
)
def test_a_harmless_escaped_model_is_written_out_plainly(
    gateway: Gateway, upstream: Upstream, written: bytes, meant: str
) -> None:
    reply = gateway.post(CHAT, b' {"seed":1, "model" : "' + written + b'" ,"x":"\\u0041"}\n')
    assert reply.status == 200
    assert upstream.only().body == (
        b' {"seed":1, "model" : "' + meant.encode() + b'" ,"x":"\\u0041"}\n'
    )
    assert upstream.only().values("content-length") == [str(len(upstream.only().body))]


def test_only_the_model_changes_where_the_provider_has_another_name_for_it(
    upstream: Upstream, tmp_path: Path
) -> None:
    mapped = provider("p", upstream.url, model_map={"m": 'qwen "max" 模型'})
    with Gateway([mapped], tmp_path) as gateway:
        gateway.post(
            CHAT, b'{ "seed":9007199254740993,"x":{"model":"m"}, "model" : "m","y":"\\u0041"}'
        )
    assert (
        upstream.only().body
        == (
            '{ "seed":9007199254740993,"x":{"model":"m"},'
            ' "model" : "qwen \\u0022max\\u0022 模型","y":"\\u0041"}'
        ).encode()
    )


@pytest.mark.parametrize("content_type", ["text/plain", "application/JSON", "", "multipart/mixed"])
def test_the_body_is_json_whatever_its_content_type(
    gateway: Gateway, upstream: Upstream, content_type: str
) -> None:
    assert gateway.post(CHAT, body(), {"content-type": content_type}).status == 200
    assert upstream.only().body == body()


def test_one_byte_over_the_limit_is_too_large(gateway: Gateway, upstream: Upstream) -> None:
    reply = gateway.post(CHAT, sized(LIMIT + 1))
    assert reply.status == 413
    assert reply.json()["error"]["code"] == "request_too_large"
    assert reply.header("x-aigw-generation") is not None
    assert upstream.received == []


@pytest.mark.parametrize("encoding", ["gzip", "GZIP", "br", "zstd", "deflate", "identity, gzip"])
def test_a_compressed_body_is_refused(gateway: Gateway, upstream: Upstream, encoding: str) -> None:
    reply = gateway.post(CHAT, gzip.compress(body()), {"content-encoding": encoding})
    assert reply.status == 415
    assert reply.json()["error"]["code"] == "unsupported_content_encoding"
    assert upstream.received == []


@pytest.mark.parametrize("encoding", ["identity", "Identity"])
def test_the_encoding_that_is_none_is_taken(
    gateway: Gateway, upstream: Upstream, encoding: str
) -> None:
    assert gateway.post(CHAT, body(), {"content-encoding": encoding}).status == 200
    assert upstream.only().body == body()


def test_a_chunked_body_arrives_whole(gateway: Gateway, upstream: Upstream) -> None:
    pieces = [b'{"mo', b'del":"', b"m", b'","messages":[]}']
    with gateway.connect() as connection:
        connection.sendall(
            f"POST {CHAT} HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n\r\n".encode()
        )
        for piece in pieces:
            connection.sendall(b"%x\r\n%s\r\n" % (len(piece), piece))
        connection.sendall(b"0\r\n\r\n")
        assert connection.recv(100).startswith(b"HTTP/1.1 200")
    assert upstream.only().body == b"".join(pieces)


MALFORMED = {
    "a length shorter than the body": (b"content-length: 5", b'{"model":"m"}'),
    "two lengths": (b"content-length: 13\r\ncontent-length: 14", b'{"model":"m"}'),
    "a length that is no number": (b"content-length: x", b'{"model":"m"}'),
    "a length and chunks": (
        b"content-length: 13\r\ntransfer-encoding: chunked",
        b'd\r\n{"model":"m"}\r\n0\r\n\r\n',
    ),
    "chunks without sizes": (b"transfer-encoding: chunked", b'{"model":"m"}\r\n'),
}


@pytest.mark.parametrize(("header", "sent"), MALFORMED.values(), ids=MALFORMED.keys())
def test_a_body_of_another_length_than_told_is_refused(
    gateway: Gateway, upstream: Upstream, header: bytes, sent: bytes
) -> None:
    with gateway.connect() as connection:
        connection.sendall(
            b"POST %s HTTP/1.1\r\nhost: x\r\n%s\r\n\r\n%s" % (CHAT.encode(), header, sent)
        )
        assert connection.recv(100).startswith(b"HTTP/1.1 400")
    assert upstream.received == []


def test_a_body_that_ends_too_early_reaches_nobody(gateway: Gateway, upstream: Upstream) -> None:
    with gateway.connect() as connection:
        connection.sendall(
            f"POST {CHAT} HTTP/1.1\r\nhost: x\r\ncontent-length: 90\r\n\r\n".encode() + body()
        )
        connection.shutdown(socket.SHUT_WR)
        assert connection.recv(100) == b""
    assert upstream.received == []


def test_half_a_body_and_then_silence_is_ended(upstream: Upstream, tmp_path: Path) -> None:
    with (
        Gateway([provider("p", upstream.url)], tmp_path, limits=Limits(body_silence=1)) as gateway,
        gateway.connect() as connection,
    ):
        begun = time.monotonic()
        connection.sendall(
            f"POST {CHAT} HTTP/1.1\r\nhost: x\r\ncontent-length: 90\r\n\r\n".encode() + body()
        )
        answer = connection.recv(10_000)
        assert answer.startswith(b"HTTP/1.1 408")
        assert json.loads(answer.partition(b"\r\n\r\n")[2])["error"]["code"] == "request_timeout"
        assert time.monotonic() - begun < PATIENCE
    assert upstream.received == []


def test_a_thousand_idle_connections_leave_room_for_a_request(
    gateway: Gateway, upstream: Upstream
) -> None:
    idle = [gateway.connect() for _ in range(1000)]
    try:
        assert gateway.chat("m").status == 200
        for connection in (idle[0], idle[-1]):
            connection.sendall(b"GET /health HTTP/1.1\r\nhost: x\r\n\r\n")
            assert connection.recv(100).startswith(b"HTTP/1.1 200")
    finally:
        for connection in idle:
            connection.close()
    assert len(upstream.received) == 1
