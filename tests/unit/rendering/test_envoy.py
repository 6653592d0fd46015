"""A spec becomes files: equal for equal specs, new only where it changed, keys in one place."""

import json
from pathlib import Path

import pytest
from msgspec.structs import replace

from aigw.rendering.envoy import EnvoyConfig, folded, render
from aigw.rendering.layout import Layout
from aigw.spec.gateway import GatewaySpec, Listen
from aigw.spec.provider import ModelPattern, Provider
from aigw.spec.routing import AutoRouting, RoutingRule
from aigw.spec.secret import Secret, Stored

LAYOUT = Layout(
    folder=Path("/data/envoy"),
    admin_socket=Path("/run/aigw/admin.sock"),
    demo_socket=Path("/run/aigw/demo.sock"),
    access_log=Path("/data/logs/access.log"),
    ca_file=Path("/etc/ssl/ca.pem"),
)


def provider(provider_id: str, type: str, **changes: object) -> Provider:
    made = Provider(
        id=provider_id,
        type=type,
        models=(ModelPattern(f"{provider_id}-*"),),
        patterns_given=True,
        keys=(Stored(),),
        url="",
        model_map={},
        options={},
    )
    return replace(made, **changes)


RULE = RoutingRule(name="deep", pattern="(?i)^deep", trigger="deep", model="openai-x")
SPEC = GatewaySpec(
    providers=(provider("openai", "openai"), provider("claude", "claude")),
    auto_routing=AutoRouting(enabled=True, default="openai-y", rules=(RULE,)),
)
RING = {"openai": (Secret("canary-one"), Secret("canary-two")), "claude": (Secret("canary-three"),)}


def rendered(spec: GatewaySpec = SPEC, ring: dict[str, tuple[Secret, ...]] = RING) -> EnvoyConfig:
    return render(spec, ring, LAYOUT, generation="g1")


def versions(config: EnvoyConfig) -> dict[str, str]:
    return {
        "listeners": config.listeners.version,
        "clusters": config.clusters.version,
        "routes": config.routes.version,
        **{name: secret.version for name, secret in config.secrets.items()},
    }


def text(config: EnvoyConfig) -> str:
    """Everything but the keys' own files."""
    files = (config.listeners, config.clusters, config.routes)
    return json.dumps([dict(config.bootstrap), *(file.tree() for file in files)])


def test_the_same_spec_is_the_same_files() -> None:
    assert rendered() == rendered()
    assert text(rendered()) == text(rendered())


def test_a_cluster_a_route_and_a_secret_stand_for_each_key() -> None:
    config = rendered()
    names = ["openai.1", "openai.2", "claude.1"]
    assert [cluster["name"] for cluster in config.clusters.resources] == names
    assert [*config.secrets] == names
    assert config.secrets["openai.2"].resources == (
        {
            "@type": "type.googleapis.com/envoy.extensions.transport_sockets.tls.v3.Secret",
            "name": "key.openai.2",
            "generic_secret": {"secret": {"inline_string": "canary-two"}},
        },
    )


def test_keys_are_in_their_own_files_only() -> None:
    config = rendered()
    assert "canary" not in text(config)
    assert "canary" not in json.dumps(folded(config))
    assert "canary-one" in json.dumps(config.secrets["openai.1"].tree())


CHANGES: dict[str, tuple[GatewaySpec, dict[str, tuple[Secret, ...]], set[str]]] = {
    "a key": (SPEC, {**RING, "claude": (Secret("new"),)}, {"claude.1"}),
    "one key more": (
        SPEC,
        {**RING, "claude": (*RING["claude"], Secret("new"))},
        {"claude.2", "clusters", "routes"},
    ),
    "a rule": (
        replace(SPEC, auto_routing=replace(SPEC.auto_routing, rules=())),
        RING,
        {"routes"},
    ),
    "a pattern": (
        SPEC.with_provider(provider("openai", "openai", models=(ModelPattern("x"),))),
        RING,
        {"routes"},
    ),
    "a model map": (
        SPEC.with_provider(provider("openai", "openai", model_map={"a": "b"})),
        RING,
        {"clusters", "routes"},
    ),
    "a url": (
        SPEC.with_provider(provider("openai", "openai", url="http://127.0.0.1:9000")),
        RING,
        {"clusters"},
    ),
    "a provider less": (SPEC.without_provider("claude"), RING, {"claude.1", "clusters", "routes"}),
    "a port": (replace(SPEC, listen=Listen(http=9999)), RING, {"listeners"}),
}


@pytest.mark.parametrize(("spec", "ring", "changed"), CHANGES.values(), ids=CHANGES.keys())
def test_only_what_changed_has_a_new_version(
    spec: GatewaySpec, ring: dict[str, tuple[Secret, ...]], changed: set[str]
) -> None:
    before, after = versions(rendered()), versions(rendered(spec, ring))
    names = before.keys() | after.keys()
    assert {name for name in names if before.get(name) != after.get(name)} == changed


def test_a_new_generation_changes_the_routes_alone() -> None:
    after = versions(render(SPEC, RING, LAYOUT, generation="g2"))
    before = versions(rendered())
    assert {name for name in before if before[name] != after[name]} == {"routes"}


def test_the_listener_and_the_bootstrap_know_nothing_of_providers() -> None:
    bare = rendered(GatewaySpec(), {})
    assert bare.listeners == rendered().listeners
    assert bare.bootstrap == rendered().bootstrap


def test_a_provider_without_keys_has_no_secret() -> None:
    config = rendered(GatewaySpec(providers=(provider("demo", "demo"),)), {})
    assert [cluster["name"] for cluster in config.clusters.resources] == ["demo.1"]
    assert dict(config.secrets) == {}
    assert "credential_injector" not in text(config)
