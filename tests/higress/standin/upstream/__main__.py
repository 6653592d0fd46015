"""Serve as a provider on ports 80, 8000, 11434 (plain) and 443 (TLS); be told what to do on 9000.

Control: `GET /requests`, `DELETE /requests`, `PUT /answers` with a list of answers; each answer is
used once, the last stays. An answer: `status`, `headers`, `body` (text) or `chunks`
(`[[text, seconds before it], ...]`), `cut` (the connection ends without an end), `model` (only for
requests for this model), `wait` (seconds before the status line).
"""

import base64
import json
import ssl
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from .answers import usual

PLAIN, TLS, CONTROL = (80, 8000, 11434), 443, 9000
CERTIFICATE = ("/opt/upstream/cert.pem", "/opt/upstream/key.pem")
Json = dict[str, Any]


class Story:
    """What was asked, and what shall be answered."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.requests: list[Json] = []
        self.answers: list[Json] = []

    def answer(self, request: Json, body: bytes) -> Json:
        """Record a request and choose its answer."""
        with self.lock:
            self.requests.append(request)
            for told in self.answers:
                if "model" not in told or told["model"] == _model(body):
                    same = [one for one in self.answers if one.get("model") == told.get("model")]
                    if len(same) > 1:
                        self.answers.remove(told)
                    return told
        return usual(request["path"], body)


STORY = Story()


def _model(body: bytes) -> object:
    try:
        return json.loads(body).get("model")
    except (ValueError, AttributeError):
        return None


class Handler(BaseHTTPRequestHandler):
    """The parts that providers and their control share."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = -1

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing."""

    def read_body(self) -> bytes:
        """Read a body with a length or in chunks."""
        if "chunked" not in self.headers.get("transfer-encoding", ""):
            return self.rfile.read(int(self.headers.get("content-length") or 0))
        body = b""
        while size := int(self.rfile.readline().split(b";")[0], 16):
            body += self.rfile.read(size)
            self.rfile.readline()
        while self.rfile.readline().strip():
            pass
        return body

    def handle_one(self) -> None:
        """Do what the subclass is for."""
        raise NotImplementedError

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401 - every method is served alike
        if name.startswith("do_"):
            return self.handle_one
        raise AttributeError(name)


class Provider(Handler):
    """What the gateway talks to."""

    def handle_one(self) -> None:
        """Record, then answer."""
        body = self.read_body()
        answer = STORY.answer(
            {
                "method": self.command,
                "path": self.path,
                "headers": [[name.lower(), value] for name, value in self.headers.items()],
                "body": base64.b64encode(body).decode(),
                "port": self.connection.getsockname()[1],
                "at": time.time(),
            },
            body,
        )
        time.sleep(answer.get("wait", 0))
        if "chunks" in answer:
            self.stream(answer)
        else:
            self.whole(answer)

    def start(self, answer: Json, **more: str) -> None:
        """Send status and headers."""
        self.send_response(answer.get("status", 200))
        for name, value in {**answer.get("headers", {}), **more}.items():
            self.send_header(name, value)
        self.end_headers()

    def whole(self, answer: Json) -> None:
        """Send a body with its length."""
        if answer.get("cut"):
            self.close_connection = True
            return
        body = answer.get("body", "").encode()
        kind = answer.get("headers", {}).get("content-type", "application/json")
        self.start(answer, **{"content-type": kind, "content-length": str(len(body))})
        self.wfile.write(body)

    def stream(self, answer: Json) -> None:
        """Send chunks, each after its pause."""
        kind = answer.get("headers", {}).get("content-type", "text/event-stream")
        self.start(answer, **{"content-type": kind, "transfer-encoding": "chunked"})
        self.wfile.flush()
        for text, pause in answer["chunks"]:
            time.sleep(pause)
            data = text.encode()
            self.wfile.write(b"%x\r\n%s\r\n" % (len(data), data))
            self.wfile.flush()
        if answer.get("cut"):
            self.close_connection = True
        else:
            self.wfile.write(b"0\r\n\r\n")


class Control(Handler):
    """What the test talks to."""

    def handle_one(self) -> None:
        """Show, forget, or be told."""
        told = self.read_body()
        with STORY.lock:
            shown = json.dumps(STORY.requests).encode()
            if self.command == "DELETE":
                STORY.requests, STORY.answers = [], []
            if self.command == "PUT":
                STORY.answers = json.loads(told)
        self.send_response(200)
        self.send_header("content-length", str(len(shown)))
        self.end_headers()
        self.wfile.write(shown)


def serve(port: int, handler: type[Handler], *, tls: bool = False) -> None:
    """Serve on one port in a thread of its own."""
    ThreadingHTTPServer.request_queue_size = 256
    server = ThreadingHTTPServer(("", port), handler)
    server.daemon_threads = True
    if tls:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(*CERTIFICATE)
        server.socket = context.wrap_socket(
            server.socket, server_side=True, do_handshake_on_connect=False
        )
    threading.Thread(target=server.serve_forever, daemon=True).start()


def main() -> None:
    """Serve until the container is stopped."""
    for port in PLAIN:
        serve(port, Provider)
    serve(TLS, Provider, tls=True)
    serve(CONTROL, Control)
    threading.Event().wait()


if __name__ == "__main__":
    main()
