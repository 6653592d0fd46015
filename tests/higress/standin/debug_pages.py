"""Pilot's debug API, as far as the console asks it: which services the registries make."""

import json
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, ClassVar

import yaml

MCP = "mcp"


def pages(registries: list[dict[str, Any]]) -> dict[str, Any]:
    """Give the two pages by their path; a name in the DNS has no endpoint here."""
    there = [one for one in registries if one.get("type") in {"dns", "static"}]
    return {
        "/debug/registryz": [_service(one) for one in there],
        "/debug/endpointShardz": {
            _name(one): {MCP: {"Shards": {"Mcp/": [{"Addresses": _addresses(one)}]}}}
            for one in there
            if one["type"] == "static"
        },
    }


def _name(registry: dict[str, Any]) -> str:
    return f"{registry['name']}.{registry['type']}"


def _service(registry: dict[str, Any]) -> dict[str, Any]:
    protocol = (registry.get("protocol") or "http").upper()
    port = {"name": protocol.lower(), "port": registry["port"], "protocol": protocol}
    name = _name(registry)
    attributes = {"ServiceRegistry": "Mcp", "Name": name, "Namespace": MCP}
    return {"Attributes": attributes, "hostname": name, "ports": [port]}


def _addresses(registry: dict[str, Any]) -> list[str]:
    return [part.strip().partition(":")[0] for part in registry["domain"].split(",")]


class Handler(BaseHTTPRequestHandler):
    """Answers from the store's file as it is now."""

    store: ClassVar[Path]

    def do_GET(self) -> None:
        """Give a page, 404 for any other."""
        bridge = yaml.safe_load((self.store / "mcpbridges/default.yaml").read_text("utf-8"))
        page = pages(bridge["spec"].get("registries") or []).get(self.path)
        body = json.dumps(page).encode()
        self.send_response(404 if page is None else 200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        """Keep quiet."""


def serve(store: Path, port: int, host: str = "127.0.0.1") -> ThreadingHTTPServer:
    """Listen; the caller runs `serve_forever`."""
    server = ThreadingHTTPServer((host, port), type("Bound", (Handler,), {"store": store}))
    server.daemon_threads = True
    return server
