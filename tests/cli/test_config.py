"""`aigw config`: providers and keys of a gateway, running or not."""

import stat
from pathlib import Path

import pytest
import yaml

from tests.cli.program import Program

STOPPED = "the gateway does not run; `aigw start` starts it\n"
KEY = "sk-0123456789abcdef"


def keys(aigw: Program) -> object:
    """Read what is kept."""
    return yaml.safe_load((aigw.folder / "credentials.yaml").read_text())


def add(aigw: Program, *arguments: str) -> None:
    """Add a provider without asking it."""
    said = aigw("config", "add", "--no-check", *arguments)
    assert said.code == 0, said


def test_the_first_provider_makes_the_gateway(aigw: Program) -> None:
    said = aigw(
        "config", "add", "--provider", "deepseek", "--key-stdin", "--no-check", stdin=f"{KEY}\n"
    )
    assert said.code == 0
    assert said.out == f"added provider deepseek (...cdef); models deepseek-*\n{STOPPED}"
    assert said.err == ""
    assert keys(aigw) == {"deepseek": [KEY]}


KEY_FLAGS = {
    "a flag": (("--key", KEY), ""),
    "standard input": (("--key-stdin",), KEY),
    "standard input with a line end": (("--key-stdin",), f"{KEY}\r\n"),
}


@pytest.mark.parametrize(("flags", "stdin"), KEY_FLAGS.values(), ids=KEY_FLAGS.keys())
def test_a_key_is_kept_exactly(aigw: Program, flags: tuple[str, ...], stdin: str) -> None:
    add_flags = ("config", "add", "--provider", "openai", "--no-check", *flags)
    assert aigw(*add_flags, stdin=stdin).code == 0
    assert keys(aigw) == {"openai": [KEY]}


ODD_KEYS = {
    "quotes": "sk-\"quoted'0123456789",
    "backslash": "sk-back\\slash\\n0123",
    "shell": "sk-$(touch /tmp/x)`id`",
    "yaml": "sk: &anchor *alias # {x}",
    "blank inside": "sk one two",
    "the longest": "k" * 16384,
}


@pytest.mark.parametrize("key", ODD_KEYS.values(), ids=ODD_KEYS.keys())
def test_an_odd_key_is_carried_exactly(aigw: Program, key: str) -> None:
    said = aigw("config", "add", "--provider", "openai", "--no-check", "--key-stdin", stdin=key)
    assert said.code == 0
    assert keys(aigw) == {"openai": [key]}


BAD_KEYS = {
    "not ASCII": ("sk-schlüssel-0123456789", "cannot be sent: character 8 (U+00C3) is not plain"),
    "a control character": (
        "sk-\x07-0123456789",
        "cannot be sent: character 4 (U+0007) is a control",
    ),
    "a NUL": ("sk-\0-0123456789", "cannot be sent: character 4 (U+0000) is a control"),
    "one megabyte": ("k" * (1 << 20), "is longer than 16384 characters"),
    "blanks around": (" sk-0123456789", "begins or ends with a blank"),
}


@pytest.mark.parametrize(("key", "words"), BAD_KEYS.values(), ids=BAD_KEYS.keys())
def test_a_key_that_no_header_carries_is_refused(aigw: Program, key: str, words: str) -> None:
    said = aigw("config", "add", "--provider", "openai", "--no-check", "--key-stdin", stdin=key)
    assert (said.code, said.out) == (2, "")
    assert said.err.startswith(f"error: the key {words}")
    assert key not in said.err
    assert not aigw.folder.exists()


NO_KEY = {
    "none": ((), "", "needs a key: --key-stdin, --key-env, --key-file, --key, or OPENAI_API_KEY"),
    "an empty flag": (("--key", ""), "", "--key is empty"),
    "commas": (("--key", ","), "", "the key is empty"),
    "nothing on standard input": (("--key-stdin",), "\n\n", "standard input holds no key"),
}


@pytest.mark.parametrize(("flags", "stdin", "words"), NO_KEY.values(), ids=NO_KEY.keys())
def test_without_a_key_or_a_person_the_flags_are_named(
    aigw: Program, flags: tuple[str, ...], stdin: str, words: str
) -> None:
    said = aigw("config", "add", "--provider", "openai", *flags, stdin=stdin)
    assert (said.code, said.out) == (2, "")
    assert words in said.err.splitlines()[0]


def test_a_key_of_the_environment_is_taken_and_named(aigw: Program) -> None:
    environ = {"ANTHROPIC_API_KEY": KEY}
    said = aigw("config", "add", "--provider", "claude", "--no-check", environ=environ)
    assert said.code == 0
    assert said.err == "taking the key of claude from ANTHROPIC_API_KEY\n"
    assert keys(aigw) == {"claude": [KEY]}


def test_a_flag_goes_before_the_environment(aigw: Program) -> None:
    environ = {"OPENAI_API_KEY": "sk-of-the-environment"}
    flags = ("--provider", "openai", "--key", KEY)
    said = aigw("config", "add", "--no-check", *flags, environ=environ)
    assert (said.code, said.err) == (0, "")
    assert keys(aigw) == {"openai": [KEY]}


