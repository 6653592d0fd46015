"""What each type of provider needs, what the console adds to it, and where its API is."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from .endpoints import Configs, Endpoint, at, azure, custom, custom_uri, of_uri, text
from .errors import ValidationException
from .java_uri import is_domain

FIXED = {
    "moonshot": "api.moonshot.cn",
    "ai360": "api.360.cn",
    "github": "models.inference.ai.azure.com",
    "groq": "api.groq.com",
    "baichuan": "api.baichuan-ai.com",
    "yi": "api.lingyiwanwu.com",
    "deepseek": "api.deepseek.com",
    "baidu": "qianfan.baidubce.com",
    "stepfun": "api.stepfun.com",
    "minimax": "api.minimax.chat",
    "gemini": "generativelanguage.googleapis.com",
    "mistral": "api.mistral.ai",
    "cohere": "api.cohere.com",
    "doubao": "ark.cn-beijing.volces.com",
    "coze": "api.coze.cn",
    "openrouter": "openrouter.ai",
    "grok": "api.x.ai",
}
VERTEX_AUTH = "vertex-auth.internal"
VERTEX_KEY = ("client_email", "private_key_id", "private_key", "token_uri")
Normalize = Callable[[Configs], None]
Locate = Callable[[str, Configs], Endpoint]


@dataclass(frozen=True, kw_only=True)
class Handler:
    """One type: `normalize` checks and completes its settings, `locate` finds its API."""

    normalize: Normalize
    locate: Locate
    routes_follow: bool = False
    extra: tuple[tuple[str, str], ...] = ()
    shown: Callable[[Configs], Configs] = dict


def _as_it_is(_configs: Configs) -> None:
    pass


def _flag(configs: Configs, key: str, default: bool | None) -> None:  # noqa: FBT001
    """Make a setting a boolean: only `true`, as a word or not, is one."""
    value = configs.get(key, default)
    if value is not None:
        configs[key] = value if isinstance(value, bool) else str(value).lower() == "true"


def _domain(configs: Configs, key: str, default: str) -> Endpoint:
    domain = configs.get(key)
    if not domain:
        return at(default)
    if not isinstance(domain, str) or not is_domain(domain):
        raise ValidationException(f"{key} contains an invalid domain name: {domain}")
    return at(domain)


def _needed(configs: Configs, vendor: str) -> None:
    if not configs:
        raise ValidationException(f"Missing {vendor} specific configurations.")


def _qwen(configs: Configs) -> None:
    _flag(configs, "qwenEnableSearch", default=False)
    _flag(configs, "qwenEnableCompatible", default=True)
    if not isinstance(configs.get("qwenFileIds", []), list):
        raise ValidationException("Invalid configuration: qwenFileIds")


def _zhipuai(configs: Configs) -> None:
    _flag(configs, "zhipuCodePlanMode", default=True)


def _claude(configs: Configs) -> None:
    if not configs:
        return
    configs.setdefault("claudeVersion", "2023-06-01")
    _flag(configs, "claudeCodeMode", default=None)
    if configs.get("claudeCustomUrl") is not None:
        uri = custom_uri("claudeCustomUrl", text(configs, "claudeCustomUrl"))
        found = {"providerDomain": uri.host, "providerBasePath": uri.path}
        configs.update({key: value for key, value in found.items() if value})
    elif configs.get("providerDomain") and configs.get("providerBasePath"):
        configs["providerBasePath"] = f"/{str(configs['providerBasePath']).lstrip('/')}"


def _claude_shown(configs: Configs) -> Configs:
    """Show the URL that a domain and a base path stand for; it is not stored."""
    if configs.get("claudeCustomUrl") or not configs.get("providerDomain"):
        return configs
    path = configs.get("providerBasePath") or ""
    return {**configs, "claudeCustomUrl": f"https://{configs['providerDomain']}{path}"}


def _claude_at(_name: str, configs: Configs) -> Endpoint:
    url = _claude_shown(configs).get("claudeCustomUrl")
    return of_uri(custom_uri("claudeCustomUrl", url)) if url else at("api.anthropic.com")


def _openai_at(name: str, configs: Configs) -> Endpoint:
    if configs.get("openaiCustomUrl") is None:
        return at("api.openai.com")
    return custom(name, configs, "openaiCustomUrl", "openaiExtraCustomUrls")


def _vllm_at(name: str, configs: Configs) -> Endpoint:
    if configs.get("vllmCustomUrl") is None:
        raise ValidationException("No vLLM service URL is configured.")
    return custom(name, configs, "vllmCustomUrl", "vllmExtraCustomUrls")


def _azure(configs: Configs) -> None:
    _needed(configs, "Azure")


def _ollama(configs: Configs) -> None:
    _needed(configs, "Azure")
    text(configs, "ollamaServerHost")
    port = str(configs.get("ollamaServerPort"))
    if not port.removeprefix("-").isdecimal():
        raise ValidationException("ollamaServerPort must be a number.")
    if not 0 < int(port) < 65536:
        raise ValidationException("ollamaServerPort must be a valid port number.")
    configs["ollamaServerPort"] = int(port)


def _ollama_at(_name: str, configs: Configs) -> Endpoint:
    place = (configs["ollamaServerHost"], configs["ollamaServerPort"])
    return Endpoint(hosts=(place,), protocol="http")


def _bedrock(configs: Configs) -> None:
    _needed(configs, "Bedrock")
    for key in ("awsRegion", "awsAccessKey", "awsSecretKey"):
        text(configs, key)


def _vertex(configs: Configs) -> None:
    _needed(configs, "Vertex")
    configs["vertexRegion"] = text(configs, "vertexRegion").lower()
    text(configs, "vertexProjectId")
    _vertex_key(text(configs, "vertexAuthKey"))
    ahead = configs.get("vertexTokenRefreshAhead", 0)
    if isinstance(ahead, bool) or not isinstance(ahead, int | float) or ahead < 0:
        raise ValidationException("vertexTokenRefreshAhead must be a non-negative number.")
    if not isinstance(configs.get("geminiSafetySetting", {}), dict):
        raise ValidationException("geminiSafetySetting must be an object.")
    configs["vertexAuthServiceName"] = VERTEX_AUTH


def _vertex_key(key: str) -> None:
    words = "vertexAuthKey must contain a valid JSON object"
    try:
        parsed: Any = json.loads(key)
    except ValueError as error:
        raise ValidationException(f"{words}.") from error
    if not isinstance(parsed, dict):
        raise ValidationException(f"{words}.")
    for name in VERTEX_KEY:
        if not isinstance(parsed.get(name), str):
            raise ValidationException(f"{words} with a string property: {name}")


def _vertex_at(_name: str, configs: Configs) -> Endpoint:
    region = configs["vertexRegion"]
    return at(f"{'' if region == 'global' else f'{region}-'}aiplatform.googleapis.com")


def custom_service(configs: Configs) -> tuple[str, int] | None:
    """Give the service that an openai provider names instead of a URL, which takes both parts."""
    name, port = (configs.get(f"openaiCustomService{part}") for part in ("Name", "Port"))
    if not isinstance(name, str) or not isinstance(port, int) or isinstance(port, bool):
        return None
    return (name, port) if name else None


def _fixed(host: str) -> Handler:
    return Handler(normalize=_as_it_is, locate=lambda _name, _configs: at(host))


HANDLERS: dict[str, Handler] = {
    **{kind: _fixed(host) for kind, host in FIXED.items()},
    "openai": Handler(normalize=_as_it_is, locate=_openai_at, routes_follow=True),
    "claude": Handler(
        normalize=_claude, locate=_claude_at, routes_follow=True, shown=_claude_shown
    ),
    "ollama": Handler(normalize=_ollama, locate=_ollama_at, routes_follow=True),
    "vllm": Handler(normalize=_as_it_is, locate=_vllm_at, routes_follow=True),
    "azure": Handler(normalize=_azure, locate=lambda _name, configs: azure(configs)),
    "qwen": Handler(
        normalize=_qwen,
        locate=lambda _name, configs: _domain(configs, "qwenDomain", "dashscope.aliyuncs.com"),
    ),
    "zhipuai": Handler(
        normalize=_zhipuai,
        locate=lambda _name, configs: _domain(configs, "zhipuDomain", "open.bigmodel.cn"),
    ),
    "bedrock": Handler(
        normalize=_bedrock,
        locate=lambda _name, configs: at(f"bedrock-runtime.{configs['awsRegion']}.amazonaws.com"),
    ),
    "vertex": Handler(
        normalize=_vertex, locate=_vertex_at, extra=((VERTEX_AUTH, "oauth2.googleapis.com"),)
    ),
}
