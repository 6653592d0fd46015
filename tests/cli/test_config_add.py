"""`aigw config add`: models, options, URLs, and what cannot be."""

from pathlib import Path

import pytest
import yaml

from tests.cli.configured import KEY, STOPPED, add, keys
from tests.cli.program import Program


def test_options_maps_and_urls_are_laid_over_what_is_there(aigw: Program) -> None:
    url = ("--url", "https://proxy.example:8443/v1")
    add(aigw, "--provider", "zhipu", "--key", KEY, "--set", "zhipuDomain=api.z.ai", *url)
    add(aigw, "--provider", "zhipuai", "--model-map", "gpt-4o=glm-4.6", "--model-map", "a=b")
    add(aigw, "--provider", "zhipuai", "--model-map", "a=", "--set", "zhipuCodePlanMode=yes")
    tree = yaml.safe_load((aigw.folder / "gateway.yaml").read_text())
    assert tree["providers"] == [
        {
            "id": "zhipuai",
            "type": "zhipuai",
            "keys": ["store"],
            "url": "https://proxy.example:8443/v1",
            "modelMap": {"gpt-4o": "glm-4.6"},
            "options": {"zhipuDomain": "api.z.ai", "zhipuCodePlanMode": True},
        }
    ]


def test_an_option_is_given_by_the_old_script_s_name_too(aigw: Program) -> None:
    for flag in ("--set", "--extra-config"):
        domain = f"{flag[2:5]}.example"
        add(aigw, "--provider", "zhipuai", "--key", KEY, flag, f"zhipuDomain={domain}")
        tree = yaml.safe_load((aigw.folder / "gateway.yaml").read_text())
        assert tree["providers"][0]["options"] == {"zhipuDomain": domain}


def test_a_value_may_hold_commas_quotes_and_equal_signs(aigw: Program) -> None:
    """The old script joined what it was told with commas, and split it there again."""
    account = '{"type":"service_account","private_key":"-----BEGIN, \\"it\'s\\"\\n=="}'
    place = ("--set", "vertexProjectId=p", "--set", "vertexRegion=global")
    flags = ("--provider", "vertex", "--key-stdin", "--no-check", *place, "--models", "m=1,m-2")
    assert aigw("config", "add", *flags, stdin=account).code == 0
    add(aigw, "--provider", "dashscope", "--key", KEY, "--url", "https://a.example/v1/x,y=z/v1")
    assert keys(aigw) == {"vertex": [account], "dashscope": [KEY]}
    tree = yaml.safe_load((aigw.folder / "gateway.yaml").read_text())
    vertex, dashscope = tree["providers"]
    assert (vertex["models"], dashscope["url"]) == (["m=1", "m-2"], "https://a.example/v1/x,y=z/v1")


def test_openai_and_azure_are_there_together(aigw: Program) -> None:
    add(aigw, "--provider", "openai", "--key", KEY)
    azure = ("--provider", "azure", "--key", KEY, "--set", "azureResource=mine")
    said = aigw("config", "add", "--no-check", *azure, "--models", "gpt-4o-azure")
    assert (said.code, said.err) == (0, "")
    listed = aigw("config", "list", "--json").json()["providers"]
    assert isinstance(listed, list)
    assert [(one["id"], one["keys"]) for one in listed] == [
        ("openai", ["...cdef"]),
        ("azure", ["...cdef"]),
    ]


GIVE = 'printf %s "$KEY" | aigw config add'

