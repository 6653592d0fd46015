"""`ai-proxy`: what a request for a provider becomes.

Facts: `tests/fixtures/higress/ai_proxy_translation.json`. Bodies of types that speak neither
OpenAI's nor Anthropic's language (gemini, vertex, bedrock, cohere, dify, deepl, triton, hunyuan's
own) go on as they are: host, path and key are right, the body is not.
"""

import json
import random
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import re2

from .accept import active, refused_provider, tokens
from .ai_proxy_hosts import Target, host_of, path_for
from .ai_proxy_types import READS_FORMS, SUFFIXES, TYPES, ProviderType
from .anthropic import chat_from_messages, messages_from_chat
from .aws import signed
from .forms import field as field_of_form
from .forms import with_content
from .rules import part_for, rules_of

Json = dict[str, Any]
UNSUPPORTED = "failed to process request body: unsupported API name"
NO_PLAN = 'failed to process request body: deepl model should be "Free" or "Pro"'
CLAUDE_CODE = {
    "user-agent": "claude-cli/2.1.2 (external, cli)",
    "x-app": "cli",
    "anthropic-beta": "oauth-2025-04-20,interleaved-thinking-2025-05-14,claude-code-20250219",
}


@dataclass(slots=True, kw_only=True)
class Change:
    """What becomes of a request."""

    put: dict[str, str] = field(default_factory=dict)
    remove: set[str] = field(default_factory=set)
    body: bytes | None = None
    answer: str = ""
    convert: str = ""
    model: str = ""
    touched: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """A request as it came."""

    path: str
    headers: Mapping[str, str]
    body: bytes

    @property
    def api(self) -> str:
        """Name the API by the end of the path."""
        bare = self.path.partition("?")[0]
        return next((api for end, api in SUFFIXES.items() if bare.endswith(end)), "")

    @property
    def form_model(self) -> re.Match[bytes] | None:
        """Find the model of a form that is looked at."""
        if self.api not in READS_FORMS:
            return None
        return field_of_form(self.headers.get("content-type", ""), "model", self.body)

    @property
    def json(self) -> Json | None:
        """Return the body if it is a JSON object that says that it is one."""
        if "application/json" not in self.headers.get("content-type", ""):
            return None
        try:
            value = json.loads(self.body)
        except ValueError:
            return None
        return value if isinstance(value, dict) else None


def provider_for(config: Json, *, route: str, domain: str, cluster: str) -> Json | None:
    """Return the provider that serves a cluster; none leaves the request untouched."""
    if refused_provider(active(config, config)):
        return None
    part = part_for(config, route=route, domain=domain, cluster=cluster)
    if part is None:
        return None
    own = active(config, part)
    return own if own or part in rules_of(config) else active(config, config)


def translate(provider: Json, asked: Asked) -> Change:
    """Make the provider's request out of a client's."""
    kind = TYPES[provider["type"]]
    change = Change(touched=True, remove={"accept-encoding", "content-length"})
    api = asked.api
    if original := asked.headers.get("authorization"):
        change.put["x-hi-original-auth"] = original
    native = "messages" in kind.paths or provider["type"] in {"gemini", "vertex", "bedrock"}
    value = asked.json
    if api == "messages" and not native and provider.get("protocol") != "original":
        api = "chat"
        if kind.converts and value is not None:
            change.convert = "messages"
    _authorize(provider, kind, change)
    form_model = asked.form_model
    if form_model:
        value = {"model": form_model[1].decode()}
    target = Target(
        provider=provider,
        api=api,
        model=_model(provider, value),
        streams=(value or {}).get("stream") is True,
    )
    path = path_for(target, asked.path)
    if answer := _refusal(target, path, passes=kind.passes or not asked.body):
        return Change(answer=answer, touched=True)
    _direct(provider, asked, change, path or asked.path)
    if form_model:
        if target.model != form_model[1].decode():
            change.body = with_content(asked.body, form_model, target.model)
    elif value is not None and kind.converts and provider.get("protocol") != "original":
        _rewrite(provider, api, value, change)
    if provider["type"] == "bedrock" and not tokens(provider):
        where = change.put.get(":path", asked.path)
        change.put |= signed(provider, change.put[":authority"], where, change.body or asked.body)
    return change


def _refusal(target: Target, path: str | None, *, passes: bool) -> str:
    if path is None and not passes and target.api:
        return UNSUPPORTED
    planless = target.provider["type"] == "deepl" and target.model not in {"Free", "Pro"}
    return NO_PLAN if planless and target.api == "chat" else ""


