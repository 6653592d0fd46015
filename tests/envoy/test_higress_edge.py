"""Higress's engine decides as the embedded one does: our filters around a router like Higress's.

What counts is the model that the provider received, and whose key it was asked with.
"""

import json
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import yaml
from msgspec.structs import replace

from aigw.spec.gateway import GatewaySpec
from aigw.spec.routing import AUTO_MODELS, AutoRouting
from aigw.spec.serving import serve
from tests.envoy.edge import EdgeGateway
from tests.envoy.gateway import provider
from tests.envoy.prompts import DAILY, FORMS, OPENCLAW, PROMPTS, endpoint
from tests.envoy.router import MESSAGES, RESPONSES, chat, everywhere, received_model, rules
from tests.envoy.upstream import Upstream
from tests.openclaw import REQUESTS, TRIGGERS
from tests.routing_cases import CASES, auto_routing
from tests.unit.spec.trees import spec_of

pytestmark = pytest.mark.envoy

JSON = (("content-type", "application/json"),)


@dataclass(frozen=True, slots=True)
class EdgeRouter:
    """A gateway whose rules change, in front of a provider that serves every model."""

    gateway: EdgeGateway
    upstream: Upstream

    def use(self, routing: AutoRouting) -> None:
        """Decide by other rules from now on."""
        self.gateway.router.routing = routing

    def model(self, path: str, body: bytes | None) -> str:
        """Send a request and return the model that the provider received."""
        return received_model(self.gateway, self.upstream, ("POST", path, body, JSON))