BAD_PROVIDERS = {
    "no type": ((), "name a type with --provider", "aigw config providers"),
    "an unknown type": (
        ("--provider", "opnai"),
        "there is no provider type `opnai`; did you mean `openai` or `azure`?",
        "aigw config providers",
    ),
    "an unknown option": (
        ("--provider", "zhipuai", "--set", "zhipuDomian=x"),
        "zhipuai has no option `zhipuDomian`; did you mean `zhipuDomain`?",
        "aigw config providers zhipuai",
    ),
    "a bad option": (
        ("--provider", "zhipuai", "--set", "zhipuCodePlanMode=perhaps"),
        "option `zhipuCodePlanMode` must be true or false",
        "",
    ),
    "an option without a value": (
        ("--provider", "zhipuai", "--set", "zhipuDomain"),
        "`zhipuDomain` is not of the form --set NAME=VALUE",
        "",
    ),
    "a bad id": (
        ("--provider", "openai", "--id", "Two"),
        "with this change gateway.yaml would be wrong:\n"
        "  providers[0].id: must be of `a-z`, `0-9` and `-`, and not begin with `-`",
        "",
    ),
    "a bad pattern": (
        ("--provider", "openai", "--models", 'gpt-"4'),
        "with this change gateway.yaml would be wrong:\n"
        "  providers[0].models[0]: must be a model's name or a pattern such as `qwen-*`, without "
        "quotes, backslashes, control characters, `**` and blanks at its ends",
        "",
    ),
    "no pattern": (("--provider", "openai", "--models", " ,"), "--models names no model", ""),
    "a bad url": (
        ("--provider", "openai", "--url", "ftp://x"),
        "the url of a provider of type openai must begin with http:// or https://",
        "",
    ),
    "no url where only the user knows it": (
        ("--provider", "custom-openai"),
        "custom-openai needs a URL: --url",
        f"{GIVE} --provider custom-openai --url https://HOST/v1 --key-stdin",
    ),
    "no option where only the user knows it": (
        ("--provider", "azure"),
        "a provider of type azure needs option `azureResource`",
        f"{GIVE} --provider azure --set azureResource=VALUE --key-stdin",
    ),
    "an empty url": (("--provider", "openai", "--url", ""), "--url is empty", ""),
}


@pytest.mark.parametrize(
    ("flags", "words", "hint"), BAD_PROVIDERS.values(), ids=BAD_PROVIDERS.keys()
)
def test_what_cannot_be_is_refused_with_its_place(
    aigw: Program, flags: tuple[str, ...], words: str, hint: str
) -> None:
    said = aigw("config", "add", "--no-check", "--key", KEY, *flags)
    hinted = f"\nhint: {hint}\n" if hint else ""
    assert (said.code, said.out, said.err) == (2, "", f"error: {words}\n{hinted}")
    assert not (aigw.folder / "gateway.yaml").exists()


ODD_TEXTS = {
    "quote": 'it\'s "quoted"',
    "backslash": "back\\slash",
    "newline": "two\nlines",
    "shell": "$(touch owned) `id` ${HOME}",
    "unicode": "模型-ünïcode",
    "yaml": "*: &a [x]",
    "long": "x" * 100_000,
}
PLACES = {
    "--url": "https://example.org/{}",
    "--models": "{}",
    "--id": "{}",
    "--set": "zhipuDomain={}",
    "--model-map": "gpt-4o={}",
    "--provider": "{}",
}


@pytest.mark.parametrize("flag", PLACES)
@pytest.mark.parametrize("text", ODD_TEXTS.values(), ids=ODD_TEXTS.keys())
def test_an_odd_text_is_refused_or_carried_exactly(aigw: Program, flag: str, text: str) -> None:
    value = PLACES[flag].format(text)
    named = () if flag == "--provider" else ("--provider", "zhipuai")
    said = aigw("config", "add", "--no-check", *named, "--key", KEY, flag, value)
    if said.code == 0:
        shown = aigw("config", "list", "--json").json()
        texts = [value, text, value.partition("=")[2]]
        assert any(one in kept for kept in _texts(shown) for one in texts)
    else:
        assert (said.code, said.out) == (2, "")
        assert not (aigw.folder / "gateway.yaml").exists()
    assert not Path("owned").exists()


def _texts(tree: object) -> list[str]:
    match tree:
        case dict():
            return [text for pair in tree.items() for item in pair for text in _texts(item)]
        case list():
            return [text for item in tree for text in _texts(item)]
        case _:
            return [str(tree)]


def test_a_type_that_the_engine_cannot_run_is_refused_with_what_to_use_instead(
    aigw: Program,
) -> None:
    said = aigw("config", "add", "--provider", "dify", "--key", KEY)
    assert (said.code, said.out) == (5, "")
    assert said.err.startswith(
        "error: provider `dify` cannot be used on the envoy engine: a Dify application has an API"
    )
    assert "; and the Higress engine is not to be had: no Docker engine: DOCKER_HOST" in said.err


