"""The console on a port: HTTP/1.1 around the application."""

import json
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import ClassVar

from .app import App
from .http import Reply


class Server(ThreadingHTTPServer):
    """Takes many connections at once and lets none of them hold up the end."""

    daemon_threads = True
    request_queue_size = 128


class Handler(BaseHTTPRequestHandler):
    """Hands every request to the application, whatever its method."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = -1
    app: ClassVar[App]

    def answer(self) -> None:
        """Read one request, write one answer."""
        length = int(self.headers.get("Content-Length") or 0)
        headers = {name.lower(): value for name, value in self.headers.items()}
        self.send(self.app.answer(self.command, self.path, headers, self.rfile.read(length)))

    do_GET = do_POST = do_PUT = do_DELETE = do_PATCH = do_OPTIONS = do_HEAD = answer

    def send(self, reply: Reply) -> None:
        """Write an answer with its length."""
        text = reply.body if isinstance(reply.body, str) else _json(reply)
        body = text.encode()
        self.send_response(reply.status)
        for name, value in reply.headers:
            self.send_header(name, value)
        if reply.content_type:
            self.send_header("Content-Type", reply.content_type)
        if reply.status != 204:
            self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        """Keep quiet: a request's path and its answer are not for a log."""


def _json(reply: Reply) -> str:
    return "" if reply.content_type is None else json.dumps(reply.body, ensure_ascii=False)


def serve(app: App, port: int, host: str = "127.0.0.1") -> Server:
    """Listen; the caller runs `serve_forever`."""
    return Server((host, port), type("Bound", (Handler,), {"app": app}))
