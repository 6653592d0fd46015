"""What a gateway tells of itself, the same on every engine: its endpoints, models and providers."""

import json
from collections.abc import Iterable, Mapping
from decimal import Decimal

from aigw import catalog
from aigw.catalog.provider_type import Api
from aigw.spec.gateway import GatewaySpec
from aigw.spec.provider import Provider
from aigw.spec.serving import ListedModel

CLIENT_PATHS: Mapping[Api, str] = {
    Api.CHAT: "/v1/chat/completions",
    Api.COMPLETIONS: "/v1/completions",
    Api.EMBEDDINGS: "/v1/embeddings",
    Api.RESPONSES: "/v1/responses",
    Api.RERANK: "/v1/rerank",
    Api.IMAGES: "/v1/images/generations",
    Api.IMAGE_EDITS: "/v1/images/edits",
    Api.IMAGE_VARIATIONS: "/v1/images/variations",
    Api.SPEECH: "/v1/audio/speech",
    Api.TRANSCRIPTIONS: "/v1/audio/transcriptions",
    Api.TRANSLATIONS: "/v1/audio/translations",
    Api.MODERATIONS: "/v1/moderations",
    Api.MESSAGES: "/v1/messages",
    Api.COUNT_TOKENS: "/v1/messages/count_tokens",
}
"""Where a client asks for each API; models are listed by the gateway itself."""

PER_MILLION = Decimal(1_000_000)


def health_json(spec: GatewaySpec, generation: str) -> str:
    """Return what `/health` answers."""
    return _json(
        {
            "status": "ok",
            "generation": generation,
            "providers": {provider.id: {"name": _label(provider)} for provider in spec.providers},
        }
    )


def models_json(models: Iterable[ListedModel]) -> str:
    """Return what `/v1/models` answers; each entry begins with its id."""
    return _json({"object": "list", "data": [_entry(model) for model in models]})


def model_json(model: ListedModel) -> str:
    """Return what `/v1/models/{id}` answers."""
    return _json(_entry(model))


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
