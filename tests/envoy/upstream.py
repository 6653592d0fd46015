"""A strict provider on loopback that records every request exactly and answers as it is told.

Use:

    authority = Authority()     # once a session: a CA, `authority.file` its PEM; close() it
    with Upstream() as plain:   # plain.url is http://127.0.0.1:PORT
    with Upstream(hosts=("api.openai.com",), authority=authority) as tls: # others refused
        tls.answers(json_answer({"ok": True}), Answer(status=500))   # one a request, the last stays
        tls.answers_by(lambda request: ...)                          # or by the request
        ...
        request = tls.last()    # method, path, headers, body, sni; request.json()
        assert request.values("authorization") == ["Bearer sk-1"]

An answer's body is bytes (sent with its length), or a sequence of steps (sent chunked): bytes, a
`threading.Event` to wait for, `CUT` (the connection is reset without an end).
`Answer(before=event)` holds the status line back, `hang_up` closes without one, `missing` closes
before the last bytes of the length that was told.
Without being told anything, it answers a small chat completion with usage 11/7.
What it refused (wrong Host, wrong SNI, bad HTTP) stands in `upstream.refused` and fails the test at
the end of the `with` block, unless the test takes it out with `refused.clear()`.
"""

import json
import socket
import socketserver
import ssl
import tempfile
import threading
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Final, Self

import trustme

from tests.envoy.wire import BadRequest, Headers, Received, is_gone, read_request, reset

PATIENCE = 20.0
"""Seconds after which a wait is a failure."""

CUT: Final = "cut"
"""A step of an answer: reset the connection here."""

Step = bytes | threading.Event | str

