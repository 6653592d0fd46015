"""A gateway as objects of a cluster: each one is taken, and no key is where it should not be."""

import json
from typing import Any

import pytest
import yaml

from aigw.rendering.higress import HigressSettings, render
from aigw.rendering.kubernetes import files, manifests, stream
from aigw.rendering.kubernetes_checks import problems
from aigw.spec.gateway import GatewaySpec
from aigw.spec.secret import Secret
from tests.unit.rendering.cluster import refusals
from tests.unit.rendering.stores import GENERATION, PASSWORD, keyed, spec_for_higress
from tests.unit.rendering.told import NEEDED, RUNNABLE
from tests.unit.spec.trees import spec_of

KEY = "sk-canary-0123456789"
AT_HOME = {"ollama", "vllm"}
"""Types that are on the user's own machine where no url is given."""

SMALL = spec_for_higress(
    keyed("openai", "openai", "gpt-*", "o3"),
    keyed("dashscope", "dashscope", "qwen-*", "*-coder"),
    keyed("openrouter", "openrouter", "*"),
    autoRouting={
        "enabled": True,
        "default": "qwen-turbo",
        "rules": [{"name": "deep", "trigger": "深入思考|y", "model": "o3"}],
    },
)
EVERY_TYPE = spec_for_higress(
    *(
        keyed(name, name, f"{name}-*", **NEEDED.get(name, {}))
        for name in RUNNABLE
        if name not in AT_HOME
    )
)
SPECS = {"small": SMALL, "every type": EVERY_TYPE, "no provider": spec_for_higress()}


def objects_of(spec: GatewaySpec) -> dict[str, dict[str, Any]]:
    """Return the objects for a spec whose providers all have one key."""
    ring = {provider.id: (Secret(KEY),) for provider in spec.providers}
    settings = HigressSettings(defaults={}, password=PASSWORD)
    return manifests(render(spec, ring, settings, generation=GENERATION))


@pytest.mark.parametrize("spec", SPECS.values(), ids=SPECS.keys())
def test_every_object_is_one_that_a_cluster_takes_whole(spec: GatewaySpec) -> None:
    found = {path: refusals(body) for path, body in objects_of(spec).items()}
    assert {path: words for path, words in found.items() if words} == {}


def test_what_a_cluster_would_refuse_or_lose_is_noticed() -> None:
    plugin = objects_of(SMALL)["manifests/wasmplugins/model-router.internal.yaml"]
    for name, value in {"priority": "900", "phase": "AUTH", "urll": "oci://x"}.items():
        assert refusals({**plugin, "spec": {**plugin["spec"], name: value}})
    metadata = {**plugin["metadata"], "resourceVersion": "1"}
    assert refusals({**plugin, "metadata": metadata})


def test_the_files_say_what_the_objects_are() -> None:
    objects = objects_of(SMALL)
    written = files(objects)
    assert {path: yaml.safe_load(written[path]) for path in objects} == objects
    assert list(yaml.safe_load_all(stream(objects))) == list(objects.values())
    assert {path.split("/")[0] for path in written} == {
        ".gitignore",
        "manifests",
        "mcpbridge.patch.json",
        "mcpbridge.yaml",
        "secrets",
        "values.yaml",
    }


def test_a_file_is_called_as_its_object_is() -> None:
    for path, body in objects_of(SMALL).items():
        if path.startswith("manifests/"):
            _, folder, file = path.split("/")
            assert file == f"{body['metadata']['name']}.yaml"
            assert folder.startswith(body["kind"].lower())


def test_keys_are_in_the_secrets_alone() -> None:
    written = files(objects_of(EVERY_TYPE))
    assert [path for path, text in written.items() if KEY in text] == [
        "secrets/ai-proxy.internal.yaml"
    ]
    encoded = "bWFkZS11cC1wYXNz"
    assert [path for path, text in written.items() if encoded in text] == [
        "secrets/higress-console.yaml"
    ]
    assert "/secrets/" in written[".gitignore"].splitlines()


