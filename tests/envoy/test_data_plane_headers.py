"""Which headers reach a provider, and which a client."""

import re
import threading
from pathlib import Path

import pytest

from aigw.rendering.envoy import render
from aigw.spec.secret import Secret
from tests.envoy.client_headers import KEPT_HERE, PASSED
from tests.envoy.gateway import GENERATION, Gateway, keys, provider, wait_for
from tests.envoy.upstream import CHAT, Answer, Upstream, json_answer

pytestmark = pytest.mark.envoy

ALWAYS = {"host", "content-length", "content-type", "x-request-id", "authorization"}


@pytest.mark.parametrize("name", KEPT_HERE)
def test_a_header_for_the_gateway_stays_here(
    gateway: Gateway, upstream: Upstream, name: str
) -> None:
    assert gateway.chat("m", {name: KEPT_HERE[name]}).status == 200
    assert upstream.only().names() == ALWAYS
    assert upstream.only().values("authorization") == ["Bearer sk-p"]


@pytest.mark.parametrize("name", PASSED)
def test_any_other_header_is_passed_on(gateway: Gateway, upstream: Upstream, name: str) -> None:
    gateway.chat("m", {name: PASSED[name]})
    assert upstream.only().names() == ALWAYS | {name}
    assert upstream.only().values(name) == [PASSED[name]]


@pytest.mark.parametrize(
    "given",
    [
        "7",
        "run:model:1",
        "11111111-1111-4111-8111-111111111111",
        "ffffffff-ffff-ffff-ffff-ffffffffffff",
    ],
)
def test_a_request_id_is_kept(gateway: Gateway, upstream: Upstream, given: str) -> None:
    assert gateway.chat("m", {"x-request-id": given}).header("x-request-id") == given
    assert upstream.only().values("x-request-id") == [given]


def test_a_request_without_an_id_gets_one(gateway: Gateway, upstream: Upstream) -> None:
    first, second = gateway.chat("m"), gateway.chat("m")
    ids = [reply.header("x-request-id") or "" for reply in (first, second)]
    assert all(re.fullmatch(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", each) for each in ids)
    assert ids[0] != ids[1]
    assert [request.values("x-request-id")[0] for request in upstream.received] == ids


def test_the_providers_request_id_does_not_replace_ours(
    gateway: Gateway, upstream: Upstream
) -> None:
    upstream.answers(json_answer(CHAT, headers={"x-request-id": "req_theirs"}))
    assert gateway.chat("m", {"x-request-id": "ours"}).header("x-request-id") == "ours"


def test_an_answer_tells_who_served_it(upstream: Upstream, tmp_path: Path) -> None:
    served = provider("p", upstream.url, model_map={"m": "real"})
    with Gateway([served], tmp_path) as gateway:
        reply = gateway.chat("p/m")
    told = {name: value for name, value in reply.headers if name.startswith("x-aigw")}
    assert told == {
        "x-aigw-provider": "p",
        "x-aigw-model": "real",
        "x-aigw-attempts": "1",
        "x-aigw-generation": GENERATION,
    }


def test_the_providers_own_headers_are_passed_on_but_for_what_means_another_server(
    gateway: Gateway, upstream: Upstream
) -> None:
    theirs = {
        "x-ratelimit-remaining": "5",
        "openai-version": "1",
        "set-cookie": "a=b",
        "alt-svc": "h3",
        "x-aigw-provider": "false",
        "x-aigw-rule": "false",
        "x-aigw-generation": "false",
    }
    upstream.answers(json_answer(CHAT, headers=theirs))
    reply = gateway.chat("m")
    assert (reply.header("x-ratelimit-remaining"), reply.header("openai-version")) == ("5", "1")
    for name in ("set-cookie", "alt-svc", "x-aigw-rule"):
        assert reply.header(name) is None
    assert reply.header("x-aigw-provider") == "p"
    assert reply.header("x-aigw-generation") == GENERATION


@pytest.mark.parametrize("path", ["/health", "/v1/models", "/v1/nope", "/v1/chat/completions"])
def test_our_own_answers_have_generation_and_request_id(gateway: Gateway, path: str) -> None:
    reply = gateway.get(path, {"x-request-id": "mine"})
    assert (reply.header("x-aigw-generation"), reply.header("x-request-id")) == (GENERATION, "mine")
    assert reply.header("x-aigw-provider") is None


def test_a_client_cannot_steer_retries_and_timeouts(gateway: Gateway, upstream: Upstream) -> None:
    release = threading.Event()
    upstream.answers(Answer(status=503, before=release))
    steering = {
        "x-envoy-upstream-rq-timeout-ms": "1",
        "x-envoy-upstream-rq-per-try-timeout-ms": "1",
        "x-envoy-retry-on": "5xx",
        "x-envoy-max-retries": "5",
    }
    threading.Timer(0.2, release.set).start()
    assert gateway.chat("m", steering).status == 503
    assert len(upstream.received) == 1


def test_keys_take_turns(upstream: Upstream, tmp_path: Path) -> None:
    ring = keys(p=["one", "two", "three"])
    with Gateway([provider("p", upstream.url)], tmp_path, ring=ring) as gateway:
        for _ in range(6):
            gateway.chat("m")
    used = [request.values("authorization")[0] for request in upstream.received]
    assert used == ["Bearer one", "Bearer two", "Bearer three"] * 2


@pytest.mark.parametrize(
    "key",
    ['"', "'", "\\", "a b", "$(id) `id` %s {{x}} ${x}", "%REQ(x)%", "x" * 8000, "sk-ü"],
    ids=["quote", "apostrophe", "backslash", "blank", "commands", "format", "long", "UTF-8"],
)
def test_a_key_arrives_unaltered(upstream: Upstream, tmp_path: Path, key: str) -> None:
    with Gateway([provider("p", upstream.url)], tmp_path, ring=keys(p=[key])) as gateway:
        gateway.chat("m")
    arrived = upstream.only().values("authorization")[0].encode("latin-1").decode()
    assert arrived == f"Bearer {key}"


def test_a_provider_without_keys_gets_none(upstream: Upstream, tmp_path: Path) -> None:
    with Gateway([provider("p", upstream.url)], tmp_path, ring={"p": ()}) as gateway:
        gateway.chat("m", {"authorization": "Bearer client-secret"})
    assert upstream.only().names() == ALWAYS - {"authorization"}


def test_a_changed_key_is_used_without_a_restart(upstream: Upstream, tmp_path: Path) -> None:
    with Gateway([provider("p", upstream.url)], tmp_path, ring=keys(p=["old"])) as gateway:
        gateway.chat("m")
        renewed = {"p": (Secret("new"),)}
        gateway.write(render(gateway.spec, renewed, gateway.layout, generation="next"))

        def used() -> str | None:
            gateway.chat("m")
            key = upstream.last().values("authorization")[0]
            return None if key == "Bearer old" else key

        assert wait_for(used, what=lambda: "the old key is still used") == "Bearer new"


def test_envoys_own_interface_shows_no_key(upstream: Upstream, tmp_path: Path) -> None:
    ring = keys(p=["canary-6f1c"])
    with Gateway([provider("p", upstream.url)], tmp_path, ring=ring) as gateway:
        gateway.chat("m")
        dump = gateway.admin("/config_dump?include_eds")
        assert "key.p.1" in dump
        for text in (dump, gateway.engine_log.read_text(), gateway.layout.access_log.read_text()):
            assert "canary-6f1c" not in text
