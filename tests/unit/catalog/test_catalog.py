"""What the catalogue says of every type, checked against what users and old scripts rely on."""

import re
from collections import Counter
from collections.abc import Iterable
from datetime import date

import pytest

from aigw.catalog import every, find, near
from aigw.catalog.provider_type import ProviderType
from aigw.spec.provider import ModelPattern

TYPES = every()
IDS = [entry.id for entry in TYPES]

# Options of get-ai-gateway.sh, so that its command lines go on working.
OLD_KEY_FLAGS = [
    "--dashscope-key",
    "--deepseek-key",
    "--moonshot-key",
    "--zhipuai-key",
    "--openai-key",
    "--openrouter-key",
    "--claude-key",
    "--claude-code-key",
    "--gemini-key",
    "--groq-key",
    "--doubao-key",
    "--baichuan-key",
    "--yi-key",
    "--stepfun-key",
    "--minimax-key",
    "--cohere-key",
    "--mistral-key",
    "--github-key",
    "--fireworks-key",
    "--togetherai-key",
    "--grok-key",
]
OLD_MODELS_FLAGS = [
    "--dashscope-models",
    "--deepseek-models",
    "--moonshot-models",
    "--zhipuai-models",
    "--minimax-models",
    "--azure-models",
    "--bedrock-models",
    "--vertex-models",
    "--openai-models",
    "--openrouter-models",
    "--yi-models",
    "--ai360-models",
    "--baichuan-models",
    "--baidu-models",
    "--claude-models",
    "--cloudflare-models",
    "--cohere-models",
    "--deepl-models",
    "--dify-models",
    "--doubao-models",
    "--fireworks-models",
    "--github-models",
    "--gemini-models",
    "--grok-models",
    "--groq-models",
    "--mistral-models",
    "--ollama-models",
    "--spark-models",
    "--stepfun-models",
    "--hunyuan-models",
    "--togetherai-models",
]
OLD_NAMES = {
    "dashscope": "dashscope",
    "qwen": "dashscope",
    "aliyun": "dashscope",
    "deepseek": "deepseek",
    "moonshot": "moonshot",
    "kimi": "moonshot",
    "zhipuai": "zhipuai",
    "zhipu": "zhipuai",
    "openai": "openai",
    "openrouter": "openrouter",
    "claude": "claude",
    "gemini": "gemini",
    "groq": "groq",
    "doubao": "doubao",
    "baichuan": "baichuan",
    "yi": "yi",
    "stepfun": "stepfun",
    "minimax": "minimax",
    "MiniMax": "minimax",
    "cohere": "cohere",
    "mistral": "mistral",
    "github": "github",
    "fireworks": "fireworks",
    "togetherai": "togetherai",
    "together": "togetherai",
    "grok": "grok",
    "Z.AI": "zhipuai",
    "360": "ai360",
}
OLD_VARIABLES = {
    "dashscope": "DASHSCOPE_API_KEY",
    "zhipuai": "ZHIPUAI_API_KEY",
    "claude": "CLAUDE_API_KEY",
    "claude-code": "CLAUDE_CODE_API_KEY",
    "azure": "AZURE_API_KEY",
    "bedrock": "BEDROCK_API_KEY",
    "doubao": "DOUBAO_API_KEY",
    "grok": "GROK_API_KEY",
    "togetherai": "TOGETHERAI_API_KEY",
}
STANDARD_VARIABLES = {
    "claude": "ANTHROPIC_API_KEY",
    "claude-code": "CLAUDE_CODE_OAUTH_TOKEN",
    "zhipuai": "ZAI_API_KEY",
    "azure": "AZURE_OPENAI_API_KEY",
    "bedrock": "AWS_BEARER_TOKEN_BEDROCK",
    "doubao": "ARK_API_KEY",
    "grok": "XAI_API_KEY",
    "togetherai": "TOGETHER_API_KEY",
    "gemini": "GOOGLE_API_KEY",
    "huggingface": "HF_TOKEN",
}
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


