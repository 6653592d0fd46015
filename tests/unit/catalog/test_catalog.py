"""What the catalogue says of every type: patterns, models, prices, engines."""

import re
from collections import Counter
from collections.abc import Iterable
from datetime import date

import pytest

from aigw.catalog import every, find
from aigw.catalog.provider_type import ProviderType
from aigw.spec.provider import ModelPattern

TYPES = every()
IDS = [entry.id for entry in TYPES]

# Models that a provider serves for their makers: with default patterns they would take the makers'
# own names, so they are asked for as ID/MODEL.
ONLY_BY_ID = {
    "nvidia/deepseek-ai/deepseek-v4-pro",
    "nvidia/openai/gpt-oss-120b",
    "tencent-tokenhub/deepseek-v4-pro",
    "tencent-tokenhub/deepseek-v4-flash",
    "tencent-tokenhub/glm-5.1",
}

# Names that people use and that the old script's patterns, or none, have to cover.
REAL_NAMES = [
    ("openai", "gpt-4o"),
    ("openai", "o1"),
    ("openai", "o1-mini"),
    ("openai", "o3"),
    ("openai", "o4-mini"),
    ("openai", "chatgpt-4o-latest"),
    ("openai", "text-embedding-3-small"),
    ("azure", "o4-mini"),
    ("dashscope", "qwen-turbo"),
    ("dashscope", "qwen2.5-72b-instruct"),
    ("dashscope", "qwq-plus"),
    ("dashscope", "text-embedding-v4"),
    ("zhipuai", "GLM-4-Plus"),
    ("zhipuai", "embedding-3"),
    ("minimax", "abab6.5s-chat"),
    ("baidu", "ernie-4.5-turbo-128k"),
    ("baidu", "ERNIE-4.0-8K"),
    ("ai360", "360gpt2-pro"),
    ("mistral", "codestral-latest"),
    ("mistral", "pixtral-large-latest"),
    ("doubao", "ep-20250101000000-abcde"),
    ("cohere", "embed-v4.0"),
    ("gemini", "gemma-3-27b-it"),
    ("ollama", "llama3.1"),
    ("ollama", "qwen3:8b"),
    ("openrouter", "anthropic/claude-opus-4.8"),
    ("cloudflare", "@cf/meta/llama-4-scout-17b-16e-instruct"),
    ("spark", "4.0Ultra"),
    ("custom-openai", "whatever"),
    ("demo", "demo-slow"),
]


@pytest.fixture(params=TYPES, ids=IDS)
def entry(request: pytest.FixtureRequest) -> ProviderType:
    """Every type in its turn."""
    found = find(request.param.id)
    assert found is not None
    return found


def twice(words: Iterable[str]) -> list[str]:
    return [word for word, count in Counter(words).items() if count > 1]


def serves(patterns: Iterable[str], model: str) -> bool:
    return any(ModelPattern(pattern).matches(model) for pattern in patterns)


@pytest.mark.parametrize(("type_id", "model"), REAL_NAMES, ids=lambda value: value)
def test_the_default_patterns_serve_real_names(type_id: str, model: str) -> None:
    found = find(type_id)
    assert found is not None
    assert serves(found.default_patterns({}), model)


def test_the_default_patterns_serve_the_known_models(entry: ProviderType) -> None:
    patterns = [*entry.patterns, *(name for each in entry.variants for name in each.patterns)]
    unserved = {model.id for model in entry.models if not serves(patterns, model.id)}
    assert unserved == {
        name.partition("/")[2] for name in ONLY_BY_ID if name.startswith(f"{entry.id}/")
    }


def test_only_services_of_unknown_models_take_every_name() -> None:
    assert {entry.id for entry in TYPES if "*" in entry.patterns} == {
        "custom-openai",
        "generic",
        "vllm",
    }


