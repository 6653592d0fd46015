"""A spec as a whole store: equal to one that ran on a real gateway, and to what the script made
where that was right."""

import json
from typing import Any

import pytest

from aigw.rendering.higress import ADMIN_FILE, HigressSettings, render
from aigw.rendering.higress_checks import problems
from aigw.rendering.higress_defaults import with_scalar
from aigw.rendering.store_yaml import dump, load
from aigw.spec.secret import Secret
from tests.unit.rendering.stores import (
    AI_PROXY,
    BRIDGE,
    GENERATION,
    GOLDEN,
    MINIMAL,
    ai_routes_of,
    annotations_of,
    keyed,
    providers_of,
    registries_of,
    rendered,
    spec_for_higress,
    store,
)

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


def test_what_the_image_says_beyond_our_edits_stays() -> None:
    defaults = {
        "configmaps/higress-config.yaml": {
            "metadata": {"labels": {"theirs": "1"}},
            "data": {
                "higress": "# theirs\nnew: {connectionBufferLimits: 1}\ndownstream:\n  a: 1\n",
                "mesh": "accessLogFile: /dev/stdout\ntheirs: [1]\n",
                "meshNetworks": "networks: {}",
                "another": "x",
            },
        },
        BRIDGE: {"metadata": {}, "spec": {"registries": [{"name": "nacos"}], "proxies": []}},
        "services/x.yaml": {},
    }
    settings = HigressSettings(defaults=defaults, password=Secret("p"))
    store = render(spec_for_higress(), {}, settings, generation=GENERATION)
    config = store["configmaps/higress-config.yaml"]
    assert config["metadata"]["labels"] == {"theirs": "1", "higress.io/resource-definer": "higress"}
    data = {**config["data"]}
    assert load(data.pop("higress")) == {
        "new": {"connectionBufferLimits": 1},
        "downstream": {"a": 1, "connectionBufferLimits": 33554432},
    }
    assert data == {
        "mesh": '"accessLogFile": /var/log/proxy/access.log\ntheirs: [1]\ndnsRefreshRate: 30s',
        "meshNetworks": "networks: {}",
        "another": "x",
    }
    assert store[BRIDGE]["spec"] == {"registries": [{"name": "nacos"}], "proxies": []}
    assert "services/x.yaml" not in store


@pytest.mark.parametrize(
    "text",
    [
        "",
        "a: 1",
        "top:\n  limit: 1\n",
        "top:\n  b: 2\n  # limit: 9\n  limit: 1 # old\n",
        "other:\n  limit: 7\ntop:\n  'limit': 1\n",
        "top: {limit: 1, b: 2}\n",
        "top:\n  deep:\n    limit: 7\n  limit: 1\n",
        "limit: 5\n",
        "top:\nb: |\n  top:\n    limit: 1\n",
    ],
)
def test_one_value_of_a_text_is_set_and_nothing_else(text: str) -> None:
    wanted = load(text)
    wanted["top"] = {**(wanted.get("top") or {}), "limit": 5}
    assert load(with_scalar(text, ("top", "limit"), 5)) == wanted


def test_the_log_file_is_no_bare_key_however_the_text_was_written() -> None:
    for text in ("accessLogFile: a\n", "{accessLogFile: a, b: c}", "b: c\n", "'accessLogFile': a"):
        edited = with_scalar(text, ("accessLogFile",), "/x")
        assert load(edited)["accessLogFile"] == "/x"
        assert not any(line.startswith("accessLogFile") for line in edited.splitlines())


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