NOTHING_NEW = {
    "the same again": ("--provider", "openai", "--key", KEY, "--models", "gpt-4o"),
    "its id alone": ("--id", "openai"),
    "a key that is there": ("--id", "openai", "--append", "--key", KEY),
    "the end of a mapping that is not there": ("--id", "openai", "--model-map", "zz="),
}


@pytest.mark.parametrize("flags", NOTHING_NEW.values(), ids=NOTHING_NEW.keys())
def test_what_is_so_already_is_not_called_a_change(aigw: Program, flags: tuple[str, ...]) -> None:
    add(aigw, "--provider", "openai", "--key", KEY, "--models", "gpt-4o")
    said = aigw("config", "add", "--no-check", *flags)
    words = "provider openai is as asked already; nothing changed\n"
    assert (said.code, said.out, said.err) == (0, f"{words}{STOPPED}", "")
    assert aigw("config", "add", "--no-check", "--json", *flags).json()["changed"] is False


def test_nothing_cannot_be_appended(aigw: Program) -> None:
    add(aigw, "--provider", "openai", "--key", KEY)
    said = aigw("config", "add", "--id", "openai", "--append", "--models", "gpt-4o")
    assert (said.code, said.out, said.err) == (
        2,
        "",
        "error: --append adds a key, and none is given: "
        "--key-stdin, --key-env, --key-file, --key\n\nhint: aigw config add --help\n",
    )


def test_a_second_provider_of_a_type_has_an_id_and_no_taken_patterns(aigw: Program) -> None:
    add(aigw, "--provider", "openai", "--key", KEY)
    said = aigw("config", "add", "--no-check", "--provider", "openai", "--id", "two", "--key", KEY)
    assert said.code == 0
    assert said.out.startswith("added provider two (...cdef); models two/MODEL\n")
    assert said.err.startswith("gpt-*, chatgpt-*, o1*")
    assert said.err.endswith("ask for `two/MODEL` to use two\n")


def test_a_provider_that_loses_a_default_pattern_is_named(aigw: Program) -> None:
    add(aigw, "--provider", "openai", "--key", KEY)
    second = ("--provider", "openai", "--id", "second", "--key", KEY, "--models", "o1*")
    assert aigw("config", "add", "--no-check", *second).err == (
        "o1*: served by second instead of openai from now on; "
        "ask for `openai/MODEL` to use openai\n"
    )


def test_an_id_in_the_place_of_a_type_is_said_to_be_one(aigw: Program) -> None:
    add(aigw, "--provider", "openai", "--id", "mine", "--key", KEY)
    said = aigw("config", "add", "--provider", "mine", "--models", "gpt-4o")
    assert (said.code, said.out, said.err) == (
        2,
        "",
        "error: `mine` is the id of a provider here: --id mine\n\n"
        "hint: aigw config add --id mine\n",
    )


@pytest.mark.parametrize(
    ("models", "mapped", "noted"),
    [("mini-*", "gpt-4o=big", True), ("gpt-*", "gpt-4o=big", False), ("mini-*", "gpt-4o=", False)],
    ids=["no pattern has it", "a pattern has it", "taken back"],
)
def test_a_mapped_name_that_no_pattern_covers_is_noted(
    aigw: Program, models: str, mapped: str, *, noted: bool
) -> None:
    flags = ("--provider", "openai", "--id", "strict", "--key", KEY, "--models", models)
    said = aigw("config", "add", "--no-check", *flags, "--model-map", mapped)
    words = "note: `gpt-4o` is asked for as strict/gpt-4o only: add it to --models\n"
    assert (said.code, said.err) == (0, words if noted else "")


def test_an_id_keeps_its_type(aigw: Program) -> None:
    add(aigw, "--provider", "openai", "--id", "mine", "--key", KEY)
    said = aigw("config", "add", "--no-check", "--provider", "deepseek", "--id", "mine")
    assert (said.code, said.out, said.err) == (
        2,
        "",
        "error: provider `mine` is of type openai, not deepseek\n\n"
        "hint: aigw config add --provider deepseek --id OTHER\n",
    )


def test_no_gateway_but_the_default_one_is_made_by_adding(aigw: Program) -> None:
    said = aigw("config", "add", "-g", "other", "--provider", "openai", "--key", KEY)
    assert (said.code, said.out) == (4, "")
    assert said.err.startswith("error: there is no gateway `other`")
    assert not (aigw.home / "gateways").exists()