@pytest.fixture(scope="module")
def router(
    shared_upstream: Upstream, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[EdgeRouter]:
    """One gateway for the module; its table says that there is no default model."""
    spec = GatewaySpec(providers=(provider("p", shared_upstream.url),))
    with EdgeGateway(spec, tmp_path_factory.mktemp("edge"), shared_upstream) as gateway:
        yield EdgeRouter(gateway, shared_upstream)


@pytest.mark.parametrize("config", dict.fromkeys(case.config for case in CASES))
def test_the_provider_gets_the_model_that_it_gets_on_the_embedded_engine(
    router: EdgeRouter, config: str
) -> None:
    router.use(auto_routing(config))
    cases = [case for case in CASES if case.config == config]
    received = {
        case.id: received_model(
            router.gateway,
            router.upstream,
            (case.method, case.path, case.body or None, case.headers),
        )
        for case in cases
    }
    assert received == {case.id: case.here for case in cases}


def test_what_is_typed_into_openclaw_decides_in_every_kind_of_request(router: EdgeRouter) -> None:
    router.use(OPENCLAW)
    wrong = []
    for request in REQUESTS:
        for prompt, model in {request.prompt: "usual", **TRIGGERS}.items():
            for spelling in AUTO_MODELS:
                body = json.dumps({**request.typed(prompt), "model": spelling}).encode()
                got = everywhere(router, OPENCLAW, endpoint(request), body)
                if got != {model}:
                    wrong.append((request.name, prompt, spelling, got))
    assert wrong == []


@pytest.mark.parametrize("form", FORMS)
def test_a_prompt_decides_alike_in_every_form_of_body(router: EdgeRouter, form: str) -> None:
    router.use(DAILY)
    path, make = FORMS[form]
    wrong = []
    for prompt, model in PROMPTS.items():
        for spelling in AUTO_MODELS:
            body = json.dumps({"model": spelling, **make(prompt)}).encode()
            got = everywhere(router, DAILY, path, body)
            if got != {model}:
                wrong.append((prompt[:40], spelling, got))
    assert wrong == []


@pytest.mark.parametrize(
    ("octets", "model"),
    [
        (b"\xff", "broken"),
        (b"\xed\xa0\x80", "broken"),
        (b"\xf0\x9f\x98\x80", "emoji"),
        (b"\xff needle", "end"),
        (b"a\x00b", "nul"),
        (b"\x01 \x02 needle", "end"),
    ],
    ids=repr,
)
def test_broken_text_decides_alike_and_arrives_as_it_was(
    router: EdgeRouter, octets: bytes, model: str
) -> None:
    router.use(DAILY)
    body = b'{"model":"auto","input":"' + octets + b'"}'
    assert router.model(RESPONSES, body) == model
    assert router.upstream.only().body == body.replace(b'"auto"', f'"{model}"'.encode())


ODDLY_WRITTEN = {
    "blanks": b' \r\n\t{ "model" :\t"auto" ,\n "messages" : [ ] } \n',
    "the model last": b'{"messages":[{"role":"user","content":"x"}],"model":"auto"}',
    "big numbers": b'{"seed":9007199254740993,"n":1.0e-7,"model":"auto"}',
    "escapes": b'{"model":"auto","messages":[{"content":"\\u4f60\\n\\"\\/ \\ud83d\\ude00"}]}',
    "our own words": b'{"model":"auto","messages":[{"role":"user","content":"higress/auto"}]}',
    "keys that repeat": b'{"x":1,"model":"auto","x":{"model":"auto","model":"b"}}',
    "a NUL and its neighbours": b'{"model":"auto","x":"\x00\x01\x02\x03"}',
}


@pytest.mark.parametrize("body", ODDLY_WRITTEN.values(), ids=ODDLY_WRITTEN.keys())
def test_only_the_model_of_an_auto_routed_body_changes(router: EdgeRouter, body: bytes) -> None:
    router.use(rules())
    router.model("/v1/chat/completions", body)
    assert router.upstream.only().body == body.replace(b'"auto"', b'"usual"', 1)


def test_the_router_is_shown_what_was_said_and_nothing_else(router: EdgeRouter) -> None:
    router.use(DAILY)
    router.gateway.router.seen.clear()
    body = json.dumps({**chat("deep thinking", tools=[{"name": "x"}]), "user": "me"}).encode()
    router.model(MESSAGES, body)
    assert [json.loads(seen) for seen in router.gateway.router.seen] == [
        {"model": "higress/auto", "messages": [{"role": "user", "content": "deep thinking"}]}
    ]


def test_an_auto_routed_request_keeps_its_path_and_query(router: EdgeRouter) -> None:
    router.use(DAILY)
    router.model("/v1/messages/count_tokens?beta=true", json.dumps(chat("hi")).encode())
    assert router.upstream.only().path == "/v1/messages/count_tokens?beta=true"


TABLE = Path(__file__).parents[1] / "fixtures" / "serving_cases.yaml"
GROUPS: dict[str, dict[str, Any]] = yaml.safe_load(TABLE.read_text(encoding="utf-8"))
SERVING = [
    (group, asks, case)
    for group, content in GROUPS.items()
    for case in content["cases"]
    for asks in ("by name", "by a rule")
    if not (asks == "by a rule" and case["asked"] in AUTO_MODELS)  # a rule that asks itself
]


@pytest.fixture(scope="module")
def gateways(
    shared_upstream: Upstream, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[dict[str, EdgeGateway]]:
    """Run one gateway for each group of the table."""
    with ExitStack() as stack:
        yield {
            group: stack.enter_context(
                EdgeGateway(
                    spec_of(*content["providers"]), tmp_path_factory.mktemp(group), shared_upstream
                )
            )
            for group, content in GROUPS.items()
        }


@pytest.mark.parametrize(
    ("group", "asks", "case"),
    SERVING,
    ids=[f"{group}, {asks}: {case['name']}" for group, asks, case in SERVING],
)
def test_a_model_goes_to_the_provider_of_the_table(
    gateways: dict[str, EdgeGateway],
    upstream: Upstream,
    *,
    group: str,
    asks: str,
    case: dict[str, Any],
) -> None:
    gateway, model = gateways[group], case["asked"]
    forced = {"x-aigw-provider": case["forced"]} if "forced" in case else {}
    gateway.router.routing = AutoRouting()
    if asks == "by a rule":
        gateway.router.routing = replace(rules(), default=model)
        model = "auto"
    reply = gateway.chat(model, forced)
    served = serve(gateway.spec, case["asked"], forced=case.get("forced", ""))
    if served is None:
        assert reply.status == 404
        assert upstream.received == []
    else:
        assert reply.header("x-aigw-provider") == served.provider.id
        assert upstream.only().json()["model"] == served.model
        assert (reply.header("x-aigw-model") or "").encode("latin-1").decode() == served.model
        assert upstream.only().values("authorization") == [f"Bearer sk-{served.provider.id}"]
