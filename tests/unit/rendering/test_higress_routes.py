"""Patterns become routes that mean what was written, under names that put them in their order."""

import json
from typing import Any

import pytest
import re2

from aigw.rendering.higress import Resources
from tests.higress_routes import decision
from tests.unit.rendering.stores import (
    FIXTURES,
    ai_routes_of,
    annotations_of,
    keyed,
    rendered,
    spec_for_higress,
)

MATCHES = "-match-header-"


def store_of(*patterns: str) -> Resources:
    return rendered(spec_for_higress(keyed("p", "openai", *patterns)))


def matches_of(resources: Resources) -> dict[str, str]:
    """Return by route what it matches: `prefix: qwen-`."""
    found = {}
    for path in resources:
        if path.startswith("ingresses/ai-route-"):
            route = path.removeprefix("ingresses/ai-route-").removesuffix(".internal.yaml")
            annotations = annotations_of(resources, route)
            match = [name for name in annotations if MATCHES in name]
            kinds = [name.removeprefix("higress.io/").partition(MATCHES)[0] for name in match]
            values = [annotations[name] for name in match]
            found[route] = "".join(map("{}: {}".format, kinds, values))
    return found


FORCED = {"0-p": "exact: p"}


@pytest.mark.parametrize(
    ("patterns", "matches"),
    [
        (["gpt-4-turbo"], {"e-p": "exact: gpt-4-turbo"}),
        (["gpt-4o", "gpt-4.1"], {"e-p": r"regex: ^(gpt-4o|gpt-4\.1)"}),
        (["qwen-*"], {"p994-p": "prefix: qwen-"}),
        (["qwen*", "kimi*", "o1*"], {"p995-p": "regex: ^(qwen.*|kimi.*)", "p997-p": "prefix: o1"}),
        (["*-turbo"], {"q993-p": "regex: ^(.*-turbo)$"}),
        (["command-*-plus"], {"q991-p": "regex: ^(command-.*-plus)$"}),
        (["a.*+b", "*[x]*"], {"q996-p": r"regex: ^(.*\[x\].*)$", "q997-p": r"regex: ^(a\..*\+b)$"}),
        (["*"], {"z-p": ""}),
        ([], {}),
        (
            ["claude-3-5-sonnet-*", "claude-opus-4-20250514"],
            {"p981-p": "prefix: claude-3-5-sonnet-", "e-p": "exact: claude-opus-4-20250514"},
        ),
        (["a/b c,d=é"], {"e-p": "exact: a/b c,d=é"}),
    ],
    ids=str,
)
def test_a_pattern_is_matched_as_it_is_meant(patterns: list[str], matches: dict[str, str]) -> None:
    assert matches_of(store_of(*patterns)) == FORCED | matches


def test_only_what_the_console_cannot_show_has_no_ai_route() -> None:
    store = store_of("o3", "gpt-*", "*-mini", "*")
    assert {*matches_of(store)} - {*ai_routes_of(store)} == {"q994-p"}
    assert {name: route.get("modelPredicates") for name, route in ai_routes_of(store).items()} == {
        "0-p": None,
        "e-p": [{"matchType": "EQUAL", "matchValue": "o3"}],
        "p995-p": [{"matchType": "PRE", "matchValue": "gpt-"}],
        "z-p": None,
    }


def test_several_names_are_matched_as_the_console_would() -> None:
    """The console wrote this Ingress for these predicates, when the recordings were made."""
    steps = json.loads((FIXTURES / "recordings" / "routes-crud.json").read_text(encoding="utf-8"))
    seen = set()
    for step in steps:
        body = step["request"]["body"]
        for path, text in step["files"].items():
            if path.startswith("ingresses/") and text and isinstance(body, dict):
                seen |= {line.strip() for line in text.splitlines() if "regex" + MATCHES in line}
    assert any(r"^(gpt-4o|a\.b\*c.*)" in line for line in seen)


@pytest.mark.parametrize("order", [("zeta", "alpha"), ("alpha", "zeta")])
def test_of_equal_globs_the_provider_listed_first_serves(order: tuple[str, str]) -> None:
    first, second = order
    store = rendered(
        spec_for_higress(
            keyed(first, "openai", "*-a-*", "x*"), keyed(second, "openai", "*-b-*", "y*")
        )
    )
    assert decision(store, "m-a-b-x") == (first, "m-a-b-x")
    assert decision(store, "m-b-") == (second, "m-b-")


