"""Pilot's debug API, as far as the console reads it: what registries a template's store makes."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from tests.higress.replay import steps


def _services() -> list[dict[str, Any]]:
    shown = steps("services")[0]["response"]["body"]["data"]
    return [
        {
            "hostname": one["name"],
            "ports": [{"port": one["port"], "protocol": one["protocol"]}],
            "Attributes": {"Name": one["name"], "Namespace": one["namespace"]},
        }
        for one in shown
    ]


def _shards() -> dict[str, Any]:
    endpoint = {"Addresses": ["127.0.0.1"]}
    return {"higress-console.static": {"mcp": {"Shards": {"mcp": [endpoint]}}}}


class _Handler(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        body = json.dumps(_services() if self.path == "/debug/registryz" else _shards()).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        """Keep quiet."""


@contextmanager
def pilot() -> Iterator[int]:
    """Run it on a free port."""
    with ThreadingHTTPServer(("127.0.0.1", 0), _Handler) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
        thread.start()
        try:
            yield server.server_port
        finally:
            server.shutdown()
            thread.join()
