"""One table of requests through the spec, the program in Lua and the real Envoy: one same model.

What counts is the model that the provider received.
"""

import json
from collections.abc import Iterator
from itertools import count

import pytest
from msgspec.structs import replace

from aigw.rendering.envoy import render
from aigw.spec.gateway import GatewaySpec
from aigw.spec.prompt import BLANKS
from aigw.spec.routing import AUTO_MODELS
from aigw.spec.rules import refusal, whole
from tests.envoy.gateway import Gateway, provider, put, wait_for
from tests.envoy.prompts import DAILY, FORMS, OPENCLAW, PROMPTS, endpoint
from tests.envoy.router import CHAT, RESPONSES, Router, chat, everywhere, rules
from tests.envoy.upstream import Upstream
from tests.openclaw import REQUESTS, TRIGGERS
from tests.routing_cases import CASES, auto_routing
from tests.rule_meanings import MEANINGS

pytestmark = pytest.mark.envoy


@pytest.fixture(scope="module")
def router(shared_upstream: Upstream, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Router]:
    """One router for the module."""
    spec = GatewaySpec(providers=(provider("p", shared_upstream.url, type="generic"),))
    with Gateway(spec, tmp_path_factory.mktemp("router")) as gateway:
        yield Router(gateway, shared_upstream, count(1))


@pytest.mark.parametrize("config", dict.fromkeys(case.config for case in CASES))
def test_the_provider_gets_the_model_that_higress_chose(router: Router, config: str) -> None:
    router.use(auto_routing(config))
    cases = [case for case in CASES if case.config == config]
    received = {
        case.id: router.model(case.path, case.body or None, case.headers, case.method)
        for case in cases
    }
    assert received == {case.id: case.here for case in cases}


def test_what_is_typed_into_openclaw_decides_in_every_kind_of_request(router: Router) -> None:
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


def test_a_rule_means_in_envoy_what_it_means_in_go(router: Router) -> None:
    wrong = []
    for pattern, prompt, met in MEANINGS:
        if prompt != prompt.strip(BLANKS):
            continue
        routing = rules((pattern, "chosen"))
        router.use(routing)
        for escaped in (True, False):
            body = json.dumps(chat(prompt), ensure_ascii=escaped).encode()
            if everywhere(router, routing, CHAT, body) != {"chosen" if met else "usual"}:
                wrong.append((pattern, prompt, met))
    assert wrong == []


@pytest.mark.parametrize("form", FORMS)
def test_a_prompt_decides_alike_in_every_form_of_body(router: Router, form: str) -> None:
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
        (b"\xe4\xbd", "broken"),
        (b"\xed\xa0\x80", "broken"),
        (b"\xf0\x9f\x98\x80", "emoji"),
        (b"\xff needle", "end"),
        (b"a\x00b", "nul"),
    ],
    ids=repr,
)
def test_broken_utf8_decides_alike(router: Router, octets: bytes, model: str) -> None:
    router.use(DAILY)
    body = b'{"model":"auto","input":"' + octets + b'"}'
    assert everywhere(router, DAILY, RESPONSES, body) == {model}


def test_no_words_meet_no_rule_not_even_one_that_matches_nothing(router: Router) -> None:
    routing = rules(("x*", "chosen"))
    router.use(routing)
    silent = json.dumps(chat("")).encode()
    spoken = json.dumps(chat("?")).encode()
    assert everywhere(router, routing, CHAT, silent) == {"usual"}
    assert everywhere(router, routing, CHAT, spoken) == {"chosen"}


def alternatives(number: int) -> str:
    """That many Chinese phrases of four characters."""
    return "|".join(chr(0x4E00 + each) + "深入思" for each in range(number))


def _largest_accepted() -> int:
    """Find the number of phrases at which a rule becomes too large."""
    low, high = 100, 2000
    assert refusal(alternatives(low)) == ""
    assert refusal(alternatives(high)) != ""
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if refusal(alternatives(middle)) else (middle, high)
    return low


def test_the_largest_rule_that_is_accepted_is_served(router: Router) -> None:
    largest = _largest_accepted()
    assert largest > 500
    routing = rules((alternatives(largest), "chosen"))
    router.use(routing)
    last = json.dumps(chat("请" + chr(0x4E00 + largest - 1) + "深入思考")).encode()
    none = json.dumps(chat("请" + chr(0x4E00 + largest) + "深入思考")).encode()
    assert everywhere(router, routing, CHAT, last) == {"chosen"}
    assert everywhere(router, routing, CHAT, none) == {"usual"}


@pytest.mark.parametrize(
    "pattern",
    [
        "(?=a)",
        r"(a)\1",
        "[z-a]",
        "(unclosed",
        "x{1001}",
        "a**",
        r"\Z",
        r"\p{Klingon}",
        alternatives(3000),
    ],
    ids=lambda pattern: pattern[:12],
)
def test_what_is_refused_here_envoy_refuses_too_and_serves_as_before(
    router: Router, pattern: str
) -> None:
    routing = rules(("^hello", "before"))
    router.use(routing)
    body = json.dumps(chat("hello")).encode()
    assert refusal(pattern) != ""
    rejected = _rejections(router)
    spec = replace(router.gateway.spec, auto_routing=rules(("^hello", "after")))
    files = render(spec, router.gateway.ring, router.gateway.layout, generation="0" * 12)
    routes = json.dumps(files.routes.tree()).replace(
        json.dumps(whole("^hello"))[1:-1], json.dumps("(?s:.*)(?:" + pattern + ")(?s:.*)")[1:-1]
    )
    put(router.gateway.layout.routes, json.loads(routes))
    wait_for(
        lambda: _rejections(router) > rejected or None, what=router.gateway.engine_log.read_text
    )
    assert router.model(CHAT, body) == "before"


def _rejections(router: Router) -> int:
    line = router.gateway.admin("/stats?filter=rds.*update_rejected")
    return int(line.rpartition(":")[2])
