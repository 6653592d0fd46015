"""Providers told to Higress, for tests."""

import json
from collections.abc import Mapping
from typing import Any

from aigw import catalog
from aigw.catalog.options import OptionValue
from aigw.rendering.higress_providers import upstream
from aigw.rendering.higress_upstream import Upstream
from aigw.spec.provider import Provider
from aigw.spec.secret import Secret, Stored

RUNNABLE = [ptype.id for ptype in catalog.every() if not ptype.engines["higress"]]
NEEDED: dict[str, dict[str, Any]] = {
    "azure": {"options": {"azureResource": "res"}},
    "bedrock": {"options": {"awsRegion": "us-east-1"}},
    "cloudflare": {"options": {"cloudflareAccountId": "acc"}},
    "custom-openai": {"url": "https://llm.example.com/v1"},
    "deepl": {"options": {"targetLang": "DE"}},
    "generic": {"url": "https://llm.example.com"},
    "triton": {"options": {"tritonDomain": "triton.example.com:8000"}},
    "vertex": {"options": {"vertexProjectId": "p", "vertexRegion": "europe-west4"}},
}
ZHIPUAI_AUDIO = {
    "openai/v1/audiospeech": "/api/paas/v4/audio/speech",
    "openai/v1/audiotranscription": "/api/paas/v4/audio/transcriptions",
}
ACCOUNT = json.dumps({"client_email": "a@b", "private_key": "x\n"})


def told(
    type_id: str,
    *keys: str,
    url: str = "",
    options: Mapping[str, OptionValue] | None = None,
    model_map: Mapping[str, str] | None = None,
) -> Upstream:
    """Return what Higress is told of a provider `p`."""
    provider = Provider(
        id="p",
        type=type_id,
        models=(),
        patterns_given=True,
        keys=tuple(Stored() for _ in keys),
        url=url,
        model_map=model_map or {},
        options=options or {},
    )
    return upstream(provider, tuple(map(Secret, keys)))


def usual(type_id: str) -> Upstream:
    """Return what it is told of a type without anything that need not be given."""
    ptype = catalog.find(type_id)
    return told(
        type_id, *(["sk-1"] if ptype and ptype.key_required else []), **NEEDED.get(type_id, {})
    )


def by_url(url: str) -> dict[str, str]:
    return {"type": "openai", "openaiCustomUrl": url}
