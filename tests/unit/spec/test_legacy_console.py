"""What people did in the console of an old gateway, and what the script did to them."""

import json
from collections.abc import Mapping
from pathlib import Path

import pytest
import yaml

from tests.old_installation import AI_PROXY, edit, old_folder, understood

PEOPLES = """
apiVersion: extensions.higress.io/v1alpha1
kind: WasmPlugin
metadata: {name: mine, labels: {higress.io/wasm-plugin-name: %s}}
spec: {url: "oci://example.com/plugins/%s:1.0.0"}
"""


@pytest.fixture
def old(tmp_path: Path) -> Path:
    """A folder with a key for DashScope and one for OpenAI."""
    return old_folder(tmp_path / "old", "03-dashscope-openai")


def saved_route(old: Path, name: str, upstreams: list[object], **more: object) -> None:
    """Let the console save an AI route."""
    route = {
        "name": name,
        "pathPredicate": {"matchType": "PRE", "matchValue": "/", "caseSensitive": True},
        "upstreams": upstreams,
        "modelPredicates": [{"matchType": "PRE", "matchValue": "qwen-"}],
        **more,
    }
    body = {"apiVersion": "v1", "kind": "ConfigMap", "data": {"data": json.dumps(route)}}
    (old / "configmaps" / f"ai-route-{name}.yaml").write_text(yaml.safe_dump(body))
    to = " ".join(f"llm-{one['provider']}.internal.dns:443" for one in upstreams)  # type: ignore[index]
    ingress = {"metadata": {"annotations": {"higress.io/destination": to}}}
    (old / "ingresses" / f"ai-route-{name}.internal.yaml").write_text(yaml.safe_dump(ingress))


def provider(old: Path, **fields: object) -> None:
    """Add a provider to the old ai-proxy."""
    tree = yaml.safe_load((old / AI_PROXY).read_text())
    tree["spec"]["defaultConfig"]["providers"].append(fields)
    (old / AI_PROXY).write_text(yaml.safe_dump(tree))


SHARED: Mapping[str, Mapping[str, object]] = {
    "it lets only some consumers in": {"authConfig": {"enabled": True}},
    "it has a fallback": {"fallbackConfig": {"enabled": True}},
    "it is for some domains only": {"domains": ["a.example"]},
    "it goes by headers": {"headerPredicates": [{"key": "x-team"}]},
    "it goes by parameters of the URL": {"urlParamPredicates": [{"key": "team"}]},
    "it is for another path than `/`": {"pathPredicate": {"matchValue": "/team"}},
}


@pytest.mark.parametrize("reason", SHARED)
def test_a_route_that_a_spec_cannot_say_is_kept_as_it_is(old: Path, reason: str) -> None:
    saved_route(old, "aliyun", [{"provider": "aliyun"}], **SHARED[reason])
    found = understood(old)
    files = ["configmaps/ai-route-aliyun.yaml", "ingresses/ai-route-aliyun.internal.yaml"]
    assert [(one.what, one.why) for one in found.findings.kept] == [
        (file, reason) for file in files
    ]
    assert found.files == tuple(files)


def test_a_provider_that_a_kept_route_names_keeps_its_old_id(old: Path) -> None:
    saved_route(old, "team", [{"provider": "aliyun"}, {"provider": "openai"}])
    assert [one.id for one in understood(old).spec.providers] == ["aliyun", "openai"]


def test_a_route_of_its_own_name_adds_to_the_models_of_its_provider(old: Path) -> None:
    saved_route(old, "team", [{"provider": "aliyun", "modelMapping": {"gpt-x": "qwen-max"}}])
    (dashscope, _) = understood(old).spec.providers
    assert [pattern.text for pattern in dashscope.models] == ["qwen*", "qwen-*"]
    assert dashscope.model_map == {"gpt-x": "qwen-max"}


@pytest.mark.parametrize(
    ("path", "text"),
    [
        pytest.param("wasmplugins/mine.yaml", PEOPLES % ("mine", "mine"), id="a plugin"),
        pytest.param("wasmplugins/key-auth.internal.yaml", "spec: {}\n", id="consumers"),
        pytest.param("ingresses/中文.yaml", "metadata: {}\n", id="a plain route"),
        pytest.param("secrets/tls.yaml", "type: kubernetes.io/tls\n", id="a certificate"),
    ],
)
def test_what_people_made_is_kept(old: Path, path: str, text: str) -> None:
    (old / path).write_text(text, encoding="utf-8")
    assert understood(old).files == (path,)


@pytest.mark.parametrize("name", ["ai-proxy", "model-router", "ai-statistics"])
def test_a_live_copy_of_our_own_plugins_is_left_behind(old: Path, name: str) -> None:
    (old / "wasmplugins" / "copy.bak.yaml").write_text(PEOPLES % (name, name))
    found = understood(old)
    assert (found.files, [one.what for one in found.findings.dropped][-1]) == (
        (),
        "wasmplugins/copy.bak.yaml",
    )


def test_a_service_that_people_registered_is_kept(old: Path) -> None:
    edit(old / "mcpbridges/default.yaml", "  registries:\n", "  registries:\n  - name: redis\n")
    assert understood(old).registries == ("redis",)


