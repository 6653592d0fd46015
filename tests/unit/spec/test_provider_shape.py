import pytest

from aigw.errors import SpecInvalid
from aigw.spec.reading import parse
from tests.unit.spec.trees import OPENAI, custom, provider_with, tree_of

MODEL_MUST = (
    "must be one model's name, without quotes, backslashes, control characters, `*` "
    "and blanks at its ends"
)
PATTERN_MUST = (
    "must be a model's name or a pattern such as `qwen-*`, without quotes, backslashes, "
    "control characters, `**` and blanks at its ends"
)
KEY_MUST = (
    "must be `store`, `env:VARIABLE` or `file:PATH`; a key itself never stands here: "
    "`aigw config add --key-stdin` keeps it"
)

MALFORMED = {
    "providers as a mapping": (
        tree_of() | {"providers": {"openai": {}}},
        ["providers: must be a list, not a mapping"],
    ),
    "nothing as provider": (tree_of() | {"providers": [None]}, ["providers[0]: is missing"]),
    "an empty provider": (
        tree_of({}),
        ["providers[0].type: is missing", "providers[0].id: is missing"],
    ),
    "a fallback": (
        provider_with(fallback=[{"provider": "P", "model": "a*"}, {"model": "m"}, "other"]),
        [
            "providers[0].fallback[0].provider: must be of `a-z`, `0-9` and `-`, "
            "and not begin with `-`",
            f"providers[0].fallback[0].model: {MODEL_MUST}",
            "providers[0].fallback[1].provider: is missing",
            "providers[0].fallback[2]: must be a mapping, not text",
        ],
    ),
    "a key as a field": (
        provider_with(apiKey="sk-canary"),
        [
            "providers[0].apiKey: is unknown; a key never stands here: "
            "`aigw config add --key-stdin` keeps it"
        ],
    ),
    "an id": (
        tree_of(custom("Öpen", "m"), custom("-a", "n"), custom("a" * 41, "o"), custom("a\n", "p")),
        [
            "providers[0].id: must be of `a-z`, `0-9` and `-`, and not begin with `-`",
            "providers[1].id: must be of `a-z`, `0-9` and `-`, and not begin with `-`",
            "providers[2].id: has 41 characters; 40 is the most",
            "providers[3].id: must be of `a-z`, `0-9` and `-`, and not begin with `-`",
        ],
    ),
    "an unknown type": (
        provider_with(type="deepsek"),
        [
            "providers[0].type: is no provider type; did you mean `deepseek` or `deepl`? "
            "(`aigw config providers` lists them)"
        ],
    ),
    "a type in capitals": (
        provider_with(type="OpenAI"),
        [
            "providers[0].type: is no provider type; did you mean `openai`? "
            "(`aigw config providers` lists them)"
        ],
    ),
    "a number as type": (
        provider_with(type=1),
        ["providers[0].type: must be the text of a provider type"],
    ),
    "models": (
        provider_with(
            models=["", " a", "a b", 'a"', "a'", "a\\", "a\n", "\ud800", "a**", "é" * 257, 4, None]
        ),
        [
            "providers[0].models[0]: is empty",
            f"providers[0].models[1]: {PATTERN_MUST}",
            *(f"providers[0].models[{index}]: {PATTERN_MUST}" for index in range(3, 9)),
            "providers[0].models[9]: has 257 characters; 256 is the most",
            "providers[0].models[10]: must be text, not a number",
            "providers[0].models[11]: is missing",
        ],
    ),
    "models as text": (
        provider_with(models="qwen-*"),
        ["providers[0].models: must be a list, not text"],
    ),
    "key references": (
        provider_with(keys=["sk-canary", "env:", "env:A-B", "file:", "file:a\nb", "Store", 5]),
        [
            *(f"providers[0].keys[{index}]: {KEY_MUST}" for index in range(6)),
            "providers[0].keys[6]: must be text, not a number",
        ],
    ),
    "a map of models": (
        provider_with(modelMap={"a": None, "b*": "x", "c": "*", 5: "d", "e": 1.5}),
        [
            "providers[0].modelMap.a: is missing",
            f"providers[0].modelMap['b*']: {MODEL_MUST}",
            f"providers[0].modelMap.c: {MODEL_MUST}",
            "providers[0].modelMap[5]: must be text, not a number",
            "providers[0].modelMap.e: must be text, not a number",
        ],
    ),
    "a url of another kind": (
        provider_with(url="ftp://host"),
        ["providers[0].url: must be an http:// or https:// URL without user, query and fragment"],
    ),
    "a url with a password": (
        provider_with(url="https://user:canary@host"),
        ["providers[0].url: must be an http:// or https:// URL without user, query and fragment"],
    ),
    "options of another type": (
        tree_of({**OPENAI, "options": {"qwenEnableSearch": True}}),
        ["providers[0].options.qwenEnableSearch: is unknown"],
    ),
    "options of wrong kinds": (
        tree_of(
            {
                **OPENAI,
                "type": "dashscope",
                "options": {
                    "qwenEnableSearch": "yes",
                    "qwenFileIds": "a",
                    "qwenDomian": "x",
                    "reasoningContentMode": "pass",
                    "qwenDomain": "a/b",
                },
            }
        ),
        [
            "providers[0].options.qwenDomian: is unknown; did you mean `qwenDomain`?",
            "providers[0].options.qwenDomain: has another form: Host of your region: "
            "dashscope.aliyuncs.com (China), dashscope-intl.aliyuncs.com (Singapore), "
            "dashscope-us.aliyuncs.com (Virginia), cn-hongkong.dashscope.aliyuncs.com, "
            "or that of your workspace",
            "providers[0].options.qwenEnableSearch: must be true or false, not text",
            "providers[0].options.qwenFileIds: must be a list, not text",
            "providers[0].options.reasoningContentMode: must be `passthrough`, `ignore` or "
            "`concat`",
        ],
    ),
    "a number out of bounds": (
        tree_of({"id": "o", "type": "ollama", "options": {"ollamaServerPort": 65536}}),
        ["providers[0].options.ollamaServerPort: must be a whole number from 1 to 65535"],
    ),
    "a required option": (
        tree_of({**OPENAI, "type": "bedrock"}),
        ["providers[0].options: must have `awsRegion`: Region, such as us-east-1"],
    ),
    "too many providers": (
        tree_of(*[custom("a", "b")] * 201),
        ["providers: has 201 items; 200 is the most"],
    ),
    "too many keys": (
        provider_with(keys=["store"] * 101),
        ["providers[0].keys: has 101 items; 100 is the most"],
    ),
    "a megabyte": (
        provider_with(models=["a" * 2**20], url="http://" + "a" * 2**20),
        [
            "providers[0].models[0]: has 1048576 characters; 256 is the most",
            "providers[0].url: has 1048583 characters; 2048 is the most",
        ],
    ),
}


@pytest.mark.parametrize(
    ("tree", "expected"), [pytest.param(*row, id=name) for name, row in MALFORMED.items()]
)
def test_a_malformed_provider_is_refused_with_its_paths(tree: object, expected: list[str]) -> None:
    with pytest.raises(SpecInvalid) as refused:
        parse(tree, source="gateway.yaml")
    assert [str(problem) for problem in refused.value.problems] == expected
