"""A gateway whose rules change while it runs, asked for the model that a provider receives."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Protocol

from msgspec.structs import replace

from aigw.rendering.envoy import render
from aigw.spec.prompt import prompt_of
from aigw.spec.routing import AutoRouting, RoutingRule
from aigw.spec.rules import decide
from tests.envoy.client import Client
from tests.envoy.gateway import Gateway, wait_for
from tests.envoy.upstream import Upstream
from tests.forms import models
from tests.routing_cases import NOT_ROUTED
from tests.unit.lua.program import LUAJIT

CHAT = "/v1/chat/completions"
RESPONSES = "/v1/responses"
MESSAGES = "/v1/messages"


@dataclass(frozen=True, slots=True)
class Router:
    """A gateway whose rules can be changed, in front of a provider that serves every model."""

    gateway: Gateway
    upstream: Upstream
    _generations: Iterator[int]

    def use(self, routing: AutoRouting) -> None:
        """Reload with these rules and wait until they are in force."""
        generation = f"{next(self._generations):012x}"
        spec = replace(self.gateway.spec, auto_routing=routing)
        files = render(spec, self.gateway.ring, self.gateway.layout, generation=generation)
        self.gateway.write(files)
        wait_for(lambda: self._serves(generation), what=self.gateway.engine_log.read_text)

    def model(
        self,
        path: str,
        body: bytes | None,
        headers: tuple[tuple[str, str], ...] = (("content-type", "application/json"),),
        method: str = "POST",
    ) -> str:
        """Send a request and return the model that the provider received."""
        return received_model(self.gateway, self.upstream, (method, path, body, headers))

    def _serves(self, generation: str) -> bool | None:
        served = self.gateway.get("/health").header("x-aigw-generation")
        return True if served == generation else None


Request = tuple[str, str, bytes | None, tuple[tuple[str, str], ...]]


class Routed(Protocol):
    """Whatever sends a request on and can say with which model."""

    def model(self, path: str, body: bytes | None) -> str:
        """Send a request and return the model that the provider received."""
        ...


def received_model(gateway: Client, upstream: Upstream, request: Request) -> str:
    """Send a request and return the model that the provider received."""
    method, path, body, headers = request
    upstream.received.clear()
    with gateway.open(method, path, body, dict(headers)) as response:
        response.read()
        assert response.status in {200, 400, 404, 405, 415}
        assert (response.status == 200) is bool(upstream.received)
    if not upstream.received:
        return NOT_ROUTED
    kind, sent = dict(headers).get("content-type", ""), upstream.only().body
    if kind.startswith("multipart/form-data"):
        return models(kind, sent)[0]
    return str(parsed(sent)["model"])


def parsed(body: bytes) -> dict[str, object]:
    """Read a body as a lenient provider does, broken characters and all."""
    tree = json.loads(body.decode(errors="replace"), strict=False)
    assert isinstance(tree, dict)
    return tree


def rules(*pairs: tuple[str, str]) -> AutoRouting:
    """Rules of (pattern, model), with the default `usual`."""
    return AutoRouting(
        enabled=True,
        default="usual",
        rules=tuple(
            RoutingRule(name=model, pattern=pattern, trigger="", model=model)
            for pattern, model in pairs
        ),
    )


def chat(content: object, **more: object) -> dict[str, object]:
    return {"model": "auto", "messages": [{"role": "user", "content": content}], **more}


def everywhere(router: Routed, routing: AutoRouting, path: str, body: bytes) -> set[str]:
    """Ask all three which model an auto-routed request gets."""
    return {
        decide(routing, prompt_of(parsed(body))).model,
        decide(routing, LUAJIT.prompt(body).decode()).model,
        router.model(path, body),
    }
