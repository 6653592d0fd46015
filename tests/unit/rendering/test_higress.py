"""A spec as a whole store, equal to one that ran on a real gateway."""

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aigw.errors import BadUsage
from aigw.rendering.higress import ADMIN_FILE, HigressSettings, Resources, render
from aigw.rendering.higress_checks import problems
from aigw.rendering.store_yaml import dump, load
from aigw.spec.gateway import GatewaySpec
from aigw.spec.reading import parse
from aigw.spec.secret import Secret
from tests.unit.rendering.stores import (
    AI_PROXY,
    GENERATION,
    MINIMAL,
    ai_routes_of,
    keyed,
    providers_of,
    rendered,
    spec_for_higress,
)
from tests.unit.spec.trees import trees

TOKENS = st.text(st.characters(min_codepoint=32, max_codepoint=126), min_size=1, max_size=20)
RULES = [
    {"name": "deep", "pattern": "(?i)^(深入思考|deep thinking)", "model": "gpt-4o"},
    {"name": "code", "pattern": "(?i)^(write|fix) .*code", "model": "local-coder"},
]
OURS_MORE = {"ingresses/aigw-health.internal.yaml", "envoyfilters/aigw-table.yaml"}
MADE_OF_THE_PASSWORD = ("key", "iv")


def minimal() -> dict[str, Any]:
    """Return the rendering of the spec behind `fixtures/higress/minimal`."""
    spec = spec_for_higress(
        keyed("dashscope", "dashscope", "qwen-*", "*-coder"),
        keyed("openai", "openai", "gpt-*", "o3"),
        keyed("openrouter", "openrouter", "*"),
        keyed("anthropic", "claude", "claude-*"),
        keyed("local", "custom-openai", "local-*", url="http://llm.example.com:8000/v1"),
        autoRouting={"enabled": True, "default": "qwen-turbo", "rules": RULES},
    )
    return dict(
        rendered(
            spec,
            dashscope="sk-made-up-dash-1",
            openai="sk-made-up-openai-1",
            openrouter="sk-made-up-or-1",
            anthropic="sk-made-up-anth-1",
            local="sk-made-up-local-1",
        )
    )


def without_answer_headers(path: str, body: dict[str, Any]) -> dict[str, Any]:
    """Leave out the two headers that we added since, and parse what the console keeps as text."""
    tree: dict[str, Any] = json.loads(json.dumps(body))
    if path.startswith("configmaps/ai-route-"):
        route = tree["data"]["data"] = json.loads(tree["data"]["data"])
        route["headerControl"].pop("response", None)
    annotations = tree["metadata"].get("annotations", {})
    annotations.pop("higress.io/response-header-control-add", None)
    return tree


def test_the_store_has_the_files_of_the_one_that_ran() -> None:
    assert {*minimal()} == {*MINIMAL} | OURS_MORE


@pytest.mark.parametrize(
    "path", [path for path in MINIMAL if not path.startswith(("envoyfilters/", "secrets/"))]
)
def test_the_store_equals_the_one_that_ran(path: str) -> None:
    ours = without_answer_headers(path, minimal()[path])
    assert ours == without_answer_headers(path, MINIMAL[path])


def test_the_admin_is_there_before_the_console_starts() -> None:
    ours, theirs = minimal()[ADMIN_FILE], MINIMAL[ADMIN_FILE]
    lengths = {name: len(ours["data"].pop(name)) for name in MADE_OF_THE_PASSWORD}
    assert lengths == {name: len(theirs["data"][name]) for name in MADE_OF_THE_PASSWORD}
    assert ours["data"].items() <= theirs["data"].items()
    assert {**ours, "data": 0} == {**theirs, "data": 0}


def test_every_route_tells_who_answered_and_with_which_configuration() -> None:
    store = minimal()
    for path, body in store.items():
        if path.startswith("ingresses/ai-route-"):
            destination = body["metadata"]["annotations"]["higress.io/destination"]
            provider = destination.removeprefix("llm-").partition(".")[0]
            added = body["metadata"]["annotations"]["higress.io/response-header-control-add"]
            assert added == f"x-aigw-generation {GENERATION}\nx-aigw-provider {provider}"
    for route in ai_routes_of(store).values():
        assert route["headerControl"]["response"]["add"] == [
            {"key": "x-aigw-generation", "value": GENERATION},
            {"key": "x-aigw-provider", "value": route["upstreams"][0]["provider"]},
        ]