def test_plugins_come_from_the_registry_by_the_tags_that_it_has() -> None:
    urls = {
        body["metadata"]["name"]: body["spec"]["url"]
        for body in objects_of(SMALL).values()
        if body["kind"] == "WasmPlugin"
    }
    registry = "oci://higress-registry.cn-hangzhou.cr.aliyuncs.com/plugins"
    assert urls == {
        "ai-proxy.internal": f"{registry}/ai-proxy:2.0.1",
        "ai-statistics-2.0.1": f"{registry}/ai-statistics:2.0.1",
        "key-auth.internal": f"{registry}/key-auth:2.0.0",
        "model-router.internal": f"{registry}/model-router:2.0.1",
    }


def test_nothing_leads_to_what_is_only_in_the_container() -> None:
    written = files(objects_of(SMALL))
    filters = ("aigw-edge.yaml", "aigw-table.yaml")  # they look at where a browser's page is from
    text = "".join(text for path, text in written.items() if not path.endswith(filters))
    for word in ("127.0.0.1", "localhost", "higress-console.static", "/var/log"):
        assert word not in text


def test_what_the_chart_owns_is_left_to_it() -> None:
    names = {(body["kind"], body["metadata"]["name"]) for body in objects_of(SMALL).values()}
    assert ("ConfigMap", "higress-config") not in names
    assert ("ConfigMap", "higress-console") not in names


def test_helm_takes_the_secret_of_the_console_into_its_release() -> None:
    metadata = objects_of(SMALL)["secrets/higress-console.yaml"]["metadata"]
    assert metadata["labels"] == {"app.kubernetes.io/managed-by": "Helm"}
    assert metadata["annotations"] == {
        "meta.helm.sh/release-name": "higress",
        "meta.helm.sh/release-namespace": "higress-system",
    }


def test_the_values_are_what_we_change_in_the_chart() -> None:
    assert yaml.safe_load(files(objects_of(SMALL))["values.yaml"]) == {
        "global": {"ingressClass": "higress"},
        "higress-core": {
            "gateway": {"service": {"type": "ClusterIP"}},
            "downstream": {"connectionBufferLimits": 33554432},
            "meshConfig": {"dnsRefreshRate": "30s"},
        },
    }


def test_the_patch_adds_our_registries_to_those_of_a_cluster() -> None:
    objects = objects_of(SMALL)
    patch = json.loads(files(objects)["mcpbridge.patch.json"])
    assert {(step["op"], step["path"]) for step in patch} == {("add", "/spec/registries/-")}
    registries = [step["value"] for step in patch]
    assert registries == objects["mcpbridge.yaml"]["spec"]["registries"]
    assert [registry["name"] for registry in registries] == [
        "llm-openai.internal",
        "llm-dashscope.internal",
        "llm-openrouter.internal",
    ]


HERE = "is on this machine, where no cluster finds it: it needs a host that pods can reach"
REFUSED = [
    pytest.param(
        {"id": "mine", "type": "custom-openai", "url": "http://localhost:1234/v1", "models": ["m"]},
        ("providers[0]", f"`mine` {HERE}"),
        id="a url on this machine",
    ),
    pytest.param(
        {"id": "ollama", "type": "ollama", "models": ["m"]},
        ("providers[0]", f"`ollama` {HERE}"),
        id="a type that is on this machine",
    ),
    pytest.param(
        {
            "id": "p",
            "type": "custom-openai",
            "url": "http://host.docker.internal/v1",
            "models": ["m"],
        },
        ("providers[0]", f"`p` {HERE}"),
        id="Docker's name for this machine",
    ),
    pytest.param(
        {"id": "p", "type": "custom-openai", "url": "http://[fd00::1]/v1", "models": ["m"]},
        (
            "providers[0]",
            "Higress reaches no provider by an IPv6 address: `fd00::1`; "
            "give a name or an IPv4 address",
        ),
        id="an IPv6 address",
    ),
]


@pytest.mark.parametrize(("provider", "problem"), REFUSED)
def test_what_a_cluster_cannot_have_is_named(
    provider: dict[str, object], problem: tuple[str, str]
) -> None:
    found = problems(spec_of(provider), {})
    assert [(one.path, one.message) for one in found] == [problem]


def test_a_provider_that_only_the_embedded_engine_runs_is_named() -> None:
    (found,) = problems(spec_of({"id": "demo", "type": "demo", "models": ["m"]}), {})
    assert found.path == "providers[0].type"
    assert found.message.startswith("cannot be used on the higress engine: ")
