"""What ai-proxy knows of each provider type: host, paths, and how the key is sent.

Facts: `tests/fixtures/higress/ai_proxy_translation.json`.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

SUFFIXES = {
    "/v1/chat/completions": "chat",
    "/v1/completions": "completions",
    "/v1/embeddings": "embeddings",
    "/v1/audio/speech": "speech",
    "/v1/audio/transcriptions": "transcriptions",
    "/v1/audio/translations": "translations",
    "/v1/images/generations": "images",
    "/v1/images/variations": "image_variations",
    "/v1/images/edits": "image_edits",
    "/v1/batches": "batches",
    "/v1/files": "files",
    "/v1/models": "models",
    "/v1/fine_tuning/jobs": "fine_tuning",
    "/v1/responses": "responses",
    "/v1/videos": "videos",
    "/v1/messages": "messages",
    "/v1/complete": "complete",
    "/v1/rerank": "rerank",
    "/v1/reranks": "rerank",
    "/v1/conversations": "conversations",
}
CAPABILITIES = {
    "openai/v1/chatcompletions": "chat",
    "openai/v1/embeddings": "embeddings",
    "openai/v1/imagegeneration": "images",
    "openai/v1/imagevariation": "image_variations",
    "openai/v1/imageedit": "image_edits",
    "openai/v1/audiospeech": "speech",
    "openai/v1/audiotranscription": "transcriptions",
    "openai/v1/audiotranslation": "translations",
    "openai/v1/responses": "responses",
    "cohere/v1/rerank": "rerank",
    "openai/v1/videos": "videos",
}
"""The APIs that the field `capabilities` may name (provider.go); what a type knows itself wins."""

READS_FORMS = {"image_edits", "image_variations"}
"""Of other APIs a form is not looked at (main.go, isSupportedRequestContentType)."""

CHAT = {"chat": "/v1/chat/completions"}
EMBEDDINGS = {"embeddings": "/v1/embeddings"}
COMPLETIONS = {"completions": "/v1/completions"}
MODELS = {"models": "/v1/models"}
OPENAI = {
    api: path for path, api in SUFFIXES.items() if api not in {"messages", "complete", "rerank"}
}


def below(prefix: str, *apis: str) -> Mapping[str, str]:
    """Return OpenAI's paths below a prefix in place of `/v1`."""
    return {api: prefix + OPENAI[api].removeprefix("/v1") for api in apis}


@dataclass(frozen=True, slots=True, kw_only=True)
class ProviderType:
    """One type. `passes`: APIs it does not know go through; `converts`: bodies are looked at."""

    host: str = ""
    paths: Mapping[str, str] = field(default_factory=lambda: CHAT)
    auth: str = "bearer"
    passes: bool = False
    converts: bool = True
    keeps_developer: bool = False
    stream_accept: bool = True
    keeps_query: bool = True


def _simple(host: str, *more: Mapping[str, str]) -> ProviderType:
    paths = dict(CHAT)
    for one in more:
        paths |= one
    return ProviderType(host=host, paths=paths)


TYPES: Mapping[str, ProviderType] = {
    "openai": ProviderType(host="api.openai.com", paths=OPENAI, passes=True),
    "azure": ProviderType(paths={}, auth="api-key", passes=True, keeps_developer=True),
    "qwen": ProviderType(
        host="dashscope.aliyuncs.com",
        paths={
            **below("/compatible-mode/v1", "chat", "completions", "embeddings", "responses"),
            **below("/compatible-mode/v1", "files", "batches"),
            "messages": "/apps/anthropic/v1/messages",
        },
        stream_accept=False,
    ),
    "deepseek": _simple("api.deepseek.com", {"messages": "/anthropic/v1/messages"}, MODELS),
    "moonshot": _simple("api.moonshot.cn"),
    "zhipuai": ProviderType(
        host="open.bigmodel.cn", paths=below("/api/paas/v4", "chat", "embeddings")
    ),
    "claude": ProviderType(
        host="api.anthropic.com",
        paths={
            "chat": "/v1/messages",
            "messages": "/v1/messages",
            "completions": "/v1/complete",
            **EMBEDDINGS,
            **MODELS,
        },
        auth="claude",
        passes=True,
    ),
    "gemini": ProviderType(
        host="generativelanguage.googleapis.com", paths={}, auth="gemini", keeps_developer=True
    ),
    "openrouter": ProviderType(host="openrouter.ai", paths=below("/api/v1", "chat", "completions")),
    "groq": ProviderType(host="api.groq.com", paths=below("/openai/v1", "chat", "responses")),
    "grok": _simple("api.x.ai"),
    "mistral": _simple("api.mistral.ai", EMBEDDINGS),
    "doubao": ProviderType(
        host="ark.cn-beijing.volces.com",
        paths=below("/api/v3", "chat", "embeddings", "images", "responses"),
    ),
    "minimax": ProviderType(
        host="api.minimax.chat",
        paths={"chat": "/v1/text/chatcompletion_v2"},
        stream_accept=False,
        keeps_query=False,
    ),
    "baichuan": _simple("api.baichuan-ai.com", EMBEDDINGS),
    "yi": _simple("api.lingyiwanwu.com"),
    "ai360": ProviderType(host="api.360.cn", paths=CHAT | EMBEDDINGS, auth="bare"),
    "baidu": ProviderType(host="qianfan.baidubce.com", paths=below("/v2", "chat", "embeddings")),
    "github": ProviderType(
        host="models.inference.ai.azure.com", paths=below("", "chat", "embeddings"), auth="bare"
    ),
    "cloudflare": ProviderType(host="api.cloudflare.com", paths={}, keeps_query=False),
    "cohere": ProviderType(
        host="api.cohere.com", paths={"chat": "/v1/chat", "rerank": "/v1/rerank"}
    ),
    "bedrock": ProviderType(paths={}, keeps_query=False),
    "vertex": ProviderType(host="aiplatform.googleapis.com", paths={}, auth="none"),
    "ollama": ProviderType(paths=CHAT | EMBEDDINGS | MODELS, auth="none", passes=True),
    "hunyuan": ProviderType(
        host="api.hunyuan.cloud.tencent.com", paths=CHAT | EMBEDDINGS, converts=False
    ),
    "deepl": ProviderType(host="api-free.deepl.com", paths={"chat": "/v2/translate"}),
    "dify": ProviderType(
        host="api.dify.ai", paths={"chat": "/v1/chat-messages"}, keeps_query=False
    ),
    "spark": _simple("spark-api-open.xf-yun.com"),
    "vllm": ProviderType(paths=CHAT | COMPLETIONS | EMBEDDINGS | MODELS | {"rerank": "/v1/rerank"}),
    "generic": ProviderType(paths={}, passes=True, converts=False),
    "stepfun": _simple("api.stepfun.com"),
    "together-ai": _simple("api.together.xyz"),
    "fireworks": _simple("api.fireworks.ai", COMPLETIONS),
    "coze": ProviderType(host="api.coze.cn", paths={}, passes=True, converts=False),
    "triton": ProviderType(paths=CHAT, auth="none", keeps_query=False),
    "longcat": _simple("api.longcat.chat", EMBEDDINGS),
}
