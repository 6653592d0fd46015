"""By which names, flags and variables users and old scripts find a type."""

from collections import Counter
from collections.abc import Iterable

import pytest

from aigw.catalog import every, find, near
from aigw.catalog.provider_type import ProviderType

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


@pytest.fixture(params=TYPES, ids=IDS)
def entry(request: pytest.FixtureRequest) -> ProviderType:
    """Every type in its turn."""
    found = find(request.param.id)
    assert found is not None
    return found


def twice(words: Iterable[str]) -> list[str]:
    return [word for word, count in Counter(words).items() if count > 1]


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
