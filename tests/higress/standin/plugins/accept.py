"""Which configurations a plugin takes, and with what words it refuses one.

Facts: `tests/fixtures/higress/ai_proxy_acceptance.json`, answers of the real plugin's parser.
"""

import os
from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qs

from .ai_proxy_types import TYPES
from .rules import MATCHES, rules_of

Json = dict[str, Any]
NO_TOKEN = "no apiToken found in provider config"
NO_MATCH = (
    "there is at least one of  '_match_route_', '_match_domain_', '_match_service_' and "
    "'_match_route_prefix_' can present in configuration."
)


def refusal(plugin: str, config: Json) -> str:
    """Return why a plugin does not start with a configuration; empty when it does."""
    if plugin == "key-auth" and config.get("consumers") and _is_go_key_auth():
        return "must one of in_query/in_header required"
    for rule in rules_of(config):
        if not any(key in rule for key in MATCHES):
            return NO_MATCH
        if plugin == "ai-proxy" and (words := refused_provider(active(config, rule))):
            return words
    if plugin != "ai-proxy" or rules_of(config):
        return ""
    words = refused_provider(active(config, config))
    return (
        f"parse config failed, no valid rules; global config parse error:{words}" if words else ""
    )


def _is_go_key_auth() -> bool:
    """Tell whether key-auth is the one in Go, which refuses what the console stores.

    Which one the released image has was not seen: `STANDIN_KEY_AUTH=go` gives this one.
    """
    return os.environ.get("STANDIN_KEY_AUTH", "") == "go"


def active(config: Json, part: Json) -> Json | None:
    """Return the provider that a rule, or the configuration itself, switches on."""
    if isinstance(part.get("provider"), dict):
        return dict(part["provider"])
    wanted = part.get("activeProviderId")
    given = config.get("providers")
    if isinstance(given, dict):  # gjson reads an object as an array of one
        given = [given]
    for provider in given if wanted and isinstance(given, list) else []:
        if isinstance(provider, dict) and provider.get("id") == wanted:
            return provider
    return None


def refused_provider(provider: Json | None) -> str:
    """Return why a provider that is switched on is refused; empty when it is not."""
    if provider is None:
        return ""
    return _general(provider) or _particular(provider, provider["type"])


def _general(provider: Json) -> str:
    if provider.get("protocol", "openai") not in {"openai", "original"}:
        return "invalid protocol in config"
    if words := _context(provider) or _failover(provider):
        return words
    kind = provider.get("type")
    if not kind:
        return "missing type in provider config"
    return "" if kind in TYPES else f"unknown provider type: {kind}"


def _particular(provider: Json, kind: str) -> str:
    check = _CHECKS.get(kind)
    words = check(provider) if check else ""
    if words or kind in _WITHOUT_TOKEN:
        return words
    return "" if tokens(provider) else NO_TOKEN


def tokens(provider: Json) -> list[str]:
    """Return a provider's tokens; a plain string is one."""
    given = provider.get("apiTokens")
    if given is None:
        return []
    return [str(token) for token in (given if isinstance(given, list) else [given])]


def _context(provider: Json) -> str:
    context = provider.get("context")
    if not isinstance(context, dict):
        return ""
    for key in ("fileUrl", "serviceName", "servicePort"):
        if not context.get(key):
            return f"missing {key} in context config"
    return ""


def _failover(provider: Json) -> str:
    failover = provider.get("failover")
    if (
        isinstance(failover, dict)
        and failover.get("enabled")
        and not failover.get("healthCheckModel")
    ):
        return "missing healthCheckModel in failover config"
    return ""


def _azure(provider: Json) -> str:
    url = provider.get("azureServiceUrl")
    if not url:
        return "missing azureServiceUrl in provider config"
    if str(url).startswith(":"):
        return f'invalid azureServiceUrl: parse "{url}": missing protocol scheme'
    if "api-version" not in parse_qs(str(url).partition("?")[2]):
        return f"missing api-version query parameter in azureServiceUrl: {url}"
    return ""


def _not_with_context(key: str) -> Callable[[Json], str]:
    def check(provider: Json) -> str:
        if provider.get(key) and isinstance(provider.get("context"), dict):
            return f"{key} and context cannot be configured at the same time"
        return ""

    return check


def _minimax(provider: Json) -> str:
    if provider.get("minimaxApiType") == "pro" and not provider.get("minimaxGroupId"):
        return "missing minimaxGroupId in provider config when minimaxApiType is pro"
    return ""


def _bedrock(provider: Json) -> str:
    signed = provider.get("awsAccessKey") and provider.get("awsSecretKey")
    if not signed and not tokens(provider):
        return (
            "missing bedrock access authentication parameters: either apiTokens or "
            "(awsAccessKey + awsSecretKey) is required"
        )
    return "" if provider.get("awsRegion") else "missing bedrock region parameters"


def _vertex(provider: Json) -> str:
    compatible = provider.get("vertexOpenAICompatible")
    if tokens(provider):
        return (
            "vertexOpenAICompatible is not compatible with Express Mode (apiTokens)"
            if compatible
            else ""
        )
    if not provider.get("vertexAuthKey"):
        mode = " for OpenAI compatible mode" if compatible else ""
        return f"missing vertexAuthKey in vertex provider config{mode}"
    if not provider.get("vertexRegion") or not provider.get("vertexProjectId"):
        return "missing vertexRegion or vertexProjectId in vertex provider config"
    if not provider.get("vertexAuthServiceName"):
        return "missing vertexAuthServiceName in vertex provider config"
    return ""


def _ollama(provider: Json) -> str:
    if not provider.get("ollamaServerHost"):
        return "missing ollamaServerHost in provider config"
    port = str(provider.get("ollamaServerPort") or "")
    return "" if port.isdecimal() and int(port) else "missing ollamaServerPort in provider config"


def _hunyuan(provider: Json) -> str:
    own_id, own_key = provider.get("hunyuanAuthId"), provider.get("hunyuanAuthKey")
    if not own_id and not own_key:
        return ""
    if len(str(own_id or "")) == 36 and len(str(own_key or "")) == 32:
        return ""
    return "hunyuanAuthId / hunyuanAuthKey is illegal in config file"


def _deepl(provider: Json) -> str:
    return "" if provider.get("targetLang") else "missing targetLang in deepl provider config"


_CHECKS: dict[str, Callable[[Json], str]] = {
    "azure": _azure,
    "qwen": _not_with_context("qwenFileIds"),
    "moonshot": _not_with_context("moonshotFileId"),
    "minimax": _minimax,
    "bedrock": _bedrock,
    "vertex": _vertex,
    "ollama": _ollama,
    "hunyuan": _hunyuan,
    "deepl": _deepl,
}
_WITHOUT_TOKEN = frozenset(
    ("openai", "ollama", "hunyuan", "deepl", "spark", "vllm", "generic", "bedrock", "vertex")
)
