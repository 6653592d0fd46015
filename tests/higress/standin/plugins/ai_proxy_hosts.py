"""Where a provider's requests go: host and path."""

import posixpath
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, urlsplit

from .ai_proxy_types import CAPABILITIES, CHAT, COMPLETIONS, EMBEDDINGS, MODELS, OPENAI, TYPES

Json = dict[str, Any]
VLLM = CHAT | COMPLETIONS | EMBEDDINGS | MODELS | {"rerank": "/v1/rerank"}
DIRECT = ("/completions", "/embeddings", "/responses", "/generations", "/rerank", "/messages")
AZURE_PLAIN = {"models", "responses", "files", "batches", "fine_tuning"}
WHOLE = "whole"
"""In place of a query: the path is complete, the client's query is dropped."""

Own = tuple[str | None, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """Which API of a provider is asked, and for which model."""

    provider: Json
    api: str
    model: str
    streams: bool


def host_of(provider: Json) -> str:
    """Return the host that is asked; empty leaves the client's."""
    usual = TYPES[provider["type"]].host
    if given := provider.get("providerDomain"):
        return str(given)
    own = _HOSTS.get(provider["type"])
    return (own(provider) if own else "") or usual


def _key(name: str) -> Callable[[Json], str]:
    return lambda provider: str(provider.get(name) or "")


def _url(*names: str) -> Callable[[Json], str]:
    return lambda provider: netloc(next((provider[key] for key in names if provider.get(key)), ""))


def netloc(url: object) -> str:
    """Return the host of an address; the scheme may be missing."""
    return str(url).rpartition("://")[2].partition("/")[0].partition("?")[0]


def _ollama(provider: Json) -> str:
    return f"{provider['ollamaServerHost']}:{provider['ollamaServerPort']}"


def _bedrock(provider: Json) -> str:
    return f"bedrock-runtime.{provider['awsRegion']}.amazonaws.com"


def _vertex(provider: Json) -> str:
    region = provider.get("vertexRegion") or "global"
    return "" if region == "global" else f"{region}-aiplatform.googleapis.com"


_HOSTS: Mapping[str, Callable[[Json], str]] = {
    "openai": _url("openaiCustomUrl"),
    "vllm": _url("vllmCustomUrl", "vllmServerHost"),
    "azure": _url("azureServiceUrl"),
    "qwen": _key("qwenDomain"),
    "zhipuai": _key("zhipuDomain"),
    "ollama": _ollama,
    "bedrock": _bedrock,
    "generic": _key("genericHost"),
    "dify": _key("difyApiUrl"),
    "triton": _key("tritonDomain"),
    "vertex": _vertex,
}


def path_for(target: Target, path: str) -> str | None:
    """Return the path of an API, query included; nothing when the type does not know the API."""
    _, _, query = path.partition("?")
    own, more = _own_path(target)
    if own is None:
        return None
    if more == WHOLE or not TYPES[target.provider["type"]].keeps_query:
        query = ""
    elif more:
        query = "&".join(part for part in (query, more) if part)
    base = str(target.provider.get("providerBasePath") or "").rstrip("/")
    return f"{base}{own}" + (f"?{query}" if query else "")


def _own_path(target: Target) -> Own:
    special = _PATHS.get(target.provider["type"])
    found = special(target) if special else None
    known, more = found or (TYPES[target.provider["type"]].paths.get(target.api), "")
    return (_told_path(target), "") if known is None else (known, more)


def _told_path(target: Target) -> str | None:
    told = target.provider.get("capabilities")
    paths = told.items() if isinstance(told, dict) else ()
    return next((str(path) for name, path in paths if CAPABILITIES.get(name) == target.api), None)


def _custom(key: str, known: Mapping[str, str]) -> Callable[[Target], Own | None]:
    def path(target: Target) -> Own | None:
        rest = str(target.provider.get(key) or "").rpartition("://")[2]
        own = rest.partition("/")[2]
        if not own:
            return None
        if f"/{own}".endswith(DIRECT):
            return f"/{own}", WHOLE
        if target.api not in known:
            return None, ""
        return posixpath.join(f"/{own}".rstrip("/"), known[target.api].removeprefix("/v1/")), ""

    return path


def _azure(target: Target) -> Own:
    parts = urlsplit(str(target.provider["azureServiceUrl"]))
    if parts.path.endswith(DIRECT):
        return f"{parts.path}?{parts.query}", WHOLE
    api = target.api
    if api in AZURE_PLAIN:
        return "/openai" + OPENAI[api].removeprefix("/v1"), parts.query
    if api in OPENAI:
        base = parts.path.rstrip("/") or f"/openai/deployments/{target.model}"
        return base + OPENAI[api].removeprefix("/v1"), parts.query
    return "", parts.query


def _gemini(target: Target) -> Own | None:
    if target.api == "embeddings":
        verb = "batchEmbedContents"
    elif target.api == "images":
        verb = "predict"
    elif target.api in {"chat", "messages"}:
        verb = "streamGenerateContent?alt=sse" if target.streams else "generateContent"
    else:
        return None
    return f"/v1beta/models/{target.model}:{verb}", WHOLE


def _converse(target: Target) -> Own | None:
    if target.api not in {"chat", "messages"}:
        return None
    verb = "converse-stream" if target.streams else "converse"
    return f"/model/{quote(target.model, safe='')}/{verb}", WHOLE


def _cloudflare(target: Target) -> Own | None:
    if target.api not in {"chat", "models", ""}:
        return None
    account = target.provider.get("cloudflareAccountId") or ""
    return f"/client/v4/accounts/{account}/ai/v1/chat/completions", WHOLE


def _zhipuai(target: Target) -> Own | None:
    code = target.provider.get("zhipuCodePlanMode") and target.api == "chat"
    return ("/api/coding/paas/v4/chat/completions", "") if code else None


def _minimax(target: Target) -> Own | None:
    pro = target.provider.get("minimaxApiType") == "pro" and target.api == "chat"
    group = target.provider.get("minimaxGroupId")
    return (f"/v1/text/chatcompletion_pro?GroupId={group}", WHOLE) if pro else None


def _chat_only(target: Target) -> Own | None:
    return (CHAT["chat"], "") if target.api == "chat" else None


def _dify(_: Target) -> Own:
    return "/v1/chat-messages", WHOLE


_PATHS: Mapping[str, Callable[[Target], Own | None]] = {
    "openai": _custom("openaiCustomUrl", OPENAI),
    "vllm": _custom("vllmCustomUrl", VLLM),
    "azure": _azure,
    "gemini": _gemini,
    "bedrock": _converse,
    "cloudflare": _cloudflare,
    "zhipuai": _zhipuai,
    "minimax": _minimax,
    "generic": _chat_only,
    "coze": _chat_only,
    "dify": _dify,
}