def test_names_of_globs_are_numbered_only_where_ids_would_turn_their_order() -> None:
    sorted_ids = rendered(
        spec_for_higress(keyed("a", "openai", "*-a"), keyed("b", "openai", "*-b"))
    )
    turned = rendered(spec_for_higress(keyed("b", "openai", "*-b"), keyed("a", "openai", "*-a")))
    assert [name for name in matches_of(sorted_ids) if name[0] == "q"] == ["q997-a", "q997-b"]
    assert [name for name in matches_of(turned) if name[0] == "q"] == ["q997n000-b", "q997n001-a"]


def test_azure_and_openai_stand_side_by_side() -> None:
    azure = keyed("azure", "azure", "gpt-4o-eu", options={"azureResource": "res"})
    store = rendered(spec_for_higress(azure, keyed("openai", "openai", "gpt-*")))
    assert decision(store, "gpt-4o-eu") == ("azure", "gpt-4o-eu")
    assert decision(store, "gpt-4o") == ("openai", "gpt-4o")
    assert decision(store, "gpt-4o", forced="azure") == ("azure", "gpt-4o")


def test_a_catch_all_takes_nothing_that_another_is_for() -> None:
    store = rendered(
        spec_for_higress(keyed("aa", "openrouter", "*"), keyed("zz", "openai", "gpt-*", "*-x", "e"))
    )
    assert [decision(store, name) for name in ("gpt-5", "a-x", "e")] == [
        ("zz", name) for name in ("gpt-5", "a-x", "e")
    ]
    assert decision(store, "anything") == ("aa", "anything")


def test_exactly_the_name_is_matched() -> None:
    store = store_of("gpt-4", "glm-4.5", "a|b")
    assert [decision(store, name) for name in ("gpt-4o", "glm-495", "a", "b", "xgpt-4")] == [
        None
    ] * 5


def rules_of(store: Resources, plugin: str) -> list[Any]:
    rules: list[Any] = store[f"wasmplugins/{plugin}.yaml"]["spec"]["matchRules"]
    return rules


def test_tokens_are_counted_on_every_route_and_texts_on_none() -> None:
    store = store_of("o3", "gpt-*", "*-mini", "*")
    assert rules_of(store, "ai-statistics-2.0.1") == [
        {
            "config": {"use_default_response_attributes": True},
            "configDisable": False,
            "ingress": [f"ai-route-{name}.internal"],
        }
        for name in ("0-p", "e-p", "p995-p", "q994-p", "z-p")
    ]


def test_no_route_asks_clients_for_a_key() -> None:
    store = store_of("o3", "gpt-*", "*-mini", "*")
    assert rules_of(store, "key-auth.internal") == [
        {"config": {}, "configDisable": True, "ingress": [f"ai-route-{name}.internal"]}
        for name in ("0-p", "e-p", "p995-p", "z-p")
    ]


def test_a_request_is_sent_once() -> None:
    store = store_of("gpt-*", "*-mini")
    for route in matches_of(store):
        annotations = annotations_of(store, route)
        retries = {name: value for name, value in annotations.items() if "next-upstream" in name}
        assert retries == {"higress.io/enable-proxy-next-upstream": "false"}


@pytest.mark.parametrize(
    ("provider", "removed"),
    [
        (keyed("p", "openai", "x"), False),
        (keyed("p", "claude", "x"), True),
        ({"id": "p", "type": "ollama", "models": ["x"]}, True),
    ],
    ids=["openai", "claude", "ollama"],
)
def test_a_client_s_key_is_not_sent_to_a_provider(
    *, provider: dict[str, Any], removed: bool
) -> None:
    store = rendered(spec_for_higress(provider))
    listed = annotations_of(store, "e-p")["higress.io/request-header-control-remove"].split(",")
    assert {"x-hi-original-auth", "cookie", "x-aigw-provider", "x-mse-consumer"} <= {*listed}
    assert ("authorization" in listed) is removed
    assert ai_routes_of(store)["e-p"]["headerControl"]["request"]["remove"] == listed


def test_every_expression_is_one_for_envoy() -> None:
    store = store_of("a", "b(", "[c*", "{d*", "*\U0001d538*", "?*$^")
    for match in matches_of(store).values():
        if match.startswith("regex: "):
            re2.compile(match.removeprefix("regex: "))
