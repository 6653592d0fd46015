"""Stand between a client and an engine, as a port or a socket, and cut or block the way."""

import os
import socket
import tempfile
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path


@dataclass(kw_only=True)
class Relay:
    """Carries bytes to the engine's socket; `url` is where clients connect.

    In what the engine says the first of `instead` becomes the second, which is as long; `asked` is
    what it was asked. Who asks for `last` is the last to ask: the way is cut.
    """

    engine: Path
    listener: socket.socket
    url: str
    instead: tuple[bytes, bytes] = (b"", b"")
    last: bytes = b""
    asked: bytearray = field(default_factory=bytearray)
    blocked: threading.Event = field(default_factory=threading.Event)
    open: list[socket.socket] = field(default_factory=list)
    ended: bool = False

    def serve(self) -> None:
        """Take connections until the end."""
        while not self.ended:
            with suppress(OSError):
                client, _ = self.listener.accept()
                server = socket.socket(socket.AF_UNIX)
                server.connect(os.fspath(self.engine))
                self.open += [client, server]
                for way in ((client, server, self._ask), (server, client, self._answer)):
                    threading.Thread(target=self._carry, args=way, daemon=True).start()

    def cut(self) -> None:
        """Break every connection, as an engine that dies, and take no more."""
        self.ended = True
        for one in (self.listener, *self.open):
            with suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)
            one.close()

    def block(self) -> None:
        """Swallow what comes from now on: the engine is there, and says nothing."""
        self.blocked.set()

    def _ask(self, data: bytes) -> bytes:
        self.asked += data
        if self.last and self.last in data:
            self.cut()
        return data

    def _answer(self, data: bytes) -> bytes:
        return data.replace(*self.instead)

    def _carry(
        self, source: socket.socket, target: socket.socket, say: Callable[[bytes], bytes]
    ) -> None:
        with suppress(OSError):
            while data := source.recv(65536):
                if not self.blocked.is_set():
                    target.sendall(say(data))
            target.shutdown(socket.SHUT_WR)


@contextmanager
def relay(engine: str, *, port: bool = False) -> Iterator[Relay]:
    """Stand before `unix://...` while the block runs."""
    with tempfile.TemporaryDirectory(prefix="d-") as folder:
        path = f"{folder}/r.sock"
        if port:
            listener = socket.create_server(("127.0.0.1", 0))
            url = f"tcp://127.0.0.1:{listener.getsockname()[1]}"
        else:
            listener, url = socket.socket(socket.AF_UNIX), f"unix://{path}"
            listener.bind(path)
            listener.listen()
        made = Relay(engine=Path(engine.removeprefix("unix://")), listener=listener, url=url)
        thread = threading.Thread(target=made.serve)
        thread.start()
        try:
            yield made
        finally:
            made.cut()
            thread.join()
