"""Decide for the Lua that stands in for the plugins, and answer for the gateway's health.

A question is lines of `name <tab> value`, an empty line, and a body; so is an answer. The lines of
an answer say what to do: `set`, `remove`, `note`, `body`, `answer`.
"""

import json
import sys
import threading
import urllib.request
import uuid
from collections import OrderedDict
from dataclasses import dataclass
from functools import lru_cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from ..ports import ADMIN, GATEWAY_READY, GATEWAY_STATS, PLUGIN_HOST
from . import ai_proxy, ai_statistics, key_auth, model_router
from .anthropic import chat_answer, messages_answer
from .rules import part_for

CONFIGS = Path("/dev/shm/standin/configs")
Json = dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """What the Lua asks."""

    config: Json
    values: dict[str, str]
    headers: dict[str, str]
    body: bytes

    def part(self) -> Json | None:
        """Return the part of the configuration that counts for this request."""
        return part_for(
            self.config,
            route=self.values.get("route", ""),
            domain=self.headers.get(":authority", ""),
            cluster=self.values.get("cluster", ""),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """What the Lua shall do."""

    lines: tuple[tuple[str, ...], ...] = ()
    body: bytes = b""


@lru_cache(maxsize=256)
def config(digest: str) -> Json:
    """Read a plugin's configuration."""
    value = json.loads((CONFIGS / f"{digest}.json").read_text())
    return value if isinstance(value, dict) else {}


def router_request(asked: Question) -> Told:
    """Route by the model."""
    path = asked.headers.get(":path", "")
    decision = model_router.decide(asked.config, path, asked.headers, asked.body)
    for name, value in decision.headers.items():
        if any(ord(char) < 32 or ord(char) == 127 for char in value):
            words = f"invalid header value for: {name}".encode()
            return Told(lines=(("answer", "503", ""),), body=words)
    lines: list[tuple[str, ...]] = [
        ("set", name, value) for name, value in decision.headers.items()
    ]
    if decision.body is None:
        return Told(lines=tuple(lines))
    return Told(lines=(*lines, ("body",)), body=decision.body)


def proxy_request(asked: Question) -> Told:
    """Turn a request to its provider."""
    headers = asked.headers
    provider = ai_proxy.provider_for(
        asked.config,
        route=asked.values.get("route", ""),
        domain=headers.get(":authority", ""),
        cluster=asked.values.get("cluster", ""),
    )
    if provider is None:
        return Told()
    request = ai_proxy.Asked(path=headers.get(":path", ""), headers=headers, body=asked.body)
    change = ai_proxy.translate(provider, request)
    if change.answer:
        details = "ai-proxy.proc_req_body_failed"
        return Told(lines=(("answer", "500", details),), body=change.answer.encode())
    lines: list[tuple[str, ...]] = [("remove", name) for name in sorted(change.remove)]
    lines += [("set", name, value) for name, value in change.put.items()]
    if change.convert:
        lines += [("note", "convert", change.convert), ("note", "model", change.model)]
    if change.body is None:
        return Told(lines=tuple(lines))
    return Told(lines=(*lines, ("body",)), body=change.body)


def proxy_response(asked: Question) -> Told:
    """Turn an answer back."""
    try:
        value = json.loads(asked.body)
        claude = asked.values["convert"] == "claude"
        new = chat_answer(value, asked.values["model"]) if claude else messages_answer(value)
    except (ValueError, AttributeError, KeyError, TypeError):
        return Told()
    text = json.dumps(new, ensure_ascii=False, separators=(",", ":"))
    return Told(lines=(("body",),), body=text.encode(errors="replace"))


_OPEN: OrderedDict[str, tuple[Json, dict[str, str], bytes]] = OrderedDict()
_LOCK = threading.Lock()
_MOST = 1000


def statistics_request(asked: Question) -> Told:
    """Remember a request until it is answered."""
    part = asked.part()
    if part is None:
        return Told()
    name = uuid.uuid4().hex
    with _LOCK:
        _OPEN[name] = (part, asked.headers, asked.body)
        while len(_OPEN) > _MOST:
            _OPEN.popitem(last=False)
    return Told(lines=(("note", "id", name),))


def statistics_response(asked: Question) -> Told:
    """Write the log of a request."""
    with _LOCK:
        found = _OPEN.pop(asked.values["id"], None)
    if found is None:
        return Told()
    answered = ai_statistics.Answered(
        kind=asked.values.get("kind", ""),
        body=asked.body,
        first=int(asked.values["first"]),
        all=int(asked.values["all"]),
    )
    text = ai_statistics.log_line(*found, answered)
    return Told(lines=(("ok",),), body=text.encode(errors="replace"))


def auth_request(asked: Question) -> Told:
    """Let a consumer through, or not."""
    verdict = key_auth.decide(asked.config, asked.part() or {}, asked.headers)
    if verdict.consumer:
        return Told(lines=(("add", "x-mse-consumer", verdict.consumer),))
    if verdict.status:
        return Told(
            lines=(("answer", str(verdict.status), verdict.details),), body=verdict.words.encode()
        )
    return Told()


ANSWERS = {
    "/model-router/request": router_request,
    "/ai-proxy/request": proxy_request,
    "/ai-proxy/response": proxy_response,
    "/ai-statistics/request": statistics_request,
    "/ai-statistics/response": statistics_response,
    "/key-auth/request": auth_request,
}


class Host(BaseHTTPRequestHandler):
    """The door for the Lua."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = -1

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing."""

    def do_POST(self) -> None:
        """Answer one question."""
        body = self._read()
        answer = ANSWERS.get(self.path)
        told = answer(self._question(body)) if answer else Told()
        head = "".join("\t".join(line) + "\n" for line in told.lines)
        data = (head or "\n").encode(errors="surrogateescape") + b"\n" + told.body
        self.send_response(200)
        self.send_header("content-length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def _read(self) -> bytes:
        if "chunked" not in self.headers.get("transfer-encoding", ""):
            return self.rfile.read(int(self.headers.get("content-length") or 0))
        body = b""
        while size := int(self.rfile.readline().split(b";")[0], 16):
            body += self.rfile.read(size)
            self.rfile.readline()
        self.rfile.readline()
        return body

    def _question(self, text: bytes) -> Question:
        head, _, body = text.partition(b"\n\n")
        values: dict[str, str] = {}
        headers: dict[str, str] = {}
        for line in head.decode(errors="surrogateescape").split("\n"):
            name, _, rest = line.partition("\t")
            if name == "header":
                key, _, value = rest.partition("\t")
                headers.setdefault(key, value)
            else:
                values[name] = rest
        known = config(self.headers.get("x-config", ""))
        return Question(config=known, values=values, headers=headers, body=body)


class Health(BaseHTTPRequestHandler):
    """Readiness and statistics, as the agent beside Envoy answers them."""

    gateway_port = 8080

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing."""

    def do_GET(self) -> None:
        """Answer `/healthz/ready` and `/stats/prometheus`."""
        status, body = 404, b""
        try:
            if self.path == "/healthz/ready":
                text = _admin("/listeners")
                status = 200 if f"_{self.gateway_port}::".encode() in text else 503
            elif self.path == "/stats/prometheus":
                status, body = 200, _admin("/stats/prometheus")
        except OSError:
            status = 503
        self.send_response(status)
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


def _admin(path: str) -> bytes:
    with urllib.request.urlopen(f"http://127.0.0.1:{ADMIN}{path}", timeout=5) as answer:
        return bytes(answer.read())


def main() -> None:
    """Serve."""
    Health.gateway_port = int(sys.argv[sys.argv.index("--gateway-port") + 1])
    ThreadingHTTPServer.request_queue_size = 256
    ThreadingHTTPServer.daemon_threads = True
    for port in (GATEWAY_READY, GATEWAY_STATS):
        server = ThreadingHTTPServer(("", port), Health)
        threading.Thread(target=server.serve_forever, daemon=True).start()
    ThreadingHTTPServer(("127.0.0.1", PLUGIN_HOST), Host).serve_forever()


if __name__ == "__main__":
    main()