CHAT = {
    "id": "chatcmpl-1",
    "object": "chat.completion",
    "model": "stub",
    "choices": [
        {"index": 0, "message": {"role": "assistant", "content": "hello"}, "finish_reason": "stop"}
    ],
    "usage": {"prompt_tokens": 11, "completion_tokens": 7, "total_tokens": 18},
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What to say: see the module's docstring."""

    status: int = 200
    headers: Headers = (("content-type", "application/json"),)
    body: bytes | Sequence[Step] = b"{}"
    before: threading.Event | None = None
    hang_up: bool = False
    missing: int = 0


def json_answer(
    value: object, *, status: int = 200, headers: Mapping[str, str] | None = None
) -> Answer:
    """Answer with compact JSON."""
    more = tuple((headers or {}).items())
    return Answer(
        status=status,
        headers=(("content-type", "application/json"), *more),
        body=json.dumps(value, separators=(",", ":")).encode(),
    )


def sse_answer(*steps: Step) -> Answer:
    """Answer with a stream of server-sent events; each step of bytes is one chunk."""
    return Answer(headers=(("content-type", "text/event-stream"),), body=steps)


def event(value: object) -> bytes:
    """Write one server-sent event with JSON data, as OpenAI does."""
    return b"data: " + json.dumps(value, separators=(",", ":")).encode() + b"\n\n"


class Authority:
    """A certificate authority of this session; `file` holds its certificate to be trusted."""

    def __init__(self) -> None:
        self._ca = trustme.CA()
        self._folder = tempfile.TemporaryDirectory(prefix="aigw-test-ca-")
        self.file = Path(self._folder.name) / "ca.pem"
        self._ca.cert_pem.write_to_path(self.file)

    def close(self) -> None:
        """Remove the file."""
        self._folder.cleanup()

    def server_context(self, host: str) -> ssl.SSLContext:
        """Make the TLS context of a server with a certificate for that name alone."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self._ca.issue_cert(host).configure_cert(context)
        return context


class Upstream:
    """The provider; see the module's docstring."""

    def __init__(self, *, hosts: Iterable[str] = (), authority: Authority | None = None) -> None:
        self.hosts = frozenset(hosts)
        self.received: list[Received] = []
        self.refused: list[str] = []
        self.closed_early = threading.Event()
        self._lock = threading.Lock()
        self._choose: Callable[[Received], Answer] = lambda _: json_answer(CHAT)
        names = {host.split(":")[0] for host in self.hosts} if authority else ()
        self._tls = {name: authority.server_context(name) for name in names} if authority else {}
        self._server = _Server(self)
        self._thread = threading.Thread(
            target=self._server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True
        )

    @property
    def port(self) -> int:
        """The port on 127.0.0.1."""
        return int(self._server.server_address[1])

    @property
    def url(self) -> str:
        """The origin, without a path."""
        return f"{'https' if self._tls else 'http'}://127.0.0.1:{self.port}"

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._server.shutdown()
        self._server.server_close()
        if error is None:
            assert self.refused == []

    def answers(self, *answers: Answer) -> None:
        """Give these answers, one a request; the last one stays."""
        queue = list(answers)
        self._choose = lambda _: queue.pop(0) if len(queue) > 1 else queue[0]

    def answers_by(self, choose: Callable[[Received], Answer]) -> None:
        """Let a function of the request choose the answer."""
        self._choose = choose

    def reset(self) -> None:
        """Forget the requests so far, and answer as in the beginning."""
        self.received.clear()
        self.closed_early.clear()
        self._choose = lambda _: json_answer(CHAT)

    def last(self) -> Received:
        """Return the newest request; there must be one."""
        assert self.received, "nothing arrived upstream"
        return self.received[-1]

    def only(self) -> Received:
        """Return the one request that arrived."""
        assert len(self.received) == 1, [(each.method, each.path) for each in self.received]
        return self.received[0]

    def answer_for(self, request: Received) -> Answer:
        """Record a request and choose its answer."""
        with self._lock:
            self.received.append(request)
            return self._choose(request)

    def open(self, connection: socket.socket) -> tuple[socket.socket, str | None]:
        """Shake hands if this provider speaks TLS; return the connection and the name asked."""
        if not self._tls:
            return connection, None
        first = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        first.sni_callback = self._check_sni
        secure = first.wrap_socket(connection, server_side=True)
        return secure, getattr(secure, "asked_for", None)

    def check_host(self, request: Received) -> None:
        """Refuse a request that is meant for another host."""
        hosts = request.values("host")
        expected = self.hosts or {f"127.0.0.1:{self.port}", f"localhost:{self.port}"}
        if len(hosts) != 1 or hosts[0] not in expected:
            raise BadRequest(f"host {hosts} is not served here ({sorted(expected)})")
        if request.sni is not None and request.sni != hosts[0].split(":")[0]:
            raise BadRequest(f"host {hosts[0]} over a connection for {request.sni}")

    def _check_sni(
        self, secure: ssl.SSLSocket | ssl.SSLObject, name: str | None, _: ssl.SSLContext
    ) -> int | None:
        if name in self._tls:
            secure.context = self._tls[name]
            secure.asked_for = name  # type: ignore[union-attr]
            return None
        self.refused.append(f"SNI {name} is not served here")
        return ssl.ALERT_DESCRIPTION_UNRECOGNIZED_NAME


class _Server(socketserver.ThreadingTCPServer):
    allow_reuse_address = True
    daemon_threads = True
    block_on_close = False
    request_queue_size = 1024

    def __init__(self, upstream: Upstream) -> None:
        self.upstream = upstream
        super().__init__(("127.0.0.1", 0), _Connection)

    def handle_error(self, request: object, client_address: object) -> None:
        """Say nothing: a peer that goes away is part of many tests."""


class _Connection(socketserver.BaseRequestHandler):
    def handle(self) -> None:
        """Serve requests on one connection until it ends."""
        assert isinstance(self.server, _Server)
        upstream = self.server.upstream
        # Else each answer waits 40 ms for the acknowledgement of its head.
        self.request.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        connection, sni = upstream.open(self.request)
        with connection, connection.makefile("rb") as stream:
            try:
                while (request := read_request(stream, sni)) is not None:
                    upstream.check_host(request)
                    _Reply(upstream, connection, request).send()
            except BadRequest as error:
                upstream.refused.append(str(error))
                connection.sendall(b"HTTP/1.1 421 Misdirected\r\ncontent-length: 0\r\n\r\n")


@dataclass
class _Reply:
    upstream: Upstream
    connection: socket.socket
    request: Received
    answer: Answer = field(init=False)

    def __post_init__(self) -> None:
        self.answer = self.upstream.answer_for(self.request)

    def send(self) -> None:
        """Send the whole answer; a peer that has gone is noted in `closed_early`."""
        try:
            if self.answer.before:
                self._wait(self.answer.before)
            if self.answer.hang_up:
                raise ConnectionAbortedError
            self._send_head()
            if isinstance(self.answer.body, bytes):
                self.connection.sendall(self.answer.body)
                if self.answer.missing:
                    raise ConnectionAbortedError
            else:
                self._send_steps(self.answer.body)
        except OSError:
            self.upstream.closed_early.set()
            raise

    def _send_head(self) -> None:
        body = self.answer.body
        framing = ("transfer-encoding", "chunked")
        if isinstance(body, bytes):
            framing = ("content-length", str(len(body) + self.answer.missing))
        lines = [f"HTTP/1.1 {self.answer.status} Status"]
        lines += [f"{name}: {value}" for name, value in (*self.answer.headers, framing)]
        self.connection.sendall(("\r\n".join(lines) + "\r\n\r\n").encode("latin-1"))

    def _send_steps(self, steps: Iterable[Step]) -> None:
        for step in steps:
            if isinstance(step, threading.Event):
                self._wait(step)
            elif isinstance(step, bytes):
                self.connection.sendall(b"%x\r\n%s\r\n" % (len(step), step))
            else:
                reset(self.connection)
                raise ConnectionResetError
        self.connection.sendall(b"0\r\n\r\n")

    def _wait(self, gate: threading.Event) -> None:
        """Wait for the test, or for the peer to go away."""
        deadline = time.monotonic() + PATIENCE
        while not gate.wait(0.01):
            if time.monotonic() > deadline or is_gone(self.connection):
                raise ConnectionAbortedError