def test_references_are_kept_as_they_are_and_no_key_with_them(
    aigw: Program, tmp_path: Path
) -> None:
    file = tmp_path / "a key.txt"
    file.write_text(KEY)
    add(aigw, "--provider", "openai", "--key-env", "MY_KEY", "--key-file", str(file))
    tree = yaml.safe_load((aigw.folder / "gateway.yaml").read_text())
    assert tree["providers"][0]["keys"] == ["env:MY_KEY", f"file:{file}"]
    assert KEY not in "".join(path.read_text() for path in aigw.folder.glob("*.yaml"))


REPEATED = {
    "new keys replace the old ones": ((), ["sk-new-000000000000"]),
    "--append adds them": (("--append",), [KEY, "sk-new-000000000000"]),
}


@pytest.mark.parametrize(("more", "kept"), REPEATED.values(), ids=REPEATED.keys())
def test_a_provider_is_added_again(aigw: Program, more: tuple[str, ...], kept: list[str]) -> None:
    add(aigw, "--provider", "openai", "--key", KEY)
    said = aigw(
        *("config", "add", "--provider", "openai", "--no-check"),
        *("--key", "sk-new-000000000000", *more),
    )
    assert said.code == 0
    assert said.out.startswith("changed provider openai (")
    assert keys(aigw) == {"openai": kept}


def test_commas_and_repeated_flags_make_several_keys(aigw: Program) -> None:
    add(aigw, "--provider", "openai", "--key", "sk-one-1,sk-two-2", "--key", "sk-three-3")
    assert keys(aigw) == {"openai": ["sk-one-1", "sk-two-2", "sk-three-3"]}


