"""The EnvoyFilters around Higress's plugins, and the Lua in them without an Envoy around it."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lupa import lua51, luajit21

from aigw.rendering.higress_edge import (
    PROXY_NAMES,
    ROUTER,
    ROUTER_NAMES,
    edge_filter,
    table_filter,
)
from aigw.spec.gateway import GatewaySpec
from aigw.spec.provider import PatternKind
from aigw.spec.routing import AutoRouting
from aigw.spec.serving import serve
from tests.unit.spec.trees import IDS, MODELS, PATTERNS, custom, spec_of

Tree = dict[str, Any]
RUNTIMES = (luajit21.LuaRuntime, lua51.LuaRuntime)


def patches(tree: Tree) -> list[Tree]:
    found: list[Tree] = tree["spec"]["configPatches"]
    return found


def programs() -> dict[str, str]:
    filters = (patch["patch"]["value"] for patch in patches(edge_filter()))
    return {
        each["name"]: each["typed_config"]["default_source_code"]["inline_string"]
        for each in filters
    }


def told(spec: GatewaySpec, generation: str = "g") -> Tree:
    route = patches(table_filter(spec, generation=generation))[0]["patch"]["value"]
    known: Tree = route["metadata"]["filter_metadata"]["envoy.filters.http.lua"]
    return known


def test_the_filters_stand_first_behind_the_router_and_last() -> None:
    placed = [
        (
            each["patch"]["value"]["name"],
            each["patch"]["operation"],
            each["match"]["listener"]["filterChain"]["filter"].get("subFilter", {}).get("name"),
        )
        for each in patches(edge_filter())
    ]
    assert placed == [
        ("aigw.in", "INSERT_FIRST", None),
        ("aigw.out", "INSERT_AFTER", ROUTER_NAMES[0]),
        ("aigw.out2", "INSERT_AFTER", ROUTER_NAMES[1]),
        ("aigw.key", "INSERT_BEFORE", PROXY_NAMES[0]),
        ("aigw.key2", "INSERT_BEFORE", PROXY_NAMES[1]),
        ("aigw.guard", "INSERT_BEFORE", ROUTER),
    ]
    assert {each["match"]["context"] for each in patches(edge_filter())} == {"GATEWAY"}


@pytest.mark.parametrize("name", ["aigw.in", "aigw.out", "aigw.out2", "aigw.key", "aigw.guard"])
@pytest.mark.parametrize("runtime", RUNTIMES, ids=["LuaJIT", "Lua 5.1"])
def test_a_filter_is_a_lua_program(name: str, runtime: Callable[[], Any]) -> None:
    lua = runtime()
    lua.execute(programs()[name])
    assert lua.globals().envoy_on_request


def test_the_table_is_a_route_that_only_our_header_reaches() -> None:
    patch = patches(table_filter(GatewaySpec(), generation="abc"))[0]
    assert (patch["applyTo"], patch["patch"]["operation"]) == ("HTTP_ROUTE", "INSERT_FIRST")
    route = patch["patch"]["value"]
    assert route["name"] == "aigw.table"
    assert route["match"]["headers"] == [{"name": "x-aigw-table", "present_match": True}]
    assert route["direct_response"] == {"status": 404}


def test_the_table_tells_models_and_providers() -> None:
    spec = spec_of(custom("p", "m", "q/whole", "x-*"), custom("q", "o/whole", "模型"))
    known = told(spec, "abc")
    assert json.loads(known["health"])["generation"] == known["generation"] == "abc"
    names = [model["id"] for model in json.loads(known["models"])["data"]]
    assert names == known["names"] == ["m", "q/whole", "o/whole", "模型"]
    assert (known["ids"], known["whole"]) == (["p", "q"], {"q/whole": "p"})


@pytest.mark.parametrize(
    ("routing", "default"),
    [
        (AutoRouting(), ""),
        (AutoRouting(enabled=False, default="m"), ""),
        (AutoRouting(enabled=True), ""),
        (AutoRouting(enabled=True, default="m"), "m"),
    ],
)
def test_the_table_tells_the_default_while_auto_routing_is_on(
    routing: AutoRouting, default: str
) -> None:
    assert told(GatewaySpec(auto_routing=routing))["default"] == default


def test_the_table_holds_what_a_struct_of_protobuf_can_hold() -> None:
    known = told(spec_of(custom("p", "m")))
    assert json.loads(json.dumps(known)) == known


PROVIDERS = st.lists(
    st.tuples(IDS, st.lists(PATTERNS, max_size=4)), max_size=4, unique_by=lambda pair: pair[0]
)
LUA = luajit21.LuaRuntime(encoding=None)
NAMED = LUA.execute(f"{programs()['aigw.in']}\nreturn routes.named".encode())


def named(spec: GatewaySpec, model: str, forced: str) -> tuple[str | None, str | None]:
    """Ask the program for the model and the provider that is named outright."""
    known = told(spec)
    whole = {name.encode(): owner.encode() for name, owner in known["whole"].items()}
    table = LUA.table_from(
        {
            b"generation": b"g",
            b"ids": LUA.table_from([each.encode() for each in known["ids"]]),
            b"whole": LUA.table_from(whole),
        }
    )
    found = NAMED(table, model.encode(), forced.encode() or None)
    first, second, *_ = found if isinstance(found, tuple) else (found, None)
    return first and first.decode(), second and second.decode()


@settings(deadline=None)
@given(pairs=PROVIDERS, data=st.data())
def test_the_program_and_the_spec_name_the_same_provider(
    pairs: list[tuple[str, list[str]]], data: st.DataObject
) -> None:
    spec = GatewaySpec(
        providers=tuple(
            spec_of(custom(name, *dict.fromkeys(patterns))).providers[0] for name, patterns in pairs
        )
    )
    ids = [each.id for each in spec.providers]
    exact = [
        pattern.text
        for each in spec.providers
        for pattern in each.models
        if pattern.kind is PatternKind.EXACT
    ]
    asked = MODELS | st.sampled_from(exact or ["x"])
    model = data.draw(asked | st.tuples(st.sampled_from(ids or ["x"]), asked).map("/".join))
    forced = data.draw(st.sampled_from(["", "nobody", *ids]))
    served = serve(spec, model, forced=forced)
    bare, owner = named(spec, model, forced)
    if owner:
        assert served is not None
        assert (bare, owner) == (served.model, served.provider.id)
    elif bare:  # left to the routes, which know patterns alone
        assert served is None or (served.pattern and served.model == bare)
    else:
        assert served is None
