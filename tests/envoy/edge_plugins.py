"""Stand-ins of Higress's plugins for a real Envoy: what is around our filters in the listener.

`ModelRouter` decides as the plugin of Higress commit 4e0d691 does, in Python behind a few lines of
Lua; `ai_proxy_filter` makes a request one for its provider, and leaves what the plugin leaves.
"""

import json
import threading
from collections.abc import Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any, Self

import re2

from aigw.rendering.lua import Literal, program
from aigw.spec.routing import AutoRouting

ROUTER_HEADER = "x-higress-llm-model"
AUTO = "higress/auto"
SUFFIXES = (
    "/completions",
    "/embeddings",
    "/images/generations",
    "/audio/speech",
    "/moderations",
    "/rerank",
    "/messages",
    "/responses",
)

MODEL_ROUTER = """
function envoy_on_request(handle)
  local path = handle:headers():get(":path"):gsub("%?.*", "")
  local reads = false
  for _, suffix in ipairs(CONFIG.suffixes) do
    if path:sub(-#suffix) == suffix then reads = true end
  end
  if not reads then return end
  handle:headers():remove("content-length")
  local buffer = handle:body()
  if not buffer then return end
  local kind = handle:headers():get("content-type") or ""
  if not kind:find("application/json", 1, true) then return end
  local asked = {[":method"] = "POST", [":path"] = "/", [":authority"] = "router"}
  local _, said = handle:httpCall("router", asked, buffer:getBytes(0, buffer:length()), 5000)
  local model, body = said:match("^([^\\n]*)\\n(.*)$")
  if model ~= "" then handle:headers():replace("x-higress-llm-model", model) end
  if body ~= "" then handle:body():setBytes(body) end
end
"""

AI_PROXY = """
function envoy_on_request(handle)
  local rule = CONFIG.rules[handle:streamInfo():routeName()]
  if not rule then return end
  local headers = handle:headers()
  local auth, path = headers:get("authorization"), headers:get(":path")
  if auth then headers:replace("x-hi-original-auth", auth) end
  headers:replace("x-envoy-original-host", headers:get(":authority"))
  headers:replace(":authority", rule.host)
  if rule.prefix .. rule.query ~= "" then
    headers:replace("x-envoy-original-path", path)
    headers:replace(":path", rule.prefix .. path .. rule.query)
  end
  if rule.key ~= "" then headers:replace("authorization", "Bearer " .. rule.key) end
  headers:remove("accept-encoding")
  headers:remove("content-length")
  if rule.fails ~= "" then
    handle:respond({[":status"] = "500", ["content-type"] = "text/plain"}, rule.fails)
  end
  handle:body()
end
"""


def model_router_filter() -> str:
    """Return the Lua that asks a `ModelRouter` at the cluster `router`."""
    return program({"CONFIG": {"suffixes": SUFFIXES}}, {}, MODEL_ROUTER)


def ai_proxy_filter(rules: Mapping[str, Literal]) -> str:
    """Return the Lua that converts requests; `rules` by route: host, key, prefix, query, fails."""
    return program({"CONFIG": {"rules": rules}}, {}, AI_PROXY)


class ModelRouter:
    """What the plugin decides by `routing`; `seen` are the bodies it was shown."""

    def __init__(self) -> None:
        self.routing = AutoRouting()
        self.seen: list[bytes] = []
        self._server = _Server(self)
        self._thread = threading.Thread(
            target=self._server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True
        )

    @property
    def port(self) -> int:
        """The port on 127.0.0.1."""
        return int(self._server.server_address[1])

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._server.shutdown()
        self._server.server_close()

    def decide(self, body: bytes) -> tuple[str, bytes]:
        """Return the header to set and the new body, each empty where the plugin leaves it."""
        self.seen.append(body)
        try:
            tree = json.loads(body.decode(errors="replace"), object_pairs_hook=_first_of_each)
        except ValueError:
            return "", b""
        model = tree.get("model") if isinstance(tree, dict) else None
        if not isinstance(model, str):
            return "", b""
        if not (self.routing.enabled and model == AUTO):
            return model, b""
        chosen = self._by_rules(_last_words(tree.get("messages"))) or self.routing.default
        if not chosen:
            return "", b""
        return chosen, body.replace(json.dumps(AUTO).encode(), json.dumps(chosen).encode(), 1)

    def _by_rules(self, words: str) -> str:
        matching = (rule for rule in self.routing.rules if re2.search(rule.pattern, words))
        return next((rule.model for rule in matching), "") if words else ""


def _first_of_each(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    return dict(reversed(pairs))


def _last_words(messages: object) -> str:
    words = ""
    for message in messages if isinstance(messages, list) else []:
        if message["role"] == "user" and isinstance(message["content"], str):
            words = message["content"]
    return words


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, router: ModelRouter) -> None:
        self.router = router
        super().__init__(("127.0.0.1", 0), _Handler)


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    server: _Server

    def do_POST(self) -> None:
        """Decide on one body."""
        body = self.rfile.read(int(self.headers["content-length"]))
        model, changed = self.server.router.decide(body)
        answer = model.encode() + b"\n" + changed
        self.send_response(200)
        self.send_header("content-length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing."""
