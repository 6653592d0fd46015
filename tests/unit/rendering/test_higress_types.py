"""Every type of provider in ai-proxy's words: where requests go, and with which fields."""

import json
from pathlib import Path
from typing import Any

import pytest
import yaml

from aigw.rendering.ai_proxy_checks import provider_problem
from aigw.rendering.higress_upstream import Place
from tests.unit.rendering.stores import FIXTURES
from tests.unit.rendering.told import RUNNABLE, ZHIPUAI_AUDIO, by_url, told, usual

REQUESTS = yaml.safe_load(
    (Path(__file__).parents[2] / "fixtures" / "provider_requests.yaml").read_text(encoding="utf-8")
)
TRANSLATION = json.loads((FIXTURES / "ai_proxy_translation.json").read_text(encoding="utf-8"))
USUAL: dict[str, dict[str, Any]] = {
    "dashscope": {"type": "qwen", "qwenEnableCompatible": True, "qwenEnableSearch": False},
    "deepseek": {"type": "deepseek"},
    "moonshot": {"type": "moonshot"},
    "zhipuai": {"type": "zhipuai", "zhipuCodePlanMode": False, "capabilities": ZHIPUAI_AUDIO},
    "minimax": by_url("https://api.minimaxi.com/v1"),
    "claude": {"type": "claude", "claudeVersion": "2023-06-01", "claudeCodeMode": False},
    "claude-code": {"type": "claude", "claudeVersion": "2023-06-01", "claudeCodeMode": True},
    "openai": {"type": "openai"},
    "azure": by_url("https://res.openai.azure.com/openai/v1"),
    "bedrock": by_url("https://bedrock-mantle.us-east-1.api.aws/v1"),
    "vertex": {
        **by_url(
            "https://europe-west4-aiplatform.googleapis.com/v1/projects/p/locations/europe-west4"
            "/endpoints/openapi"
        ),
        "modelMapping": {"~^(?:google/)?(.*)$": "google/$1"},
    },
    "openrouter": {"type": "openrouter"},
    "yi": {"type": "yi"},
    "ai360": by_url("https://api.360.cn/v1"),
    "baichuan": {"type": "baichuan"},
    "baidu": {"type": "baidu"},
    "cloudflare": by_url("https://api.cloudflare.com/client/v4/accounts/acc/ai/v1"),
    "cohere": by_url("https://api.cohere.ai/compatibility/v1"),
    "deepl": {"type": "deepl", "targetLang": "DE"},
    "dify": {"type": "dify", "botType": "Chat"},
    "doubao": {"type": "doubao"},
    "fireworks": by_url("https://api.fireworks.ai/inference/v1"),
    "gemini": by_url("https://generativelanguage.googleapis.com/v1beta/openai"),
    "grok": {"type": "grok"},
    "groq": {
        "type": "groq",
        "capabilities": {
            "openai/v1/audiospeech": "/openai/v1/audio/speech",
            "openai/v1/audiotranscription": "/openai/v1/audio/transcriptions",
            "openai/v1/audiotranslation": "/openai/v1/audio/translations",
        },
    },
    "mistral": {"type": "mistral"},
    "ollama": {
        "type": "ollama",
        "ollamaServerHost": "host.docker.internal",
        "ollamaServerPort": 11434,
    },
    "spark": by_url("https://spark-api-open.xf-yun.com/v1"),
    "stepfun": {"type": "stepfun"},
    "hunyuan": by_url("https://api.hunyuan.cloud.tencent.com/v1"),
    "togetherai": by_url("https://api.together.xyz/v1"),
    "siliconflow": by_url("https://api.siliconflow.cn/v1"),
    "nvidia": by_url("https://integrate.api.nvidia.com/v1"),
    "cerebras": by_url("https://api.cerebras.ai/v1"),
    "perplexity": by_url("https://api.perplexity.ai"),
    "deepinfra": by_url("https://api.deepinfra.com/v1/openai"),
    "huggingface": by_url("https://router.huggingface.co/v1"),
    "modelscope": by_url("https://api-inference.modelscope.cn/v1"),
    "sambanova": by_url("https://api.sambanova.ai/v1"),
    "xiaomi": by_url("https://api.xiaomimimo.com/v1"),
    "tencent-tokenhub": by_url("https://tokenhub.tencentmaas.com/v1"),
    "kimi-for-coding": by_url("https://api.kimi.com/coding/v1"),
    "longcat": by_url("https://api.longcat.chat/openai/v1"),
    "triton": {"type": "triton", "tritonDomain": "triton.example.com:8000"},
    "vllm": {"type": "vllm", "vllmCustomUrl": "http://host.docker.internal:8000/v1"},
    "generic": by_url("https://llm.example.com/v1"),
    "custom-openai": by_url("https://llm.example.com/v1"),
}


def test_every_type_that_can_run_has_a_row() -> None:
    assert [*USUAL] == RUNNABLE


@pytest.mark.parametrize(("type_id", "fields"), USUAL.items(), ids=[*USUAL])
def test_a_type_is_what_ai_proxy_calls_it(type_id: str, fields: dict[str, Any]) -> None:
    assert dict(usual(type_id).fields) == fields


@pytest.mark.parametrize("type_id", RUNNABLE)
def test_the_plugin_starts_with_every_type(type_id: str) -> None:
    assert provider_problem(usual(type_id).entry()) == ""


def rows_by_url() -> list[Any]:
    """Return the rows of what a provider must see, of those that go by their URL."""
    found = []
    for row in REQUESTS:
        if row["type"] in RUNNABLE and "chat" in row["paths"]:
            key = ["KEY"] if "auth" in row and row["type"] not in {"ollama", "vllm"} else []
            made = told(row["type"], *key, url=row.get("url", ""), options=row.get("options", {}))
            url = made.fields.get("openaiCustomUrl") or made.fields.get("vllmCustomUrl")
            found += [pytest.param(row, made.place, url, id=row["case"])] if url else []
    return found


@pytest.mark.parametrize(("row", "place", "url"), rows_by_url())
def test_a_provider_sees_its_chat_api_where_its_documentation_says(
    row: dict[str, Any], place: Place, url: str
) -> None:
    """The rows are those of the embedded engine: a provider must see the same from both."""
    server = row["server"]
    on_this_machine = server["host"] in {"127.0.0.1", "localhost", "::1"}
    assert place.host == ("host.docker.internal" if on_this_machine else server["host"])
    assert (place.port, place.scheme == "https") == (server["port"], server["tls"])
    assert url == place.url(row["paths"]["chat"].removesuffix("/chat/completions"))


@pytest.mark.parametrize("type_id", [name for name in USUAL if USUAL[name]["type"] != "openai"])
def test_the_registry_is_the_host_that_ai_proxy_sends_to(type_id: str) -> None:
    made = usual(type_id)
    seen = {
        case["host"].partition(":")[0]
        for case in TRANSLATION["providers"].values()
        if case.get("host") and case["config"]["type"] == made.fields["type"]
    }
    own = {"ollama", "vllm", "triton", "deepl"}  # the user's hosts, and one that ai-proxy chooses
    assert made.fields["type"] in own or made.place.host in seen
