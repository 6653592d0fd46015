"""HTTP/1.1 read strictly from a socket: what a request looked like on the wire."""

import json
import socket
import ssl
import struct
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import BinaryIO

Headers = Sequence[tuple[str, str]]


class BadRequest(Exception):
    """The peer does not speak HTTP/1.1 as it should, or speaks to another host."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Received:
    """One request as it arrived; header names as they were spelled, in their order."""

    method: str
    path: str
    headers: tuple[tuple[str, str], ...]
    body: bytes
    sni: str | None

    def values(self, name: str) -> list[str]:
        """Return every value of a header, whatever the case of its name."""
        return [value for key, value in self.headers if key.lower() == name.lower()]

    def names(self) -> set[str]:
        """Return the names of all headers in lower case."""
        return {key.lower() for key, _ in self.headers}

    def json(self) -> dict[str, object]:
        """Read the body as a JSON object."""
        tree = json.loads(self.body)
        assert isinstance(tree, dict)
        return tree


def reset(connection: socket.socket) -> None:
    """Close with a TCP reset, as a machine that falls over does."""
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    connection.close()


def is_gone(connection: socket.socket) -> bool:
    """Say whether the peer has closed; unknown, so no, over TLS."""
    if isinstance(connection, ssl.SSLSocket):
        return False
    try:
        return connection.recv(1, socket.MSG_PEEK | socket.MSG_DONTWAIT) == b""
    except BlockingIOError:
        return False


def read_request(stream: BinaryIO, sni: str | None) -> Received | None:
    """Read one request; none when the peer has closed."""
    start = stream.readline()
    if not start:
        return None
    match start.decode("latin-1").rstrip("\r\n").split(" "):
        case [method, path, "HTTP/1.1"]:
            headers = tuple(_read_headers(stream))
        case _:
            raise BadRequest(f"request line {start!r}")
    body = _read_body(stream, headers)
    return Received(method=method, path=path, headers=headers, body=body, sni=sni)


def _read_headers(stream: BinaryIO) -> Iterable[tuple[str, str]]:
    while (line := stream.readline()) not in (b"\r\n", b""):
        name, colon, value = line.decode("latin-1").partition(":")
        if not colon:
            raise BadRequest(f"header line {line!r}")
        yield name, value.strip()


def _read_body(stream: BinaryIO, headers: Headers) -> bytes:
    lengths = [value for name, value in headers if name.lower() == "content-length"]
    encodings = [value for name, value in headers if name.lower() == "transfer-encoding"]
    if len(lengths) + len(encodings) > 1:
        raise BadRequest(f"framing {lengths} {encodings}")
    if encodings:
        return b"".join(_read_chunks(stream))
    return stream.read(int(lengths[0])) if lengths else b""


def _read_chunks(stream: BinaryIO) -> Iterable[bytes]:
    while size := int(stream.readline(), 16):
        yield stream.read(size)
        stream.readline()
    stream.readline()