def test_a_change_without_keys_leaves_the_keys(aigw: Program) -> None:
    add(aigw, "--provider", "openai", "--key", KEY)
    add(aigw, "--provider", "openai", "--models", "gpt-4o,gpt-4o-*")
    assert keys(aigw) == {"openai": [KEY]}
    listed = aigw("config", "list", "--json").json()["providers"]
    assert isinstance(listed, list)
    assert listed[0]["models"] == ["gpt-4o", "gpt-4o-*"]


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
        "the gateway cannot be that:\n"
        "  providers[0].id: must be of `a-z`, `0-9` and `-`, and not begin with `-`",
        "",
    ),
    "a bad pattern": (
        ("--provider", "openai", "--models", 'gpt-"4'),
        "the gateway cannot be that:\n"
        "  providers[0].models[0]: must be a model's name or a pattern such as `qwen-*`, without "
        "quotes, backslashes, control characters, `**` and blanks at its ends",
        "",
    ),
    "no pattern": (("--provider", "openai", "--models", " ,"), "--models names no model", ""),
    "a bad url": (
        ("--provider", "openai", "--url", "ftp://x"),
        "the gateway cannot be that:\n  providers[0].url: must be an http:// or https:// URL "
        "without user, query and fragment",
        "",
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
    assert (said.code, said.out) == (2, "")
    assert said.err.startswith(
        "error: dify cannot be used on the envoy engine: a Dify application has an API of its own"
    )


def test_a_second_provider_of_a_type_has_an_id_and_no_taken_patterns(aigw: Program) -> None:
    add(aigw, "--provider", "openai", "--key", KEY)
    said = aigw("config", "add", "--no-check", "--provider", "openai", "--id", "two", "--key", KEY)
    assert said.code == 0
    assert said.out.startswith("added provider two (...cdef); models two/MODEL\n")
    assert said.err.startswith("gpt-*, chatgpt-*, o1*")
    assert said.err.endswith("ask for `two/MODEL` to use two\n")


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


def test_one_key_of_several_is_removed_by_its_end(aigw: Program) -> None:
    add(aigw, "--provider", "openai", "--key", "sk-0123456789-aaaa,sk-0123456789-bbbb")
    said = aigw("config", "remove", "--provider", "openai", "--key-ending", "aaaa")
    assert (said.code, said.out) == (
        0,
        f"removed one key of openai; left are ...bbbb\n{STOPPED}",
    )
    assert keys(aigw) == {"openai": ["sk-0123456789-bbbb"]}


KEY_ENDINGS = {
    "none ends so": ("cccc", "no key of `openai` ends in `cccc`"),
    "several end so": ("a", "2 keys of `openai` end in `a`"),
}


@pytest.mark.parametrize(("ending", "words"), KEY_ENDINGS.values(), ids=KEY_ENDINGS.keys())
def test_a_key_that_is_not_clear_is_left(aigw: Program, ending: str, words: str) -> None:
    add(aigw, "--provider", "openai", "--key", "sk-0123456789-aaaa,sk-9876543210-aaaa")
    said = aigw("config", "remove", "--provider", "openai", "--key-ending", ending)
    assert (said.code, said.err) == (2, f"error: {words}\n\nhint: aigw config list\n")


def test_the_last_key_goes_only_with_its_provider(aigw: Program) -> None:
    add(aigw, "--provider", "openai", "--key", KEY)
    said = aigw("config", "remove", "--provider", "openai", "--key-ending", "cdef")
    assert (said.code, said.err) == (
        2,
        "error: it is the only key of `openai`\n\nhint: aigw config remove --provider openai\n",
    )
    assert keys(aigw) == {"openai": [KEY]}


def test_a_provider_is_removed_with_its_keys(aigw: Program) -> None:
    add(aigw, "--provider", "openai", "--key", KEY)
    add(aigw, "--provider", "deepseek", "--key", KEY)
    said = aigw("config", "remove", "--provider", "openai")
    assert (said.code, said.out, said.err) == (0, f"removed provider openai\n{STOPPED}", "")
    assert keys(aigw) == {"deepseek": [KEY]}


def test_a_provider_that_rules_need_stays(aigw: Program) -> None:
    add(aigw, "--provider", "openai", "--key", KEY)
    assert aigw("route", "default", "gpt-4o").code == 0
    assert aigw("route", "add", "--model", "o3", "--trigger", "think", "--name", "deep").code == 0
    refused = aigw("config", "remove", "--provider", "openai")
    assert (refused.code, refused.out, refused.err) == (
        2,
        "",
        "error: provider `openai` is needed by rule `deep`, the default model `gpt-4o`\n\n"
        "hint: aigw config remove --provider openai --force  (removes those too)\n",
    )
    forced = aigw("config", "remove", "--provider", "openai", "--force")
    assert (forced.code, forced.out) == (
        0,
        f"removed provider openai and the rules deep\n{STOPPED}",
    )
    assert aigw("route", "list", "--json").json()["enabled"] is False


def test_files_are_private_whatever_the_umask(aigw: Program) -> None:
    import os

    before = os.umask(0)
    try:
        add(aigw, "--provider", "openai", "--key", KEY)
    finally:
        os.umask(before)
    for path in aigw.home.rglob("*"):
        assert stat.S_IMODE(path.stat().st_mode) & 0o077 == 0, path


def test_the_list_of_providers(aigw: Program) -> None:
    empty = aigw("config", "list")
    assert empty.code == 4
    add(aigw, "--provider", "deepseek", "--key", "sk-0123456789abcdef0123456789abcdef")
    listed = aigw("config", "list")
    assert (listed.code, listed.err) == (0, "")
    assert listed.out == (
        "ID        TYPE                 MODELS      KEYS        ENDPOINT\n"
        "deepseek  deepseek (DeepSeek)  deepseek-*  sk-...cdef"
        "  https://api.deepseek.com/v1/chat/completions\n"
    )


def test_names_are_chinese_for_people_who_read_chinese(aigw: Program) -> None:
    environ = {"LANG": "zh_CN.UTF-8"}
    add(aigw, "--provider", "zhipuai", "--key", KEY)
    assert "智谱" in aigw("config", "list", environ=environ).out
    assert "z.ai" in aigw("config", "list").out.lower()


def test_the_document_is_shown_with_defaults_word_for_word_or_by_its_path(aigw: Program) -> None:
    add(aigw, "--provider", "deepseek", "--key", KEY)
    path = aigw.folder / "gateway.yaml"
    shown = aigw("config", "show")
    assert yaml.safe_load(shown.out)["listen"]["http"] == 8080
    assert aigw("config", "show", "--raw").out == path.read_text()
    assert aigw("config", "show", "--path").out == f"{path}\n"
    assert KEY not in shown.out + aigw("config", "show", "--json").out


def test_all_that_is_wrong_in_a_document_is_said_at_once(aigw: Program, tmp_path: Path) -> None:
    file = tmp_path / "bad.yaml"
    file.write_text(
        "apiVersion: aigw/v1\nlisten: {http: x}\nproviders:\n  - {id: A, type: nothing}\nextra: 1\n"
    )
    said = aigw("config", "check", str(file))
    assert (said.code, said.out) == (3, "")
    places = [line.strip().split(":")[0] for line in said.err.splitlines()[1:]]
    assert places == ["extra", "listen.http", "providers[0].type", "providers[0].id"]


def test_a_fine_document_is_said_to_be_fine(aigw: Program) -> None:
    add(aigw, "--provider", "deepseek", "--key", KEY)
    said = aigw("config", "check")
    path = aigw.folder / "gateway.yaml"
    assert (said.code, said.out, said.err) == (0, f"{path} is fine: 1 providers, 0 rules\n", "")


def test_every_type_of_the_catalogue_is_shown(aigw: Program) -> None:
    listed = aigw("config", "providers")
    assert (listed.code, listed.err) == (0, "")
    assert "deepseek" in listed.out
    one = aigw("config", "providers", "kimi")
    assert one.out.startswith("moonshot: ")
    assert aigw("config", "providers", "kimmi").code == 2
