"""Stand-ins that answer /_ping as Docker engines do, on unix sockets and loopback ports."""

import json
import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from socketserver import BaseServer, ThreadingUnixStreamServer
from ssl import SSLContext


class _Unix(ThreadingUnixStreamServer):
    daemon_threads = True


def _api(version: str, podman: str, status: int, released: threading.Event | None) -> type:
    class Api(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            if released:
                released.wait()
            with suppress(BrokenPipeError):  # who waited for a silent one may have gone
                self._answer()

        def _answer(self) -> None:
            self.send_response(status)
            if version:
                self.send_header("Api-Version", version)
            if podman:
                self.send_header("Libpod-API-Version", podman)
            self.end_headers()
            self.wfile.write(b"OK" if self.path == "/_ping" else json.dumps({}).encode())

        def address_string(self) -> str:
            return "engine"

        def log_message(self, *words: object) -> None:
            """Say nothing."""

    return Api


@contextmanager
def engine(
    path: Path,
    *,
    version: str = "1.43",
    podman: str = "",
    status: int = 200,
    silent: bool = False,
) -> Iterator[str]:
    """Answer on a unix socket while the block runs; gives its URL. A silent one never answers."""
    released = threading.Event() if silent else None
    path.parent.mkdir(parents=True, exist_ok=True)
    server = _Unix(os.fspath(path), _api(version, podman, status, released))
    try:
        with _serving(server):
            yield f"unix://{path}"
            if released:
                released.set()
    finally:
        path.unlink(missing_ok=True)


@contextmanager
def tcp_engine(*, tls: SSLContext | None = None) -> Iterator[int]:
    """Answer on a loopback port while the block runs; gives the port."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), _api("1.43", "", 200, None))
    server.daemon_threads = True
    if tls:
        server.socket = tls.wrap_socket(server.socket, server_side=True)
    with _serving(server):
        yield int(server.server_address[1])


@contextmanager
def _serving(server: BaseServer) -> Iterator[None]:
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    try:
        yield
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
