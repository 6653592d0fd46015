"""What the stand-in's plugins decide is what the real ones were seen to decide."""

import json
from pathlib import Path
from typing import Any

import lupa.luajit21 as lupa
import pytest
import yaml

from tests.higress.standin.dataplane.wasm import plugin_config
from tests.higress.standin.plugins import model_router
from tests.higress.standin.plugins.accept import refusal
from tests.higress.standin.plugins.ai_proxy import Asked, Change, translate
from tests.higress.standin.plugins.ai_statistics import Answered, log_line
from tests.higress.standin.plugins.anthropic import chat_answer, messages_answer

FIXTURES = Path("tests/fixtures/higress")
LUA = Path("tests/higress/standin/plugins/lua")
Json = dict[str, Any]


def fixture(name: str) -> Any:  # noqa: ANN401 - each file has its own shape
    """Read one file of recordings."""
    return json.loads((FIXTURES / name).read_text())


ROUTER = fixture("model_router_cases.json")
ACCEPTANCE = fixture("ai_proxy_acceptance.json")
TRANSLATION = fixture("ai_proxy_translation.json")
LOGS = [sample for sample in fixture("ai_log_samples.json")["samples"] if sample["ai_log"]]
FORWARDED = [case for case in ROUTER["cases"] if case["outcome"]["forwarded"]]

NATIVE = frozenset(
    (
        "qwen native",
        "gemini",
        "cohere",
        "bedrock tokens",
        "vertex express",
        "dify",
        "deepl",
        "triton",
        "minimax pro",
    )
)
"""Their own languages are not stood in for: host, path and key only (some of those)."""


def text(value: Json, key: str) -> str:
    """Return a text that a case spells whole or in repeated parts."""
    parts = value.get(f"{key}_parts") or [[value.get(key) or "", 1]]
    return "".join(piece * times for piece, times in parts)


@pytest.mark.parametrize("case", FORWARDED, ids=lambda case: str(case["id"]))
def test_model_router_decides_as_recorded(case: Json) -> None:
    request, outcome = case["request"], case["outcome"]
    headers = {name.lower(): value for name, value in request["headers"]}
    body = text(request, "body").encode()
    decision = model_router.decide(
        ROUTER["configs"][case["config"]], request["path"], headers, body
    )
    new = {name: value for name, value in decision.headers.items() if headers.get(name) != value}
    after = text(outcome, "body_after").encode() if outcome["body_changed"] else body
    assert (new, decision.body or body) == (outcome["headers_set"], after)


def activated(provider: Json) -> Json:
    """Put a provider into a configuration in which a rule switches it on."""
    rule = {"_match_service_": ["s"], "activeProviderId": "p"}
    return {"providers": [{**provider, "id": "p"}], "_rules_": [rule]}


ACCEPTED = [*ACCEPTANCE["minimal"].values()] + [
    config for configs in ACCEPTANCE["accepted"].values() for config in configs
]
REFUSED = [*ACCEPTANCE["rejected"], *ACCEPTANCE["fields"]]


@pytest.mark.parametrize("provider", ACCEPTED, ids=json.dumps)
def test_ai_proxy_takes_what_the_real_one_takes(provider: Json) -> None:
    assert refusal("ai-proxy", activated(provider)) == ""


@pytest.mark.parametrize("case", REFUSED, ids=lambda case: json.dumps(case["config"]))
def test_ai_proxy_refuses_a_provider_in_the_same_words(case: Json) -> None:
    assert refusal("ai-proxy", activated(case["config"])) == (case["message"] or "")


@pytest.mark.parametrize("case", ACCEPTANCE["structure"], ids=lambda case: str(case["case"]))
def test_ai_proxy_refuses_a_configuration_in_the_same_words(case: Json) -> None:
    assert refusal("ai-proxy", case["config"]) == (case["message"] or "")


def translated(name: str, kind: str) -> tuple[Asked, Change]:
    """Translate one of the recorded requests for one of the recorded providers."""
    provider, request = TRANSLATION["providers"][name], TRANSLATION["request_kinds"][kind]
    model = json.dumps(provider["model"])
    body = b"" if request["body"] is None else json.dumps(request["body"]).encode()
    body = body.replace(b'"MODEL"', model.encode())
    headers = {":authority": "gw.test", "authorization": "Bearer gw"}
    headers |= {"content-type": "application/json"} if body else {}
    asked = Asked(path=request["path"], headers=headers, body=body)
    return asked, translate({**provider["config"], "id": "p"}, asked)


def sent(asked: Asked, change: Change) -> Json:
    """Tell what the provider sees, in the words of the recordings."""
    if change.answer:
        return {"reply": f"500 {change.answer}"}
    own = {":authority", ":path", "x-hi-original-auth"}
    headers = {
        name: value
        for name, value in change.put.items()
        if name not in own and not name.startswith("x-envoy-original")
    }
    body = json.loads(change.body or asked.body) if asked.body else None
    return {
        "host": change.put.get(":authority", "gw.test"),
        "path": change.put.get(":path", asked.path),
        "headers": headers,
        "body": body,
    }


def recorded(name: str, kind: str, asked: Asked) -> Json:
    """Tell what the real plugin sent, in the same words."""
    provider = TRANSLATION["providers"][name]
    request = provider["requests"][kind]
    if "reply" in request:
        return {"reply": request["reply"]}
    headers = provider.get("auth", {}) | request.get("headers_more", {})
    for gone in request.get("headers_less", ()):
        headers.pop(gone, None)
    body = request.get("body")
    unchanged = json.loads(asked.body) if asked.body else None
    return {
        "host": request.get("host", provider.get("host")),
        "path": request["path"],
        "headers": {key: value for key, value in headers.items() if value},
        "body": unchanged if isinstance(body, str) else body,
    }


