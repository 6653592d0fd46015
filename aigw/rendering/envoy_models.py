"""What the gateway's program knows: models, providers, rules, and the answers it gives itself."""

import json
from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal

from aigw import catalog
from aigw.catalog.provider_type import Api
from aigw.catalog.target import Target
from aigw.rendering import assets
from aigw.rendering.lua import Literal, program
from aigw.spec.gateway import GatewaySpec
from aigw.spec.provider import PatternKind, Provider
from aigw.spec.routing import AUTO_MODELS
from aigw.spec.serving import ListedModel, ServingTable, listed

CLIENT_PATHS: Mapping[Api, str] = {
    Api.CHAT: "/v1/chat/completions",
    Api.COMPLETIONS: "/v1/completions",
    Api.EMBEDDINGS: "/v1/embeddings",
    Api.RESPONSES: "/v1/responses",
    Api.RERANK: "/v1/rerank",
    Api.IMAGES: "/v1/images/generations",
    Api.MESSAGES: "/v1/messages",
    Api.COUNT_TOKENS: "/v1/messages/count_tokens",
}
"""Where a client asks for each API; models are listed by the gateway itself."""

MODULES = (
    "shared/prompt",
    "envoy/usage",
    "envoy/serving",
    "shared/problems",
    "shared/requests",
    "shared/errors",
    "envoy/known",
    "shared/answers",
)
PER_MILLION = Decimal(1_000_000)


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
        "health": _json(_health(spec, generation)),
        "models": _json({"object": "list", "data": [_entry(model) for model in models]}),
        "model": {model.id: _json(_entry(model)) for model in models},
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


def _health(spec: GatewaySpec, generation: str) -> dict[str, object]:
    return {
        "status": "ok",
        "generation": generation,
        "providers": {provider.id: {"name": _label(provider)} for provider in spec.providers},
    }


def _label(provider: Provider) -> str:
    ptype = catalog.find(provider.type)
    return ptype.label_en if ptype else provider.type


def _entry(model: ListedModel) -> dict[str, object]:
    """Write one model as OpenAI does, with what OpenRouter adds to it where it is known."""
    entry: dict[str, object] = {
        "id": model.id,
        "object": "model",
        "created": 0,
        "owned_by": model.owned_by,
    }
    if model.context_window:
        entry["context_window"] = model.context_window
    if model.max_output_tokens:
        entry["max_output_tokens"] = model.max_output_tokens
    if model.price:
        entry["pricing"] = {
            "prompt": _per_token(model.price.input),
            "completion": _per_token(model.price.output),
        }
    return entry


def _per_token(per_million: float) -> str:
    return f"{(Decimal(str(per_million)) / PER_MILLION).normalize():f}"


def _json(value: object) -> str:
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False)