@pytest.mark.parametrize(
    ("family", "patterns"),
    [("x1", ("x1",)), ("x2", ("spark-x",))],
    ids=["x1", "x2"],
)
def test_a_spark_family_serves_its_own_models(family: str, patterns: tuple[str, ...]) -> None:
    found = find("spark")
    assert found is not None
    assert found.default_patterns({"sparkFamily": family}) == patterns


@pytest.mark.parametrize(
    ("type_id", "asked", "sent"),
    [
        ("vertex", "gemini-3.5-flash", "google/gemini-3.5-flash"),
        ("vertex", "google/gemini-3.5-flash", "google/gemini-3.5-flash"),
        ("gemini", "gemini-3.5-flash", "gemini-3.5-flash"),
    ],
)
def test_a_model_goes_upstream_as_the_provider_names_it(
    type_id: str, asked: str, sent: str
) -> None:
    found = find(type_id)
    assert found is not None
    assert found.upstream_model(asked) == sent


def test_every_price_has_a_day_and_a_source(entry: ProviderType) -> None:
    for model in entry.models:
        if model.price:
            assert date.fromisoformat(model.price.as_of) >= date(2026, 1, 1)
            assert re.fullmatch(r"(litellm|models\.dev):\S+", model.price.source)
            assert model.price.input >= 0
            assert model.price.output >= 0


def test_most_known_models_have_sizes_and_prices() -> None:
    models = [model for entry in TYPES for model in entry.models]
    assert len([model for model in models if model.context_window]) > 120
    assert len([model for model in models if model.price]) > 90


def test_a_known_model_is_named_once(entry: ProviderType) -> None:
    assert twice(model.id for model in entry.models) == []


def test_what_no_engine_or_only_the_other_runs_says_why_and_what_instead() -> None:
    refused = {entry.id for entry in TYPES if entry.engines["envoy"]}
    assert refused == {"deepl", "dify", "github", "coze", "triton"}
    assert all(entry.instead for entry in TYPES if entry.engines["envoy"])


def test_what_the_engine_runs_serves_chat_or_messages(entry: ProviderType) -> None:
    runs = not entry.engines["envoy"]
    assert runs == bool(entry.endpoints.keys() & {"chat", "messages"})


def test_a_subscription_token_comes_with_its_warning() -> None:
    found = find("claude-code")
    assert found is not None
    assert "terms" in found.warning


@pytest.mark.parametrize("type_id", ["mistral", "claude-code", "generic", "stepfun", "perplexity"])
def test_usage_is_not_asked_for_where_that_would_be_refused_or_is_needless(type_id: str) -> None:
    found = find(type_id)
    assert found is not None
    assert not found.injects_usage


@pytest.mark.parametrize("type_id", ["openai", "dashscope", "deepseek", "custom-openai", "azure"])
def test_usage_is_asked_for_where_a_stream_tells_it_only_then(type_id: str) -> None:
    found = find(type_id)
    assert found is not None
    assert found.injects_usage


@pytest.mark.parametrize(
    ("type_id", "key"),
    [
        ("openrouter", "sk-or-v1-" + "0" * 64),
        ("claude", "sk-ant-api03-" + "x" * 80),
        ("claude-code", "sk-ant-oat01-" + "x" * 80),
        ("gemini", "AIza" + "x" * 35),
        ("openai", "sk-proj-" + "x" * 40),
    ],
)
def test_a_key_of_the_service_fits_its_hint(type_id: str, key: str) -> None:
    found = find(type_id)
    assert found is not None
    assert re.search(found.key_hint, key)


@pytest.mark.parametrize(
    ("type_id", "key"),
    [
        ("openrouter", "sk-" + "0" * 48),
        ("claude", "sk-ant-oat01-" + "x" * 80),
        ("claude-code", "sk-ant-api03-" + "x" * 80),
        ("groq", "sk-" + "0" * 48),
    ],
)
def test_a_key_of_another_service_is_noticed(type_id: str, key: str) -> None:
    found = find(type_id)
    assert found is not None
    assert not re.search(found.key_hint, key)