def _direct(provider: Json, asked: Asked, change: Change, path: str) -> None:
    host = host_of(provider)
    if host:
        change.put[":authority"] = host
        change.put["x-envoy-original-host"] = asked.headers.get(":authority", "")
    if provider["type"] == "claude" and provider.get("claudeCodeMode"):
        path += "&beta=true" if "?" in path else "?beta=true"
    if path != asked.path:
        change.put[":path"] = path
        change.put["x-envoy-original-path"] = asked.path


def _authorize(provider: Json, kind: ProviderType, change: Change) -> None:
    token = random.choice(tokens(provider) or [""])  # as the real one: no turns
    if not token:
        return
    match kind.auth:
        case "bearer":
            change.put["authorization"] = f"Bearer {token}"
        case "bare":
            change.put["authorization"] = token
        case "api-key":
            change.put["api-key"] = token
        case "gemini":
            change.put["x-goog-api-key"] = token
            change.remove.add("authorization")
        case "claude":
            version = provider.get("claudeVersion") or provider.get("apiVersion") or "2023-06-01"
            change.put["anthropic-version"] = str(version)
            if provider.get("claudeCodeMode"):
                change.put |= {**CLAUDE_CODE, "authorization": f"Bearer {token}"}
            else:
                change.put["x-api-key"] = token
        case _:
            pass


def _model(provider: Json, value: Json | None) -> str:
    """Rename the model: exactly, by prefix or pattern, or by `*`; an empty name keeps it."""
    model = str((value or {}).get("model") or "")
    mapping = provider.get("modelMapping")
    if not isinstance(mapping, dict):
        return model
    if model in mapping:
        return str(mapping[model] or model)
    for key, target in mapping.items():
        if key.startswith("~") and re2.search(key[1:], model):
            return str(re2.sub(key[1:], re.sub(r"\$\{?(\d+)\}?", r"\\\1", str(target)), model))
        if key.endswith("*") and key != "*" and model.startswith(key[:-1]):
            return str(target or model)
    return str(mapping.get("*") or model)


def _rewrite(provider: Json, api: str, value: Json, change: Change) -> None:
    """Set the body: only when it changes, and then from what is known of it."""
    kind = TYPES[provider["type"]]
    asked = str(value.get("model") or "")
    change.model = asked
    model = _model(provider, value)
    new = {**value, "model": model} if model != asked or "model" not in value else value
    if change.convert == "messages":
        new = chat_from_messages(new, provider["type"])
    if api not in {"chat", "completions"}:
        new = _with_api_extras(provider, api, new)
    elif api == "chat" and provider["type"] == "claude":
        new = messages_from_chat(new, code_mode=bool(provider.get("claudeCodeMode")))
        change.convert = "claude"
        if not model:
            change.answer = "failed to process request body: missing model in request"
    else:
        new = _openai_extras(kind, new)
    streams = value.get("stream") is True and api == "chat"
    if streams and kind.stream_accept:
        change.put["accept"] = "text/event-stream"
    if new is not value:
        change.body = json.dumps(new, ensure_ascii=False, separators=(",", ":")).encode(
            errors="replace"
        )


def _with_api_extras(provider: Json, api: str, value: Json) -> Json:
    if provider["type"] == "doubao" and api == "images" and "watermark" not in value:
        return {**value, "watermark": False}
    return value


def _openai_extras(kind: ProviderType, value: Json) -> Json:
    messages = value.get("messages")
    roles = [one.get("role") for one in messages or [] if isinstance(one, dict)]
    if "developer" in roles and not kind.keeps_developer and isinstance(messages, list):
        known = [
            {**one, "role": "system"} if one.get("role") == "developer" else one for one in messages
        ]
        value = {key: part for key, part in value.items() if key in _KNOWN} | {"messages": known}
    options = value.get("stream_options")
    if value.get("stream") is True and not (
        isinstance(options, dict) and "include_usage" in options
    ):
        value = {**value, "stream_options": {**(options or {}), "include_usage": True}}
    return value


_KNOWN = frozenset(
    [
        "model",
        "messages",
        "temperature",
        "top_p",
        "max_tokens",
        "max_completion_tokens",
        "stream",
        "stream_options",
        "stop",
        "n",
        "presence_penalty",
        "frequency_penalty",
        "logit_bias",
        "logprobs",
        "top_logprobs",
        "user",
        "seed",
        "tools",
        "tool_choice",
        "parallel_tool_calls",
        "response_format",
        "reasoning_effort",
        "modalities",
        "audio",
        "prediction",
        "metadata",
        "service_tier",
        "thinking",
    ]
)
