"""Serve the files of plugins, as far as the image holds that version."""

import re
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from ..ports import PLUGIN_SERVER
from ..settings import plugin_versions

MODULE = b"\0asm\1\0\0\0"
NAMES = frozenset(
    [
        "ai-agent",
        "ai-cache",
        "ai-data-masking",
        "ai-history",
        "ai-intent",
        "ai-json-resp",
        "ai-prompt-decorator",
        "ai-prompt-template",
        "ai-proxy",
        "ai-quota",
        "ai-rag",
        "ai-search",
        "ai-security-guard",
        "ai-statistics",
        "ai-token-ratelimit",
        "ai-transformer",
        "basic-auth",
        "cors",
        "custom-response",
        "hmac-auth",
        "ip-restriction",
        "jwt-auth",
        "key-auth",
        "key-rate-limit",
        "mcp-server",
        "model-mapper",
        "model-router",
        "oauth2",
        "request-block",
        "transformer",
    ]
)


class Files(BaseHTTPRequestHandler):
    """`/healthz` and `/plugins/<name>/<version>/plugin.wasm`."""

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing."""

    def do_GET(self) -> None:
        """Answer with an empty module, or with 404."""
        found = re.fullmatch(r"/plugins/([^/]+)/([^/]+)/plugin\.wasm", self.path)
        if self.path == "/healthz":
            self._answer(200, b"ok")
        elif found and found[1] in NAMES and found[2] in plugin_versions():
            self._answer(200, MODULE)
        else:
            self._answer(404, b"not found")

    do_HEAD = do_GET

    def _answer(self, status: int, body: bytes) -> None:
        self.send_response(status)
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)


if __name__ == "__main__":
    ThreadingHTTPServer(("", PLUGIN_SERVER), Files).serve_forever()
