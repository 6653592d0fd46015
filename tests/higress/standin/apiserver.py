"""`python -m standin.apiserver --root /data --port 18443`: the store behind the Kubernetes API."""

import argparse
import json
import queue
import ssl
import sys
from collections.abc import Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, ClassVar
from urllib.parse import parse_qs, unquote, urlsplit

from .kinds import KINDS, NAMESPACE, Kind
from .schema import WrongType
from .status import StatusError
from .store import Object, Store
from .watching import Watcher

CERTIFICATE = Path(__file__).with_name("loopback.pem")


class Server(ThreadingHTTPServer):
    """Takes many connections at once and lets none of them hold up the end."""

    daemon_threads = True
    request_queue_size = 128


class Handler(BaseHTTPRequestHandler):
    """One connection to the API server."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = -1
    store: ClassVar[Store]
    watcher: ClassVar[Watcher]

    def answer(self) -> None:
        """Answer one request."""
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        parts = urlsplit(self.path)
        query = {name: values[-1] for name, values in parse_qs(parts.query).items()}
        try:
            if parts.path in {"/healthz", "/livez", "/readyz"}:
                return self._send(200, "ok", "text/plain")
            kind, name = _target(parts.path)
            if query.get("watch") in {"1", "true"} and self.command == "GET":
                return self._watch(kind)
            self._send(*self._do(kind, name, body, query))
        except StatusError as error:
            self._send(error.code, error.body())
        except OSError as error:
            self.close_connection = True
            if not isinstance(error, ConnectionError):
                self.connection.close()

    do_GET = do_POST = do_PUT = do_DELETE = do_PATCH = answer

    def _do(self, kind: Kind, name: str, body: bytes, query: Mapping[str, str]) -> tuple[int, str]:
        manager = (self.headers.get("User-Agent") or "unknown").split("/")[0]
        plural = kind.plural
        if self.command == "GET" and not name:
            return 200, _json(_list(kind, self.store.list(plural), query))
        if self.command == "GET":
            return 200, _json(self.store.get(plural, name))
        if self.command == "DELETE" and name:
            return 200, _json(self.store.delete(plural, name))
        if self.command == "PATCH":
            raise StatusError(500, "InternalError", "Internal error occurred: unsupported")
        try:
            value = json.loads(body)
            if self.command == "POST" and not name:
                return 201, _json(self.store.create(plural, value, manager))
            if self.command == "PUT" and name:
                return 200, _json(self.store.update(plural, name, value, manager))
        except (ValueError, WrongType) as error:
            raise StatusError(400, "BadRequest", str(error)) from error
        raise StatusError(405, "MethodNotAllowed", "the server does not allow this method")

    def _send(self, code: int, text: str, content_type: str = "application/json") -> None:
        body = text.encode()
        self.send_response(code)
        self.send_header("Content-Type", content_type)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def _watch(self, kind: Kind) -> None:
        """Stream a line for every event until the client goes."""
        events = self.watcher.subscribe(kind.plural)
        self.close_connection = True
        try:
            self.send_response(200)
            self.send_header("Content-Type", "application/json")
            self.send_header("Transfer-Encoding", "chunked")
            self.end_headers()
            while True:
                self._chunk(events)
        except (ConnectionError, ssl.SSLError):
            return
        finally:
            self.watcher.unsubscribe(kind.plural, events)

    def _chunk(self, events: "queue.SimpleQueue[Any]") -> None:
        event, value = events.get()
        line = _json({"type": event, "object": value}).encode() + b"\n"
        self.wfile.write(b"%x\r\n%s\r\n" % (len(line), line))
        self.wfile.flush()

    def log_message(self, format: str, *args: object) -> None:
        """Keep quiet."""


def _json(value: object) -> str:
    """Write JSON as Go does, with sorted maps."""
    return json.dumps(value, sort_keys=True)


def _target(path: str) -> tuple[Kind, str]:
    """Read a path of the API: `/apis/<group>/<version>[/namespaces/<ns>]/<plural>[/<name>]`."""
    for kind in KINDS.values():
        for scope in (f"/namespaces/{NAMESPACE}", ""):
            base = f"{kind.prefix}{scope}/{kind.plural}"
            if path == base:
                return kind, ""
            if path.startswith(f"{base}/"):
                return kind, unquote(path.removeprefix(f"{base}/"))
    raise StatusError(404, "NotFound", "the server could not find the requested resource")


def _list(kind: Kind, items: list[Object], query: Mapping[str, str]) -> dict[str, Any]:
    wanted = [part.partition("=") for part in query.get("labelSelector", "").split(",") if part]
    chosen = [
        item
        for item in items
        if all((item["metadata"].get("labels") or {}).get(key) == value for key, _, value in wanted)
    ]
    head = {"kind": f"{kind.kind}List", "apiVersion": kind.api_version}
    return {**head, "metadata": {"resourceVersion": ""}, "items": chosen}


def serve(root: Path, port: int, host: str = "127.0.0.1") -> Server:
    """Check the store, watch it, listen; the caller runs `serve_forever`."""
    store = Store(root)
    store.check()
    watcher = Watcher(store)
    watcher.start()
    server = Server((host, port), type("Bound", (Handler,), {"store": store, "watcher": watcher}))
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.load_cert_chain(CERTIFICATE)
    server.socket = tls.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
    return server


def main() -> int:
    """Serve until the process ends; a store that cannot be read is exit 2."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--root", type=Path, default=Path("/data"))
    parser.add_argument("--port", type=int, default=18443)
    parser.add_argument("--cert-dir", type=Path)
    options = parser.parse_args()
    try:
        server = serve(options.root, options.port)
    except SystemExit as error:
        sys.stderr.write(f"{error}\n")
        return 2
    if options.cert_dir:
        (options.cert_dir / "apiserver.crt").write_bytes(CERTIFICATE.read_bytes())
    server.serve_forever()
    return 0


if __name__ == "__main__":
    sys.exit(main())