def test_there_is_a_listener_without_providers() -> None:
    store = rendered(spec_for_higress())
    assert [path for path in store if path.startswith("ingresses/")] == [
        "ingresses/aigw-health.internal.yaml"
    ]
    assert store["ingresses/aigw-health.internal.yaml"]["spec"]["rules"][0]["http"]["paths"] == [
        {
            "backend": {
                "resource": {
                    "apiGroup": "networking.higress.io",
                    "kind": "McpBridge",
                    "name": "default",
                }
            },
            "path": "/health",
            "pathType": "Exact",
        }
    ]
    assert store[AI_PROXY]["spec"]["defaultConfigDisable"] is True
    assert list(problems(store)) == []


def test_a_store_without_problems_is_written_and_read_back_as_it_is() -> None:
    store = minimal()
    assert list(problems(store)) == []
    assert {path: load(dump(body)) for path, body in store.items()} == store


def test_equal_arguments_give_equal_stores() -> None:
    assert minimal() == minimal()
    assert [*minimal()] == [*minimal()]


def test_a_key_stands_in_the_plugin_and_nowhere_else() -> None:
    spec = spec_for_higress(keyed("openai", "openai", "gpt-*"))
    store = rendered(spec, openai=("sk-canary-1", "sk-canary-2"))
    assert [path for path, body in store.items() if "sk-canary" in dump(body)] == [AI_PROXY]
    assert providers_of(store)["openai"]["apiTokens"] == ["sk-canary-1", "sk-canary-2"]


def rendered_or_refused(spec: GatewaySpec, key: str) -> Resources | str:
    try:
        return rendered(spec, **{provider.id: key for provider in spec.providers})
    except BadUsage as refused:
        return refused.message


@settings(max_examples=20)
@given(trees(), TOKENS)
def test_any_spec_is_a_store_without_problems_or_is_refused_in_words(
    tree: dict[str, Any], key: str
) -> None:
    spec = parse({**tree, "engine": "envoy"}, source="gateway.yaml")
    store = rendered_or_refused(spec, key)
    if isinstance(store, str):
        assert "igress" in store or "url of provider" in store
    else:
        assert list(problems(store)) == []
        assert {path: load(dump(body)) for path, body in store.items()} == store


@pytest.mark.parametrize("key", ["1e3", "08", "y", "~", 'it\'s "quoted" \\n', "a: b #c", "{x}"])
def test_a_key_survives_the_way_into_the_store(key: str) -> None:
    store = rendered(spec_for_higress(keyed("openai", "openai", "gpt-*")), openai=key)
    read = load(dump(store[AI_PROXY]))
    assert read["spec"]["defaultConfig"]["providers"][0]["apiTokens"] == [key]


def test_auto_routing_that_is_off_leaves_no_trace() -> None:
    spec = spec_for_higress(keyed("openai", "openai", "gpt-*"))
    config = rendered(spec)["wasmplugins/model-router.internal.yaml"]["spec"]["defaultConfig"]
    assert config == {"modelToHeader": "x-higress-llm-model"}


def test_a_plugin_of_another_version_has_its_own_address() -> None:
    settings = HigressSettings(defaults={}, password=Secret("p"), plugin_version="1.0.0")
    store = render(spec_for_higress(), {}, settings, generation=GENERATION)
    plugins = {path: body for path, body in store.items() if path.startswith("wasmplugins/")}
    assert "wasmplugins/ai-statistics-1.0.0.yaml" in plugins
    assert {body["spec"]["url"] for body in plugins.values()} == {
        f"http://localhost:8002/plugins/{name}/1.0.0/plugin.wasm"
        for name in ("ai-proxy", "ai-statistics", "key-auth", "model-router")
    }


def test_a_fallback_is_not_rendered_while_nobody_has_verified_it() -> None:
    def store(**more: object) -> Resources:
        one = keyed("openai", "openai", "gpt-*", **more)
        return rendered(spec_for_higress(one, keyed("deepseek", "deepseek", "deepseek-*")))

    assert store(fallback=[{"provider": "deepseek"}]) == store()
