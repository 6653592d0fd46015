"""The demo provider: a small service on a unix socket that answers without any key or model."""

import socket
import time
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from socketserver import ThreadingMixIn, UnixStreamServer
from threading import BoundedSemaphore, Thread
from types import TracebackType
from typing import Final, Self

from aigw.engines.demo import reply
from aigw.engines.demo.directions import HEADER
from aigw.engines.demo.reply import Reply

MOST_CONNECTIONS: Final = 512
LARGEST_BODY: Final = 64 * 1024 * 1024
_IDLE_SECONDS = 3600.0
_RETRY_AFTER = {HTTPStatus.TOO_MANY_REQUESTS: "1"}


class DemoService:
    """Open the socket on entering, so that nobody who asks is refused; answer from `start` on.

    `renew` is for a socket whose file was removed meanwhile.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._started = False

    def __enter__(self) -> Self:
        self._open()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._path.unlink(missing_ok=True)
        self._server.socket.close()

    def start(self) -> None:
        """Answer in the background, until the program ends."""
        Thread(target=self._server.serve_forever, daemon=True).start()
        self._started = True

    def renew(self) -> None:
        """Open the socket anew where its file is gone; who is being answered keeps the old one."""
        if self._path.is_socket():
            return
        if self._started:
            self._server.shutdown()
        self._server.socket.close()
        self._open()
        if self._started:
            self.start()

    def _open(self) -> None:
        self._path.unlink(missing_ok=True)
        self._server = _Server(str(self._path))
        self._path.chmod(0o600)


class _Server(ThreadingMixIn, UnixStreamServer):
    daemon_threads = True
    block_on_close = False
    request_queue_size = MOST_CONNECTIONS

    def __init__(self, path: str) -> None:
        self._slots = BoundedSemaphore(MOST_CONNECTIONS)
        super().__init__(path, _Connection)

    def process_request(
        self, request: socket.socket | tuple[bytes, socket.socket], client_address: object
    ) -> None:
        """Serve a connection as soon as there are fewer than we serve at once."""
        self._slots.acquire()
        super().process_request(request, client_address)

    def process_request_thread(
        self, request: socket.socket | tuple[bytes, socket.socket], client_address: object
    ) -> None:
        """Serve one connection to its end."""
        try:
            super().process_request_thread(request, client_address)
        finally:
            self._slots.release()

    def is_full(self) -> bool:
        """Say whether others may have to wait for those who are served."""
        if not self._slots.acquire(blocking=False):
            return True
        self._slots.release()
        return False

    def handle_error(self, request: object, client_address: object) -> None:
        """Say nothing: clients go away."""


class _Connection(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server_version = "aigw-demo"
    sys_version = ""
    # Longer than Envoy keeps a connection, so that it never finds one just closed.
    timeout = _IDLE_SECONDS

    def do_GET(self) -> None:
        """Answer a GET."""
        self._send(reply.get(self.path.partition("?")[0]))

    def do_POST(self) -> None:
        """Answer a POST."""
        content = self._content()
        if content is None:
            self.close_connection = True
            self.send_error(HTTPStatus.REQUEST_ENTITY_TOO_LARGE)
            return
        self._send(reply.post(self.path.partition("?")[0], content, self.headers.get(HEADER, "")))

    def address_string(self) -> str:
        """Name the client, which has no address on a unix socket."""
        return "gateway"

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing: the gateway logs its requests."""

    def _content(self) -> bytes | None:
        """Read the body, by length or in chunks; None when it is larger than we take."""
        if self.headers.get("transfer-encoding", "").lower() != "chunked":
            length = int(self.headers.get("content-length") or 0)
            return self.rfile.read(length) if length <= LARGEST_BODY else None
        parts: list[bytes] = []
        while size := int(self.rfile.readline().partition(b";")[0], 16):
            if size + sum(map(len, parts)) > LARGEST_BODY:
                return None
            parts.append(self.rfile.read(size))
            self.rfile.readline()
        while self.rfile.readline().strip():
            pass
        return b"".join(parts)

    def _send(self, answer: Reply) -> None:
        wanted = answer.directions
        time.sleep(wanted.slow)
        self.send_response(answer.status)
        if isinstance(self.server, _Server) and self.server.is_full():
            self.send_header("connection", "close")
        if answer.status in _RETRY_AFTER:
            self.send_header("retry-after", _RETRY_AFTER[HTTPStatus(answer.status)])
        if answer.stream is None:
            self._send_whole(answer.body.encode(errors="replace"), cut=wanted.cut is not None)
        else:
            self._send_stream(answer)

    def _send_whole(self, body: bytes, *, cut: bool) -> None:
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body[: len(body) // 2] if cut else body)
        self.close_connection = self.close_connection or cut

    def _send_stream(self, answer: Reply) -> None:
        assert answer.stream is not None
        self.send_header("content-type", "text/event-stream")
        self.send_header("transfer-encoding", "chunked")
        self.end_headers()
        for sent, event in enumerate(answer.stream):
            if sent == answer.directions.cut:
                self.close_connection = True
                return
            if sent:
                time.sleep(answer.directions.delay)
            chunk = event.encode(errors="replace")
            self.wfile.write(b"%x\r\n%s\r\n" % (len(chunk), chunk))
        self.wfile.write(b"0\r\n\r\n")
