"""What the console is sent says all that stands in the store, in the console's own words."""

import json
from typing import Any

import pytest

from aigw.rendering.console_forms import has_console_handler, provider_form, route_form
from tests.unit.rendering.stores import (
    AI_PROXY,
    BRIDGE,
    FIXTURES,
    MINIMAL,
    ai_routes_of,
    keyed,
    providers_of,
    rendered,
    spec_for_higress,
)

RECORDINGS = FIXTURES / "recordings"


def store_of(entry: dict[str, Any], **registry: object) -> dict[str, dict[str, Any]]:
    return {
        AI_PROXY: {"spec": {"defaultConfig": {"providers": [{"id": "other"}, entry]}}},
        BRIDGE: {"spec": {"registries": [{"name": f"llm-{entry['id']}.internal", **registry}]}},
    }


def test_a_provider_is_sent_whole() -> None:
    entry = {
        "id": "p",
        "type": "qwen",
        "protocol": "original",
        "apiTokens": ["a", "b"],
        "failover": {"enabled": True, "healthCheckModel": "m", "failoverOnStatus": ["5.*"]},
        "theirs": {"x": [1]},
    }
    assert provider_form(store_of(entry, proxyName="proxy"), "p") == {
        "name": "p",
        "type": "qwen",
        "protocol": "original",
        "proxyName": "proxy",
        "tokens": ["a", "b"],
        "tokenFailoverConfig": {
            "enabled": True,
            "failureThreshold": None,
            "successThreshold": None,
            "healthCheckInterval": None,
            "healthCheckTimeout": None,
            "healthCheckModel": "m",
        },
        "rawConfigs": entry,
    }


@pytest.mark.parametrize("provider_id", [*providers_of(MINIMAL)])
def test_a_rendered_provider_has_the_console_s_protocol(provider_id: str) -> None:
    form = provider_form(MINIMAL, provider_id)
    assert (form["protocol"], form["tokenFailoverConfig"]) == ("openai/v1", None)


def test_a_provider_without_keys_is_sent_none() -> None:
    store = rendered(spec_for_higress({"id": "ollama", "type": "ollama"}))
    assert provider_form(store, "ollama")["tokens"] == []


def test_a_route_is_sent_as_it_is_shown_and_without_a_version() -> None:
    store = rendered(spec_for_higress(keyed("openai", "openai", "gpt-*", "o3")))
    for name, shown in ai_routes_of(store).items():
        assert route_form(store, name) == shown
        assert "version" not in shown


def test_what_is_not_in_the_store_is_not_sent() -> None:
    with pytest.raises(KeyError):
        provider_form(MINIMAL, "nobody")
    with pytest.raises(KeyError):
        route_form(MINIMAL, "q993-dashscope")


def test_the_types_the_console_can_save_are_those_it_saved_and_no_other() -> None:
    for file in RECORDINGS.glob("providers-*.json"):
        for step in json.loads(file.read_text(encoding="utf-8")):
            asked, answer = step["request"]["body"], step["response"]
            if isinstance(asked, dict) and asked.get("type"):
                refused = "is not supported" in str(answer["body"])
                saved = answer["status"] in {200, 201}
                assert has_console_handler(asked["type"]) or refused or not saved
                assert not (has_console_handler(asked["type"]) and refused)
