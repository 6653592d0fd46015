"""What the model router is shown, and what is kept of a body meanwhile."""

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lupa import luajit21

from aigw.rendering import assets
from aigw.rendering.lua import program

LUA = luajit21.LuaRuntime(encoding=None)
MODULES = assets.modules(("shared/errors", "higress/bodies", "higress/names", "higress/hygiene"))
BODIES, NAMES, HYGIENE = LUA.execute(program({}, MODULES, "return bodies, names, hygiene").encode())


@settings(deadline=None)
@given(words=st.text())
def test_the_router_reads_exactly_what_was_said(words: str) -> None:
    shown = BODIES[b"for_router"](words.encode())
    assert json.loads(shown) == {
        "model": "higress/auto",
        "messages": [{"role": "user", "content": words}],
    }


@settings(deadline=None)
@given(body=st.lists(st.sampled_from([b"\0", b"\1", b"\2", b"\3", b"a", b"\xff"])).map(b"".join))
def test_a_kept_body_comes_back_and_has_no_nul(body: bytes) -> None:
    packed = BODIES[b"packed"](body)
    assert b"\0" not in packed
    assert BODIES[b"unpacked"](packed) == body
    assert BODIES[b"is_packed"](body) is (b"\0" in body)


@pytest.mark.parametrize(
    ("route", "owner"),
    [
        ("ai-route-0-openai.internal", ("0", "openai")),
        ("ai-route-e-my-own-1.internal", ("e", "my-own-1")),
        ("ai-route-p992-e-0.internal", ("p992", "e-0")),
        ("ai-route-q993-z.internal", ("q993", "z")),
        ("ai-route-z-openrouter.internal", ("z", "openrouter")),
        ("higress-system/ai-route-z-a.internal", ("z", "a")),
        ("ai-route-mine.internal", None),
        ("ai-route-x-mine.internal", None),
        ("ai-route-p-mine.internal", None),
        ("aigw-health.internal", None),
        ("", None),
    ],
)
def test_a_route_of_ours_says_rank_and_provider(route: str, owner: tuple[str, str] | None) -> None:
    found = NAMES[b"rank_and_provider"](route.encode())
    assert (found and tuple(part.decode() for part in found)) == owner


@pytest.mark.parametrize(
    ("route", "provider"),
    [("ai-route-mine.internal", "mine"), ("default", "default"), ("ai-route-0-a.internal", "a")],
)
def test_a_route_of_somebody_else_has_a_name_all_the_same(route: str, provider: str) -> None:
    assert NAMES[b"provider"](route.encode()) == provider.encode()


def test_what_only_the_gateway_may_say_is_removed() -> None:
    left = {"user-agent", "x-custom", "x-request-id", "x-forwarded-for", "x-hidden", "xx-aigw-a"}
    unwanted = {"cookie", "authorization", "x-aigw-table", "x-envoy-a", "x-mse-consumer", "x-hi-a"}
    headers = LUA.execute(b"return {remove = function(self, name) self[name] = nil end}")
    for name in left | unwanted:
        headers[name.encode()] = b"x"
    HYGIENE(headers)
    assert {name.decode() for name in headers} - {"remove"} == left
