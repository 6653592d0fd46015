"""Run a command inside a container: the engine turns the connection into its stdin and stdout."""

import json
import re
import socket
import ssl
import struct
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, suppress
from http import HTTPStatus
from http.client import RemoteDisconnected
from typing import Any

from msgspec import Struct, field

from aigw.clients.containers import Ran
from aigw.clients.docker_api import connection
from aigw.clients.docker_hosts import DockerHost
from aigw.clients.docker_refusals import refusal
from aigw.errors import DockerRefused, NotReady

_OPEN = (HTTPStatus.SWITCHING_PROTOCOLS, HTTPStatus.OK)
_STDERR = 2
_NEVER_RAN = 255
_LENGTH = re.compile(rb"(?i)\r\ncontent-length: *(\d+)")
_FRAME = struct.Struct(">BxxxL")
_MOST_BYTES = 64 * 1024 * 1024
_POLL_SECONDS = 0.01


class Exec(Struct, frozen=True, kw_only=True):
    """A command that was prepared in a container, and how its end is looked up (None: runs)."""

    id: str
    doing: str
    stdin: bytes
    code: Callable[[], int | None]


def attended(host: DockerHost, prepared: Exec, *, seconds: float) -> Ran:
    """Run a prepared command to its end.

    Not by the SDK, which skips what came together with the head of the answer. Raises NotReady
    when it takes longer than `seconds`; it runs on then, for nobody can end it from outside. What
    the connection dies of is left to the caller: an OSError, most often.
    """
    deadline = time.monotonic() + seconds
    try:
        with closing(connection(host.url, host.tls, seconds=seconds)) as engine:
            engine.connect()
            wire = _Wire(socket=engine.sock, deadline=deadline)
            _begin(wire, host, prepared)
            out, err = _streams(wire, prepared)
        return Ran(code=_code(prepared, deadline), out=out, err=err)
    except TimeoutError as error:
        message = f"{prepared.doing} did not end within {seconds:g} s"
        raise NotReady(message) from error


class _Wire(Struct, kw_only=True):
    """A connection that is read byte by byte until a deadline."""

    socket: socket.socket
    deadline: float
    _read: bytearray = field(default_factory=bytearray)

    def until(self, mark: bytes) -> bytes:
        while mark not in self._read:
            if not self._more():
                break
        head, _, rest = bytes(self._read).partition(mark)
        self._read = bytearray(rest)
        return head

    def exactly(self, count: int) -> bytes:
        """Return so many bytes; fewer when the connection ended."""
        while len(self._read) < count and self._more():
            pass
        taken = bytes(self._read[:count])
        del self._read[:count]
        return taken

    def _more(self) -> bool:
        left = self.deadline - time.monotonic()
        if left <= 0:
            raise TimeoutError
        self.socket.settimeout(left)
        received = self.socket.recv(65536)
        self._read += received
        return bool(received)


def exit_code(seen: Mapping[str, Any]) -> int | None:
    """Read what `GET /exec/ID/json` answers: None while it runs; one that never ran has failed."""
    if seen["Running"]:
        return None
    return _NEVER_RAN if seen["ExitCode"] is None else int(seen["ExitCode"])


def frames(text: bytes) -> Iterator[bytes]:
    """Yield what was written, out of an answer that was read to its end (Engine API, attach)."""
    start = 0
    while start + _FRAME.size <= len(text):
        _, length = _FRAME.unpack_from(text, start)
        start += _FRAME.size
        yield text[start : start + length]
        start += length


def _begin(wire: _Wire, host: DockerHost, prepared: Exec) -> None:
    if prepared.stdin and isinstance(wire.socket, ssl.SSLSocket):
        raise DockerRefused(f"{prepared.doing}: TLS cannot end stdin; use the engine's unix socket")
    major, minor = host.api
    body = json.dumps({"Detach": False, "Tty": False}).encode()
    head = (
        f"POST /v{major}.{minor}/exec/{prepared.id}/start HTTP/1.1\r\nHost: docker\r\n"
        "Content-Type: application/json\r\nConnection: Upgrade\r\nUpgrade: tcp\r\n"
        f"Content-Length: {len(body)}\r\n\r\n"
    )
    wire.socket.sendall(head.encode() + body)
    answer = wire.until(b"\r\n\r\n")
    _, status, *_ = (*answer.split(maxsplit=2), b"", b"")
    if not status.isdigit():
        raise RemoteDisconnected(f"no answer in HTTP while {prepared.doing}")
    if int(status) not in _OPEN:
        length = _LENGTH.search(answer)  # the engine keeps the connection
        said = wire.exactly(int(length[1])) if length else wire.until(b"\r\n\r\n")
        words = said.decode(errors="replace").strip()
        raise refusal(words, prepared.doing, status=int(status))


def _streams(wire: _Wire, prepared: Exec) -> tuple[bytes, bytes]:
    if prepared.stdin:
        # Both ways at once: a command that answers while it reads would block us and itself.
        threading.Thread(target=_feed, args=(wire.socket, prepared.stdin), daemon=True).start()
    out, err = bytearray(), bytearray()
    while len(head := wire.exactly(_FRAME.size)) == _FRAME.size:
        stream, length = _FRAME.unpack(head)
        (err if stream == _STDERR else out).extend(wire.exactly(length))
        if len(out) + len(err) > _MOST_BYTES:
            raise DockerRefused(f"{prepared.doing} writes more than 64 MiB")
    return bytes(out), bytes(err)


def _feed(connected: socket.socket, stdin: bytes) -> None:
    with suppress(OSError):  # the command may end before it has read all
        connected.sendall(stdin)
        connected.shutdown(socket.SHUT_WR)


def _code(prepared: Exec, deadline: float) -> int:
    """Return the exit code, which is known a moment after the streams have ended."""
    while (code := prepared.code()) is None:
        if time.monotonic() > deadline:
            raise TimeoutError
        time.sleep(_POLL_SECONDS)
    return code
