"""HTTP clients of a test: of a gateway on 127.0.0.1, and of an admin interface behind a socket."""

import json
import socket
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPResponse
from pathlib import Path
from typing import Any

from tests.envoy.upstream import PATIENCE


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """An answer that has been read whole."""

    status: int
    headers: tuple[tuple[str, str], ...]
    body: bytes

    def header(self, name: str) -> str | None:
        """Return the one value of a header; None where it is not there."""
        values = [value for key, value in self.headers if key.lower() == name]
        assert len(values) <= 1, values
        return values[0] if values else None

    def json(self) -> dict[str, Any]:
        """Read the body as a JSON object."""
        tree = json.loads(self.body)
        assert isinstance(tree, dict)
        return tree


class Client:
    """Whoever asks a gateway at `port`."""

    def __init__(self) -> None:
        self.port = 0

    @property
    def url(self) -> str:
        """The base URL for clients, with /v1."""
        return f"http://127.0.0.1:{self.port}/v1"

    def connect(self) -> socket.socket:
        """Open a connection to speak HTTP by hand."""
        return socket.create_connection(("127.0.0.1", self.port), timeout=PATIENCE)

    @contextmanager
    def open(
        self,
        method: str,
        path: str,
        body: bytes | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Iterator[HTTPResponse]:
        """Send a request and give the answer as soon as its head is there."""
        with closing(HTTPConnection("127.0.0.1", self.port, timeout=PATIENCE)) as client:
            client.putrequest(method, path, skip_accept_encoding=True)
            sent = {"content-length": str(len(body))} if body is not None else {}
            for name, value in {**sent, **(headers or {})}.items():
                client.putheader(name, value)
            client.endheaders(body)
            with closing(client.getresponse()) as response:
                yield response

    def ask(self, method: str, path: str, body: bytes | None = None) -> Reply:
        """Send a request without headers of its own."""
        with self.open(method, path, body) as response:
            return read(response)

    def get(self, path: str, headers: Mapping[str, str] | None = None) -> Reply:
        """GET."""
        with self.open("GET", path, headers=headers) as response:
            return read(response)

    def post(self, path: str, body: object, headers: Mapping[str, str] | None = None) -> Reply:
        """POST bytes as they are, anything else as JSON."""
        octets = body if isinstance(body, bytes) else json.dumps(body).encode()
        sent = {"content-type": "application/json", **(headers or {})}
        with self.open("POST", path, octets, sent) as response:
            return read(response)

    def chat(self, model: str, headers: Mapping[str, str] | None = None, **more: object) -> Reply:
        """Ask for a small chat completion."""
        message = {"role": "user", "content": "hi"}
        body = {"model": model, "messages": [message], **more}
        return self.post("/v1/chat/completions", body, headers)


def read(response: HTTPResponse) -> Reply:
    """Read an answer to its end."""
    body = response.read()
    return Reply(status=response.status, headers=tuple(response.getheaders()), body=body)


def ask_socket(path: Path, what: str) -> str:
    """GET from an HTTP server on a Unix socket."""
    with socket.socket(socket.AF_UNIX) as connection:
        connection.settimeout(PATIENCE)
        connection.connect(str(path))
        client = HTTPConnection("localhost")
        client.sock = connection
        client.request("GET", what)
        with closing(client.getresponse()) as response:
            return response.read().decode()