@pytest.mark.parametrize(("name", "type_id"), OLD_NAMES.items(), ids=OLD_NAMES)
def test_an_old_name_finds_its_type(name: str, type_id: str) -> None:
    found = find(name)
    assert found is not None
    assert found.id == type_id


def test_an_unknown_name_finds_nothing() -> None:
    assert find("no-such-provider") is None


@pytest.mark.parametrize(
    ("wrong", "meant"),
    [
        ("deepsek", "deepseek"),
        ("DeepSeeek", "deepseek"),
        ("open-ai", "openai"),
        ("antropic", "claude"),
        ("qwen2", "dashscope"),
        ("zhipu-ai", "zhipuai"),
        ("dash", "dashscope"),
        ("azureopenai", "azure"),
    ],
)
def test_a_wrong_name_names_first_what_was_meant(wrong: str, meant: str) -> None:
    assert find(wrong) is None
    assert near(wrong)[0] == meant


@pytest.mark.parametrize("nonsense", ["", "x", "\n", "zzzzzzzz", "q" * 100_000])
def test_nonsense_is_near_to_nothing(nonsense: str) -> None:
    assert near(nonsense) == ()


def test_a_name_belongs_to_one_type_whatever_its_case() -> None:
    assert twice(name.lower() for entry in TYPES for name in entry.names()) == []


def test_a_flag_belongs_to_one_thing() -> None:
    flags = [flag for entry in TYPES for flag in (*entry.key_flags, *entry.models_flags)]
    flags += [flag for entry in TYPES for field in entry.options for flag in field.flags]
    assert twice(flags) == []


def test_a_key_variable_belongs_to_one_type() -> None:
    assert twice(name for entry in TYPES for name in entry.key_variables) == []


def test_every_key_flag_of_the_old_script_is_there() -> None:
    assert len(OLD_KEY_FLAGS) == 21
    assert set(OLD_KEY_FLAGS) <= {flag for entry in TYPES for flag in entry.key_flags}


def test_every_models_flag_of_the_old_script_is_there() -> None:
    assert len(OLD_MODELS_FLAGS) == 31
    assert set(OLD_MODELS_FLAGS) <= {flag for entry in TYPES for flag in entry.models_flags}


@pytest.mark.parametrize(
    ("flag", "option"),
    [
        ("--zhipuai-domain", "zhipuDomain"),
        ("--zhipuai-code-plan-mode", "zhipuCodePlanMode"),
        ("--claude-version", "claudeVersion"),
    ],
)
def test_an_option_flag_of_the_old_script_is_there(flag: str, option: str) -> None:
    owners = [field.name for entry in TYPES for field in entry.options if flag in field.flags]
    assert owners == [option]


def test_a_type_with_a_key_has_flags_of_its_own_name(entry: ProviderType) -> None:
    if entry.id != "demo":
        assert entry.key_flags == (f"--{entry.id}-key",)
        assert entry.models_flags == (f"--{entry.id}-models",)


@pytest.mark.parametrize(("type_id", "variable"), OLD_VARIABLES.items(), ids=OLD_VARIABLES)
def test_the_old_script_s_key_variable_comes_first(type_id: str, variable: str) -> None:
    found = find(type_id)
    assert found is not None
    assert found.key_variables[0] == variable


@pytest.mark.parametrize(
    ("type_id", "variable"), STANDARD_VARIABLES.items(), ids=STANDARD_VARIABLES
)
def test_the_vendor_s_own_key_variable_is_read_too(type_id: str, variable: str) -> None:
    found = find(type_id)
    assert found is not None
    assert variable in found.key_variables


def test_a_type_that_needs_a_key_can_read_it_from_the_environment(entry: ProviderType) -> None:
    assert entry.key_variables or not entry.key_required


def test_zhipu_is_called_what_its_customers_call_it() -> None:
    found = find("zhipuai")
    assert found is not None
    assert (found.label_en, found.label_zh) == ("z.ai", "智谱")


def test_every_type_has_a_label_in_both_languages(entry: ProviderType) -> None:
    assert entry.label_en
    assert entry.label_zh


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
