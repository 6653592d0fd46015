"""What the old script made of a provider is kept where it was right, and nothing else is."""

from typing import Any

import pytest

from aigw.rendering.store_yaml import dump
from tests.unit.rendering.stores import (
    GOLDEN,
    annotations_of,
    keyed,
    providers_of,
    registries_of,
    rendered,
    spec_for_higress,
    store,
)

SCRIPT = [
    pytest.param(
        "02-dashscope-only",
        {"aliyun": keyed("aliyun", "dashscope", "qwen*")},
        {"aliyun": "sk-dash-0001"},
        id="02",
    ),
    pytest.param(
        "03-dashscope-openai",
        {
            "aliyun": keyed("aliyun", "dashscope", "qwen*"),
            "openai": keyed("openai", "openai", "gpt-*"),
        },
        {"aliyun": "sk-dash-0001", "openai": "sk-openai-0001"},
        id="03",
    ),
    pytest.param(
        "04-zhipuai-domain-codeplan",
        {
            "zhipuai": keyed(
                "zhipuai",
                "zhipuai",
                "glm-*",
                options={"zhipuDomain": "api.z.ai", "zhipuCodePlanMode": True},
            )
        },
        {"zhipuai": "zp-0001"},
        id="04",
    ),
    pytest.param(
        "05-claude-version",
        {"claude": keyed("claude", "claude", "claude-*", options={"claudeVersion": "2024-10-22"})},
        {"claude": "sk-ant-0001"},
        id="05",
    ),
    pytest.param(
        "09-openrouter-openai",
        {
            "openrouter": keyed("openrouter", "openrouter", "*"),
            "openai": keyed("openai", "openai", "gpt-*"),
        },
        {"openrouter": "sk-or-0001", "openai": "sk-openai-0001"},
        id="09",
    ),
    pytest.param(
        "10-multi-comma-keys",
        {
            "aliyun": keyed("aliyun", "dashscope", "qwen*"),
            "openai": keyed("openai", "openai", "gpt-*"),
        },
        {"aliyun": ("sk-a", "sk-b", "sk-c"), "openai": ("sk-o1", "sk-o2")},
        id="10",
    ),
    pytest.param(
        "12-ollama-host-port",
        {
            "ollama": {
                "id": "ollama",
                "type": "ollama",
                "options": {"ollamaServerHost": "192.168.1.20"},
            }
        },
        {},
        id="12",
    ),
    pytest.param(
        "13-auto-routing",
        {"aliyun": keyed("aliyun", "dashscope", "qwen*")},
        {"aliyun": "sk-dash-0001"},
        id="13",
    ),
]


@pytest.mark.parametrize(("folder", "trees", "keys"), SCRIPT)
def test_a_provider_is_what_the_script_made_it_where_that_was_right(
    folder: str, trees: dict[str, Any], keys: dict[str, Any]
) -> None:
    """But for what the console adds, and a key that no Ollama has."""
    theirs = store(GOLDEN / folder / "data")
    ours = rendered(spec_for_higress(*trees.values()), **keys)
    for provider_id, entry in providers_of(ours).items():
        old = {**providers_of(theirs)[provider_id]}
        if provider_id == "ollama":
            del old["apiTokens"]
            old["ollamaServerPort"] = int(old["ollamaServerPort"])
        assert old.items() <= entry.items()
        assert registries_of(ours)[provider_id] == registries_of(theirs)[provider_id]
        assert [
            annotations_of(ours, f"0-{provider_id}")["higress.io/destination"],
        ] == [annotations_of(theirs, provider_id)["higress.io/destination"]]


@pytest.mark.parametrize(("folder", "trees", "keys"), SCRIPT)
def test_only_configured_providers_exist(
    folder: str, trees: dict[str, Any], keys: dict[str, Any]
) -> None:
    ours = rendered(spec_for_higress(*trees.values()), **keys)
    text = "".join(map(dump, ours.values()))
    assert [*providers_of(ours)] == [*trees]
    assert {*registries_of(ours)} == {"higress-console", *trees}
    assert "YOUR_" in "".join(map(dump, store(GOLDEN / folder / "data").values()))
    assert "YOUR_" not in text


def test_auto_routing_is_the_script_s_with_its_rules() -> None:
    theirs = store(GOLDEN / "13-auto-routing" / "data")
    spec = spec_for_higress(
        keyed("aliyun", "dashscope", "qwen*"),
        autoRouting={"enabled": True, "default": "qwen-turbo", "rules": []},
    )
    router = "wasmplugins/model-router.internal.yaml"
    old = theirs[router]["spec"]["defaultConfig"]["autoRouting"]
    new = rendered(spec)[router]["spec"]["defaultConfig"]["autoRouting"]
    assert new == {**old, "rules": new["rules"]}
    assert new["rules"] == []