@pytest.mark.parametrize("kind", TRANSLATION["request_kinds"])
@pytest.mark.parametrize("name", sorted(set(TRANSLATION["providers"]) - NATIVE))
def test_ai_proxy_sends_what_the_real_one_sends(name: str, kind: str) -> None:
    asked, change = translated(name, kind)
    assert sent(asked, change) == recorded(name, kind, asked)


@pytest.mark.parametrize("kind", ["chat", "chat_stream", "query_string", "embeddings"])
def test_gemini_gets_its_own_paths_and_key(kind: str) -> None:
    asked, change = translated("gemini", kind)
    seen, want = sent(asked, change), recorded("gemini", kind, asked)
    assert (seen["host"], seen["path"]) == (want["host"], want["path"])
    assert seen["headers"]["x-goog-api-key"] == want["headers"]["x-goog-api-key"]


RENAMED = {
    "exactly": ({"gpt-4o": "m"}, "m"),
    "kept by an empty name": ({"gpt-4o": "", "*": "m"}, "gpt-4o"),
    "by prefix": ({"gpt-*": "m"}, "m"),
    "by pattern": ({"~^(?:models/)?(.*)$": "models/$1"}, "models/gpt-4o"),
    "by the rest": ({"x": "y", "*": "m"}, "m"),
    "not at all": ({"x": "y"}, "gpt-4o"),
}


@pytest.mark.parametrize(("mapping", "model"), RENAMED.values(), ids=RENAMED)
def test_a_model_is_renamed_for_its_provider(mapping: Json, model: str) -> None:
    provider = {"type": "openai", "apiTokens": ["k"], "modelMapping": mapping}
    body = json.dumps({"model": "gpt-4o", "messages": []}).encode()
    headers = {"content-type": "application/json"}
    asked = Asked(path="/v1/chat/completions", headers=headers, body=body)
    assert json.loads(translate(provider, asked).body or body)["model"] == model


GOLDEN = [
    case for case in ACCEPTANCE["golden"] if (FIXTURES / "golden" / str(case["file"])).exists()
]


@pytest.mark.parametrize("case", GOLDEN, ids=lambda case: str(case["file"]))
def test_a_folder_of_the_old_script_is_taken_or_refused_as_recorded(case: Json) -> None:
    try:
        value = yaml.safe_load((FIXTURES / "golden" / case["file"]).read_text())
    except yaml.YAMLError:
        assert "whole_plugin" not in case
        return
    config = plugin_config(value["spec"]) or {}
    assert refusal("ai-proxy", config) == (case["message"] or "")


def test_the_clients_own_authorization_is_copied_to_where_it_leaks() -> None:
    _, change = translated("openai", "chat")
    assert change.put["x-hi-original-auth"] == "Bearer gw"


@pytest.mark.parametrize("sample", LOGS, ids=lambda sample: str(sample["case"]))
def test_ai_statistics_writes_what_the_real_one_writes(sample: Json) -> None:
    body, log = sample["request"]["body"], sample["ai_log"]
    answered = Answered(
        kind=sample["upstream"]["content_type"],
        body=sample["client_body"].encode(),
        first=log.get("llm_first_token_duration", 0),
        all=log["llm_service_duration"],
    )
    asked = body.encode() if isinstance(body, str) else json.dumps(body).encode()
    headers = sample["request"].get("headers", {})
    full = {"use_default_attributes": True}
    assert log_line(full, headers, asked, answered) == sample["ai_log_raw"]


ANSWERS = [
    answer
    for answer in TRANSLATION["responses"]
    if answer["provider"] in {"openai", "claude"} and answer["upstream_status"] == 200
]
CHANGED = [answer for answer in ANSWERS if answer["client"] != answer["upstream"]]


def without_times(value: Json) -> Json:
    """Leave out when an answer was made."""
    return {key: part for key, part in value.items() if key != "created"}


def events(stream: str) -> list[Json]:
    """Read the data of a stream's events."""
    lines = [line[6:] for line in stream.splitlines() if line.startswith("data: ")]
    return [without_times(json.loads(line)) for line in lines if line != "[DONE]"]


def converted(answer: Json) -> str:
    """Run a recorded stream through the Lua that converts it."""
    lua = lupa.LuaRuntime(unpack_returned_tuples=True)
    lua.execute((LUA / "json.lua").read_text() + (LUA / "streams.lua").read_text())
    kind = "claude" if answer["provider"] == "claude" else "messages"
    convert = lua.globals().CONVERTERS[kind](answer["request"]["body"]["model"])
    lines = answer["upstream"].splitlines()
    return "".join(convert(line[6:]) for line in lines if line.startswith("data: "))


@pytest.mark.parametrize("answer", CHANGED, ids=lambda answer: str(answer["case"]))
def test_an_answer_comes_back_in_the_clients_language(answer: Json) -> None:
    if answer["client_content_type"] == "text/event-stream":
        assert events(converted(answer)) == events(answer["client"])
        return
    upstream = json.loads(answer["upstream"])
    model = answer["request"]["body"]["model"]
    claude = answer["provider"] == "claude"
    new = chat_answer(upstream, model) if claude else messages_answer(upstream)
    assert without_times(new) == without_times(json.loads(answer["client"]))