def test_a_route_of_a_removed_provider_is_left_behind(old: Path) -> None:
    tree = yaml.safe_load((old / AI_PROXY).read_text())
    providers = tree["spec"]["defaultConfig"]["providers"]
    providers[:] = [one for one in providers if one["id"] != "openai"]
    (old / AI_PROXY).write_text(yaml.safe_dump(tree))
    edit(old / "default.cfg", "OPENAI_API_KEY=sk-openai-0001\n", "")
    found = understood(old)
    assert [one.id for one in found.spec.providers] == ["dashscope"]
    assert "route openai" in [one.what for one in found.findings.dropped]


def test_an_endpoint_of_ones_own_is_a_url(old: Path) -> None:
    url = "https://llm.example/v1/chat/completions?a=b"
    provider(old, id="mine", type="openai", apiTokens=["sk-mine"], openaiCustomUrl=url)
    assert understood(old).spec.providers[-1].url == "https://llm.example/v1"


def test_settings_that_we_do_not_have_are_named_without_their_values(old: Path) -> None:
    more = {"failover": {"enabled": True}, "vertexAuthKey": "CANARY", "protocol": "original"}
    provider(old, id="mine", type="openai", apiTokens=["sk-mine"], **more)
    found = understood(old)
    told = [one.what for one in found.findings.dropped if one.what.startswith("provider mine")]
    assert sorted(told) == [f"provider mine: {name}" for name in sorted(more)]
    assert "CANARY" not in repr(found)


def test_keys_that_were_stored_as_one_are_several(old: Path) -> None:
    edit(old / AI_PROXY, '"sk-dash-0001"', '"k1,k2"')
    found = understood(old)
    assert [key.reveal() for key in found.keys["dashscope"]] == ["k1", "k2"]
    assert "provider aliyun: keys" in [one.what for one in found.findings.corrected]


def test_another_key_in_the_env_file_is_told_and_not_taken(old: Path) -> None:
    edit(old / "default.cfg", "sk-dash-0001", "sk-dash-0002")
    found = understood(old)
    assert [key.reveal() for key in found.keys["dashscope"]] == ["sk-dash-0001"]
    assert found.moved == ("OPENAI_API_KEY",)
    assert found.findings.dropped[0].what == "provider aliyun: key in DASHSCOPE_API_KEY"


def test_a_key_that_no_header_can_carry_is_refused_unseen(old: Path) -> None:
    edit(old / AI_PROXY, '"sk-dash-0001"', '"sk-dash-中文"')
    found = understood(old)
    assert [one.id for one in found.spec.providers] == ["openai"]
    assert "中文" not in repr(found)


def test_both_kinds_of_claude_keys_are_two_providers(tmp_path: Path) -> None:
    old = old_folder(tmp_path / "old", "06-claude-code-key")
    edit(old / AI_PROXY, "YOUR_CLAUDE_API_KEY", "sk-ant-api")
    found = understood(old)
    assert [(one.id, len(one.models)) for one in found.spec.providers] == [
        ("claude", 1),
        ("claude-code", 0),
    ]
    assert {name: key.reveal() for name, (key,) in found.keys.items()} == {
        "claude": "sk-ant-api",
        "claude-code": "sk-ant-oat-0001",
    }


@pytest.mark.parametrize(
    ("lines", "ports"),
    [
        pytest.param({"GATEWAY_HTTP_PORT=8080": "GATEWAY_HTTP_PORT=9090"}, 9090, id="another"),
        pytest.param({"GATEWAY_HTTP_PORT=8080": "GATEWAY_HTTP_PORT=abc"}, 8080, id="no port"),
        pytest.param({"GATEWAY_HTTP_PORT=8080": "GATEWAY_HTTP_PORT=8443"}, 8080, id="taken twice"),
        pytest.param({"GATEWAY_HTTP_PORT=8080\n": ""}, 8080, id="none"),
    ],
)
def test_the_port_is_the_old_one(old: Path, lines: dict[str, str], ports: int) -> None:
    for before, after in lines.items():
        edit(old / "default.cfg", before, after)
    assert understood(old).spec.listen.http == ports


@pytest.mark.parametrize(
    ("path", "old_text", "new_text"),
    [
        ("configmaps/higress-config.yaml", 'resourceVersion: "1"', 'resourceVersion: "2"'),
        ("wasmplugins/ai-statistics-1.0.0.yaml", "use_default_attributes: true", "attributes: []"),
    ],
    ids=["global settings", "what is logged"],
)
def test_a_change_that_we_write_over_is_told(
    old: Path, path: str, old_text: str, new_text: str
) -> None:
    edit(old / path, old_text, new_text)
    assert path in [one.what for one in understood(old).findings.dropped]


def test_a_setting_of_ones_own_in_the_env_file_is_told(old: Path) -> None:
    edit(old / "default.cfg", "MODE=full", "MODE=full\nGATEWAY_CONCURRENCY=2\nsk-half-a-key=1")
    dropped = [one.what for one in understood(old).findings.dropped]
    assert [what for what in dropped if what.startswith("default.cfg")] == [
        "default.cfg: GATEWAY_CONCURRENCY"
    ]
