"""What the gateway's program knows: models, providers, rules, and the answers it gives itself."""

from collections.abc import Iterable, Mapping, Sequence

from aigw import catalog
from aigw.catalog.target import Target
from aigw.rendering import assets
from aigw.rendering.facts import CLIENT_PATHS, health_json, model_json, models_json
from aigw.rendering.lua import Literal, program
from aigw.spec.gateway import GatewaySpec
from aigw.spec.provider import PatternKind, Provider
from aigw.spec.routing import AUTO_MODELS
from aigw.spec.serving import ServingTable, listed

MODULES = (
    "shared/prompt",
    "shared/forms",
    "envoy/usage",
    "envoy/serving",
    "shared/problems",
    "shared/requests",
    "shared/errors",
    "envoy/known",
    "shared/answers",
)


def gateway_program(
    spec: GatewaySpec,
    *,
    targets: Mapping[str, Target],
    routes: Mapping[str, Sequence[str]],
    generation: str,
) -> str:
    """Return `gateway.lua` with all it needs; `targets` and `routes` (names) are by provider id."""
    models = listed(spec)
    known: dict[str, Literal] = {
        "generation": generation,
        "health": health_json(spec, generation),
        "models": models_json(models),
        "model": {model.id: model_json(model) for model in models},
        "names": [model.id for model in models],
        "apis": {path: api.value for api, path in CLIENT_PATHS.items()},
        "providers": {
            provider.id: _provider(provider, targets[provider.id], routes[provider.id])
            for provider in spec.providers
        },
        "serving": _serving(spec, targets),
        **_patterns(ServingTable.of(spec)),
        **_auto(spec),
    }
    return program({"CONFIG": known}, assets.modules(MODULES), assets.text("envoy/gateway.lua"))


def _provider(provider: Provider, target: Target, routes: Sequence[str]) -> Literal:
    ptype = catalog.find(provider.type)
    return {
        "routes": list(routes),
        "apis": {api.value: True for api in CLIENT_PATHS if api in target.paths},
        "injects": bool(ptype and ptype.injects_usage),
        "renames": bool(provider.model_map or (ptype and ptype.model_prefix)),
    }


def _serving(spec: GatewaySpec, targets: Mapping[str, Target]) -> Literal:
    """Say for each API which providers have it."""
    serving: dict[str, list[str]] = {}
    for provider in spec.providers:
        for api in CLIENT_PATHS:
            if api in targets[provider.id].paths:
                serving.setdefault(api.value, []).append(provider.id)
    return serving


def _patterns(table: ServingTable) -> dict[str, Literal]:
    """Write the table of patterns so that a model is looked up and not searched for."""
    prefixes: dict[int, dict[str, str]] = {}
    globs: list[dict[str, Literal]] = []
    anything = [
        provider.id for pattern, provider in table.ranked if pattern.kind is PatternKind.ANY
    ]
    for pattern, provider in table.ranked:
        if pattern.kind is PatternKind.PREFIX:
            prefix = pattern.text[:-1]
            prefixes.setdefault(len(prefix.encode()), {}).setdefault(prefix, provider.id)
        elif pattern.kind is PatternKind.GLOB:
            globs.append({"parts": pattern.text.split("*"), "provider": provider.id})
    return {
        "exact": {name: provider.id for name, provider in table.exact.items()},
        "own_names": _own_names(table.providers.values()),
        "prefixes": [
            {"length": size, "of": prefixes[size]} for size in sorted(prefixes, reverse=True)
        ],
        "globs": globs,
        **({"any": anything[0]} if anything else {}),
    }


def _own_names(providers: Iterable[Provider]) -> Literal:
    """Say for each provider which names with its own `id/` it serves whole, even when forced."""
    return {
        provider.id: {
            pattern.text: True
            for pattern in provider.models
            if pattern.text.startswith(f"{provider.id}/")
        }
        for provider in providers
    }


def _auto(spec: GatewaySpec) -> dict[str, Literal]:
    auto = spec.auto_routing
    return {
        "auto": auto.enabled,
        "auto_models": dict.fromkeys(AUTO_MODELS, True),
        "default": auto.default,
        "rules": [{"name": rule.name, "model": rule.model} for rule in auto.rules],
    }
