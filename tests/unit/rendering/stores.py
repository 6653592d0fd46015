"""Stores of Higress for tests: recorded ones, and what is rendered for a spec."""

import json
from pathlib import Path
from typing import Any

from aigw.rendering.higress import HigressSettings, Resources, render
from aigw.rendering.store_yaml import load
from aigw.spec.gateway import GatewaySpec
from aigw.spec.secret import Secret
from tests.unit.spec.trees import Tree, spec_of

FIXTURES = Path(__file__).parents[2] / "fixtures" / "higress"
GOLDEN = FIXTURES / "golden"
PASSWORD = Secret("made-up-pass")
GENERATION = "0123456789ab"
AI_PROXY = "wasmplugins/ai-proxy.internal.yaml"
BRIDGE = "mcpbridges/default.yaml"


def store(folder: Path) -> dict[str, dict[str, Any]]:
    """Return every object of a data folder."""
    return {
        str(file.relative_to(folder)): load(file.read_text(encoding="utf-8"))
        for file in sorted(folder.rglob("*.yaml"))
    }


MINIMAL = store(FIXTURES / "minimal")
DEFAULTS = {
    path: body
    for path, body in store(GOLDEN / "01-no-keys" / "data").items()
    if path in {"configmaps/higress-config.yaml", "configmaps/higress-console.yaml"}
}
SETTINGS = HigressSettings(defaults=DEFAULTS, password=PASSWORD)


def keyed(provider_id: str, ptype: str, *models: str, **more: object) -> Tree:
    """Return a provider whose key is stored."""
    return {"id": provider_id, "type": ptype, "keys": ["store"], "models": [*models], **more}


def spec_for_higress(*providers: Tree, **more: object) -> GatewaySpec:
    """Return the spec of a gateway on this engine."""
    return spec_of(*providers, engine="higress", **more)


def rendered(spec: GatewaySpec, **keys: str | tuple[str, ...]) -> Resources:
    """Return the store for a spec; a provider whose keys are not given has `sk-made-up`."""
    ring = {
        provider.id: tuple(map(Secret, _several(keys.get(provider.id, "sk-made-up"))))
        for provider in spec.providers
        if provider.keys
    }
    return render(spec, ring, SETTINGS, generation=GENERATION)


def _several(keys: str | tuple[str, ...]) -> tuple[str, ...]:
    return (keys,) if isinstance(keys, str) else keys


def providers_of(resources: Resources) -> dict[str, dict[str, Any]]:
    """Return ai-proxy's entries by id."""
    entries = resources[AI_PROXY]["spec"]["defaultConfig"]["providers"]
    return {entry["id"]: entry for entry in entries}


def registries_of(resources: Resources) -> dict[str, dict[str, Any]]:
    """Return the registries by the id of their provider, or by their name."""
    return {
        registry["name"].removeprefix("llm-").removesuffix(".internal"): registry
        for registry in resources[BRIDGE]["spec"]["registries"]
    }


def ai_routes_of(resources: Resources) -> dict[str, dict[str, Any]]:
    """Return what the console shows of AI routes, by name."""
    texts = (
        body["data"]["data"]
        for path, body in resources.items()
        if path.startswith("configmaps/ai-route-")
    )
    return {route["name"]: route for route in map(json.loads, texts)}


def annotations_of(resources: Resources, route: str) -> dict[str, str]:
    """Return the annotations of a route's Ingress."""
    ingress = resources[f"ingresses/ai-route-{route}.internal.yaml"]
    annotations: dict[str, str] = ingress["metadata"]["annotations"]
    return annotations
