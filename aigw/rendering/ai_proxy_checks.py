"""What the plugin ai-proxy refuses: one provider of this kind, and none of them is served.

Taken from `provider.go` and its neighbours (Higress 4e0d691) and tried on the plugin itself.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any
from urllib.parse import parse_qs

Entry = Mapping[str, Any]

WITHOUT_TOKEN = frozenset(("openai", "hunyuan", "deepl", "ollama", "spark", "vllm", "generic"))
WITH_TOKEN = frozenset(
    (
        *(
            "ai360",
            "baichuan",
            "baidu",
            "claude",
            "cloudflare",
            "cohere",
            "coze",
            "deepseek",
            "dify",
        ),
        *(
            "doubao",
            "fireworks",
            "gemini",
            "github",
            "grok",
            "groq",
            "longcat",
            "minimax",
            "mistral",
        ),
        *("moonshot", "openrouter", "qwen", "stepfun", "together-ai", "triton", "yi", "zhipuai"),
    )
)
BY_THEIR_OWN = frozenset(("azure", "bedrock", "vertex"))
PROTOCOLS = ("", "openai", "original")
HUNYUAN_LENGTHS = {"hunyuanAuthId": 36, "hunyuanAuthKey": 32}


def plugin_problems(spec: Entry) -> Iterator[tuple[str, str]]:
    """Yield the path below `spec`, and why the plugin would not start with it.

    It looks at the providers that a rule makes active, and at no others.
    """
    config = spec.get("defaultConfig")
    config = config if isinstance(config, Mapping) else {}
    listed = config.get("providers") or []
    providers: dict[str, tuple[int, Entry]] = {}
    for place, entry in enumerate(listed if isinstance(listed, list) else [listed]):
        if isinstance(entry, Mapping):
            providers.setdefault(_text(entry.get("id")), (place, entry))
    rules = _rules(spec)
    actives = {_active(rule) for rule in rules}
    if given := _text(config.get("activeProviderId")):
        actives.add(given)
    for place, rule in enumerate(rules):
        if not any(rule.get(scope) for scope in ("ingress", "domain", "service", "routeType")):
            yield f"matchRules[{place}]", "names no service, ingress and domain that it is for"
    for place, entry in sorted(
        (providers[active] for active in actives if active in providers), key=lambda pair: pair[0]
    ):
        if problem := provider_problem(entry):
            yield f"defaultConfig.providers[{place}]", problem


def _rules(spec: Entry) -> Sequence[Entry]:
    """Return the rules; what is none is another check's to tell."""
    listed = spec.get("matchRules")
    return [one for one in listed if isinstance(one, Mapping)] if isinstance(listed, list) else []


def _active(rule: Entry) -> str:
    config = rule.get("config")
    return _text(config.get("activeProviderId")) if isinstance(config, Mapping) else ""


def provider_problem(entry: Entry) -> str:
    """Say why the plugin would not start with a provider; empty when it would."""
    checks: tuple[Callable[[Entry], str], ...] = (_protocol, _context, _failover, _type)
    return next((problem for check in checks if (problem := check(entry))), "")


def _protocol(entry: Entry) -> str:
    protocol = _text(entry.get("protocol"))
    return "" if protocol in PROTOCOLS else f"has a `protocol` that is no `openai`: `{protocol}`"


def _context(entry: Entry) -> str:
    if "context" not in entry:
        return ""
    context = entry["context"] if isinstance(entry["context"], Mapping) else {}
    if missing := next((name for name in ("fileUrl", "serviceName") if not context.get(name)), ""):
        return f"has no `{missing}` in its `context`"
    return "" if _number(context.get("servicePort")) else "has no `servicePort` in its `context`"


def _failover(entry: Entry) -> str:
    failover = entry.get("failover")
    if isinstance(failover, Mapping) and failover.get("enabled"):
        return "" if failover.get("healthCheckModel") else "needs `failover.healthCheckModel`"
    return ""


def _type(entry: Entry) -> str:
    kind = _text(entry.get("type"))
    if not kind:
        return "has no `type`"
    if kind not in WITH_TOKEN | WITHOUT_TOKEN | BY_THEIR_OWN:
        return f"has the type `{kind}`, which ai-proxy does not know"
    if kind in WITH_TOKEN and not _tokens(entry):
        return "has no key"
    check = CHECKS.get(kind)
    return check(entry) if check else ""


def _azure(entry: Entry) -> str:
    url = _text(entry.get("azureServiceUrl"))
    if not url:
        return "needs `azureServiceUrl`"
    head, _, query = url.partition("#")[0].partition("?")
    if ":" in head.partition("/")[0] and not head.partition(":")[0]:
        return "has an `azureServiceUrl` that is no URL"
    if not parse_qs(query).get("api-version"):
        return "has an `azureServiceUrl` without `api-version`"
    return "" if _tokens(entry) else "has no key"


def _with_files(option: str) -> Callable[[Entry], str]:
    def check(entry: Entry) -> str:
        both = entry.get(option) and "context" in entry
        return f"cannot have both `{option}` and `context`" if both else ""

    return check


def _minimax(entry: Entry) -> str:
    needs = entry.get("minimaxApiType") == "pro" and not entry.get("minimaxGroupId")
    return "needs `minimaxGroupId` for `minimaxApiType: pro`" if needs else ""


def _bedrock(entry: Entry) -> str:
    if not _tokens(entry) and not (entry.get("awsAccessKey") and entry.get("awsSecretKey")):
        return "has no key: an API key, or `awsAccessKey` and `awsSecretKey`"
    return "" if entry.get("awsRegion") else "needs `awsRegion`"


def _vertex(entry: Entry) -> str:
    if _tokens(entry):
        both = entry.get("vertexOpenAICompatible")
        return "cannot have `vertexOpenAICompatible` with an API key" if both else ""
    names = ("vertexAuthKey", "vertexRegion", "vertexProjectId", "vertexAuthServiceName")
    return next((f"needs `{name}`" for name in names if not entry.get(name)), "")


def _ollama(entry: Entry) -> str:
    if not entry.get("ollamaServerHost"):
        return "needs `ollamaServerHost`"
    return "" if _number(entry.get("ollamaServerPort")) else "needs `ollamaServerPort`"


def _hunyuan(entry: Entry) -> str:
    given = {name: _text(entry.get(name)) for name in HUNYUAN_LENGTHS}
    if not any(given.values()):
        return ""
    wrong = next((name for name, size in HUNYUAN_LENGTHS.items() if len(given[name]) != size), "")
    return f"needs `{wrong}` of {HUNYUAN_LENGTHS[wrong]} characters" if wrong else ""


def _deepl(entry: Entry) -> str:
    return "" if entry.get("targetLang") else "needs `targetLang`"


CHECKS: Mapping[str, Callable[[Entry], str]] = {
    "azure": _azure,
    "bedrock": _bedrock,
    "deepl": _deepl,
    "hunyuan": _hunyuan,
    "minimax": _minimax,
    "moonshot": _with_files("moonshotFileId"),
    "ollama": _ollama,
    "qwen": _with_files("qwenFileIds"),
    "vertex": _vertex,
}


def _tokens(entry: Entry) -> bool:
    tokens = entry.get("apiTokens")
    return bool(tokens) if isinstance(tokens, list) else tokens is not None


def _text(value: object) -> str:
    return value if isinstance(value, str) else "" if value is None else str(value)


def _number(value: object) -> int:
    """Return a number as gjson reads it, from a number or its text; 0 for anything else."""
    text = _text(value)
    return int(text) if text.isascii() and text.isdecimal() else 0
