"""What a user says of a provider, beside its type, reaches ai-proxy or is refused in words."""

from typing import Any

import pytest

from aigw.rendering.ai_proxy_checks import provider_problem
from aigw.rendering.higress_upstream import Upstream
from tests.unit.rendering.told import ACCOUNT, ZHIPUAI_AUDIO, by_url, told

QWEN = {"type": "qwen", "qwenEnableCompatible": True, "qwenEnableSearch": False}
CLAUDE = {"type": "claude", "claudeVersion": "2023-06-01", "claudeCodeMode": False}

MOVED: list[Any] = [
    pytest.param(
        told("dashscope", "k", options={"qwenDomain": "dashscope-intl.aliyuncs.com"}),
        {**QWEN, "qwenDomain": "dashscope-intl.aliyuncs.com"},
        "dashscope-intl.aliyuncs.com:443",
        id="another domain of a type that has an option for it",
    ),
    pytest.param(
        told("dashscope", "k", url="https://dashscope-us.aliyuncs.com"),
        {**QWEN, "qwenDomain": "dashscope-us.aliyuncs.com"},
        "dashscope-us.aliyuncs.com:443",
        id="the same by a url without path",
    ),
    pytest.param(
        told("dashscope", "k", url="https://coding.dashscope.aliyuncs.com/v1"),
        by_url("https://coding.dashscope.aliyuncs.com/v1"),
        "coding.dashscope.aliyuncs.com:443",
        id="another path",
    ),
    pytest.param(
        told("dashscope", "k", options={"qwenFileIds": ("a",), "qwenEnableSearch": True}),
        {**QWEN, "qwenFileIds": ["a"], "qwenEnableSearch": True},
        "dashscope.aliyuncs.com:443",
        id="options of ai-proxy",
    ),
    pytest.param(
        told("zhipuai", "k", options={"zhipuDomain": "api.z.ai", "zhipuCodePlanMode": True}),
        {
            "type": "zhipuai",
            "zhipuDomain": "api.z.ai",
            "zhipuCodePlanMode": True,
            "capabilities": ZHIPUAI_AUDIO,
        },
        "api.z.ai:443",
        id="a plan for code",
    ),
    pytest.param(
        told("moonshot", "k", options={"providerDomain": "api.moonshot.ai"}),
        by_url("https://api.moonshot.ai/v1"),
        "api.moonshot.ai:443",
        id="another domain, which the console would take back",
    ),
    pytest.param(
        told("stepfun", "k", options={"providerBasePath": "/step_plan"}),
        by_url("https://api.stepfun.com/step_plan/v1"),
        "api.stepfun.com:443",
        id="another plan",
    ),
    pytest.param(
        told("minimax", "k", options={"minimaxApiType": "pro", "minimaxGroupId": "g"}),
        {"type": "minimax", "minimaxApiType": "pro", "minimaxGroupId": "g"},
        "api.minimax.chat:443",
        id="a native API that is asked for",
    ),
    pytest.param(
        told("gemini", "k", options={"geminiThinkingBudget": 0}),
        {"type": "gemini", "geminiThinkingBudget": 0},
        "generativelanguage.googleapis.com:443",
        id="a native option",
    ),
    pytest.param(
        told("claude", "k", url="https://api.anthropic.com/v1"),
        CLAUDE,
        "api.anthropic.com:443",
        id="its own url",
    ),
    pytest.param(
        told("claude", "k", url="http://10.0.0.9:8080/api/v1"),
        {
            **CLAUDE,
            "claudeCustomUrl": "http://10.0.0.9:8080/api",
            "providerDomain": "10.0.0.9",
            "providerBasePath": "/api",
        },
        "10.0.0.9:8080",
        id="claude elsewhere",
    ),
    pytest.param(
        told("claude-code", "k", url="https://proxy.example.com/v1"),
        {
            **CLAUDE,
            "claudeCodeMode": True,
            "claudeCustomUrl": "https://proxy.example.com",
            "providerDomain": "proxy.example.com",
            "providerBasePath": "/",
        },
        "proxy.example.com:443",
        id="claude code elsewhere",
    ),
    pytest.param(
        told(
            "azure",
            "k",
            options={
                "azureServiceUrl": "https://r.openai.azure.com/openai/deployments/d?api-version=1"
            },
        ),
        {
            "type": "azure",
            "azureServiceUrl": "https://r.openai.azure.com/openai/deployments/d?api-version=1",
        },
        "r.openai.azure.com:443",
        id="azure's classic API",
    ),
    pytest.param(
        told("azure", "k", url="https://gateway.example.com:8443/openai/v1"),
        by_url("https://gateway.example.com:8443/openai/v1"),
        "gateway.example.com:8443",
        id="azure elsewhere",
    ),
    pytest.param(
        told("bedrock", "AKIA1:a/b+c=", options={"awsRegion": "eu-west-1"}),
        {
            "type": "bedrock",
            "awsRegion": "eu-west-1",
            "awsAccessKey": "AKIA1",
            "awsSecretKey": "a/b+c=",
        },
        "bedrock-runtime.eu-west-1.amazonaws.com:443",
        id="access keys, which ai-proxy signs with",
    ),
    pytest.param(
        told("vertex", ACCOUNT, options={"vertexProjectId": "p", "vertexRegion": "global"}),
        {
            "type": "vertex",
            "vertexProjectId": "p",
            "vertexRegion": "global",
            "vertexAuthKey": ACCOUNT,
            "vertexAuthServiceName": "vertex-auth.internal",
        },
        "aiplatform.googleapis.com:443",
        id="a service account, of which ai-proxy makes tokens",
    ),
    pytest.param(
        told("ollama", url="http://192.168.1.20"),
        {"type": "ollama", "ollamaServerHost": "192.168.1.20", "ollamaServerPort": 80},
        "192.168.1.20:80",
        id="an ollama by url",
    ),
    pytest.param(
        told("ollama", "k", url="https://ollama.com/v1"),
        by_url("https://ollama.com/v1"),
        "ollama.com:443",
        id="an ollama that wants a key",
    ),
    pytest.param(
        told("vllm", "k", options={"vllmServerHost": "gpu.example.com"}),
        {"type": "vllm", "vllmCustomUrl": "http://gpu.example.com:8000/v1"},
        "gpu.example.com:8000",
        id="a vllm elsewhere",
    ),
    pytest.param(
        told("deepl", "key:fx", options={"targetLang": "DE"}),
        {"type": "deepl", "targetLang": "DE"},
        "api-free.deepl.com:443",
        id="deepl's free keys",
    ),
    pytest.param(
        told("dify", "k", options={"difyApiUrl": "http://localhost:5001", "botType": "Workflow"}),
        {
            "type": "dify",
            "difyApiUrl": "host.docker.internal:5001",
            "botType": "Workflow",
        },
        "host.docker.internal:5001",
        id="a dify of one's own",
    ),
    pytest.param(
        told("triton", url="https://t.example.com"),
        {"type": "triton", "tritonDomain": "t.example.com"},
        "t.example.com:443",
        id="a triton by url",
    ),
]


@pytest.mark.parametrize(("made", "fields", "where"), MOVED)
def test_what_a_user_says_of_a_provider_is_told(
    made: Upstream, fields: dict[str, Any], where: str
) -> None:
    assert dict(made.fields) == fields
    assert f"{made.place.host}:{made.place.port}" == where
    assert provider_problem(made.entry()) == ""
