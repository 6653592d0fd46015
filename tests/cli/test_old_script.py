"""What a line with get-ai-gateway.sh does with `aigw` in its place, and what it no longer does."""

import pytest

from tests.cli.configured import KEY, keys
from tests.cli.program import Program
from tests.cli.starting import begin, providers, served
from tests.fakes import Process, session_of
from tests.unit.catalog.test_names import OLD_KEY_FLAGS, OLD_MODELS_FLAGS

OLD_SCRIPT = {
    "keys": (
        ("--dashscope-key", KEY, "--openai-key", KEY),
        {"dashscope": KEY, "openai": KEY},
    ),
    "a key with another name than its type": (("--claude-code-key", KEY), {"claude-code": KEY}),
    "batch": (("--batch", "--grok-key", KEY), {"grok": KEY}),
    "a gateway by its container's name": (
        ("--container-name", "higress-ai-gateway", "--yi-key", KEY),
        {"yi": KEY},
    ),
}


@pytest.mark.parametrize(("flags", "kept"), OLD_SCRIPT.values(), ids=OLD_SCRIPT.keys())
def test_flags_of_the_old_script_do_the_same(
    aigw: Program, process: Process, flags: tuple[str, ...], kept: dict[str, str]
) -> None:
    assert begin(aigw, process, *flags).code == 0
    assert keys(aigw) == {name: [key] for name, key in kept.items()}


CLOSED, ELSEWHERE = ("github",), ("deepl", "dify")
"""GitHub closed its service; the others run in a container only."""
NEEDED = (
    *("--azure-resource", "mine", "--bedrock-region", "eu-west-1"),
    *("--vertex-project-id", "p", "--vertex-region", "global"),
    *("--cloudflare-account-id", "0" * 32),
)


def test_every_key_and_models_flag_of_the_old_script_is_taken(
    aigw: Program, process: Process
) -> None:
    there = [flag for flag in OLD_MODELS_FLAGS if flag[2:-7] not in (*CLOSED, *ELSEWHERE)]
    models = {flag[2:-7]: f"{flag[2:-7]}-m" for flag in there}
    named = {flag[2:-4] for flag in OLD_KEY_FLAGS} | {*models}
    kept = {name: f"sk-{name}-0123456789" for name in named - {*CLOSED}}
    flags = [word for name, key in kept.items() for word in (f"--{name}-key", key)]
    flags += [word for name, model in models.items() for word in (f"--{name}-models", model)]
    said = begin(aigw, process, *flags, *NEEDED)
    assert said.code == 0, said
    assert keys(aigw) == {name: [key] for name, key in kept.items()}
    served = {name: patterns for name, patterns in providers(process).items() if name in models}
    assert served == {name: (model,) for name, model in models.items()}


@pytest.mark.parametrize("name", [*CLOSED, *ELSEWHERE])
def test_a_provider_of_the_old_script_that_cannot_be_is_said_to_be_so(
    aigw: Program, process: Process, name: str
) -> None:
    flags = (f"--{name}-key", KEY, f"--{name}-models", "m")
    said = begin(aigw, process, *flags, DEEPL_TARGET_LANG="DE")
    assert said.code in {2, 5}
    assert f"`{name}`" in said.err or f"{name} cannot be used" in said.err
    assert not aigw.home.exists()


def test_variables_of_other_programs_change_nothing(aigw: Program, process: Process) -> None:
    """The old script took every setting from a variable of its name."""
    others = {
        "CONTAINER_NAME": "theirs",
        "IMAGE_REPO": "theirs/gateway",
        "IMAGE_TAG": "theirs",
        "DATA_FOLDER": "/nowhere/theirs",
        "GATEWAY_HTTP_PORT": "1",
        "GATEWAY_HTTPS_PORT": "2",
        "CONSOLE_PORT": "3",
        "PLUGIN_REGISTRY": "registry.invalid",
        "ENABLE_AUTO_ROUTING": "true",
        "AUTO_ROUTING_DEFAULT_MODEL": "theirs",
        "OPENAI_MODELS": "theirs",
        "DEEPSEEK_MODELS": "theirs",
        "CLAUDE_VERSION": "1999-01-01",
        "MINIMAX_GROUP_ID": "theirs",
        "OPENAI_API_KEY": "sk-theirs-0123456789",
        "DASHSCOPE_API_KEY": "sk-theirs-0123456789",
    }
    flags = ("--deepseek-key", KEY, "--claude-key", KEY)
    assert begin(aigw, process, *flags, **others).err == ""
    told = served(process)
    assert begin(aigw, process, *flags).code == 0
    assert served(process) == told
    assert keys(aigw) == {"deepseek": [KEY], "claude": [KEY]}
    assert "theirs" not in f"{told}"
    assert (told.listen.http, told.auto_routing.enabled) == (8080, False)


def test_new_flags_count_after_a_delete(aigw: Program, process: Process) -> None:
    """The old script went on with the keys and patterns that its folder had kept."""
    first = ("--deepseek-key", "sk-old-0123456789", "--deepseek-models", "deepseek-old")
    assert begin(aigw, process, *first).code == 0
    assert aigw("delete", "--yes", session=session_of(process=process)).code == 0
    again = ("--deepseek-key", KEY, "--deepseek-models", "deepseek-new", "--http-port", "18185")
    assert begin(aigw, process, *again).code == 0
    assert keys(aigw) == {"deepseek": [KEY]}
    assert (providers(process), served(process).listen.http) == (
        {"deepseek": ("deepseek-new",)},
        18185,
    )


def test_models_options_and_auto_routing_of_the_old_script(aigw: Program, process: Process) -> None:
    said = begin(
        aigw,
        process,
        *("--zhipuai-key", f"{KEY},sk-second-0123456789", "--zhipuai-models", "glm-4.6,glm-*"),
        *("--zhipuai-domain", "api.z.ai", "--zhipuai-code-plan-mode"),
        *("--claude-key", KEY, "--claude-version", "2024-10-22"),
        *("--auto-routing", "--auto-routing-default-model", "glm-4.6"),
        *("--http-port", "18180", "--https-port", "18443", "--console-port", "18001"),
    )
    assert said.code == 0
    spec = served(process)
    zhipuai, claude = spec.providers
    assert (zhipuai.options["zhipuDomain"], zhipuai.options["zhipuCodePlanMode"]) == (
        "api.z.ai",
        True,
    )
    assert claude.options["claudeVersion"] == "2024-10-22"
    assert providers(process)["zhipuai"] == ("glm-4.6", "glm-*")
    assert keys(aigw) == {"zhipuai": [KEY, "sk-second-0123456789"], "claude": [KEY]}
    assert (spec.auto_routing.enabled, spec.auto_routing.default) == (True, "glm-4.6")
    assert (spec.listen.http, spec.listen.https, spec.listen.console) == (18180, 18443, 18001)


def test_an_option_without_its_value_is_refused(aigw: Program) -> None:
    """The old script went round for ever."""
    for flag in ("--http-port", "--openai-key", "--container-name"):
        said = aigw("start", "--non-interactive", flag)
        words = f"error: option '{flag}' requires an argument\n\nhint: aigw start --help\n"
        assert (said.code, said.out, said.err) == (2, "", words)


def test_the_help_warns_of_keys_in_a_command_line(aigw: Program) -> None:
    for words in (("start",), ("config", "add")):
        shown = " ".join(aigw(*words, "--help").out.split())
        assert "see" in shown
        assert "list of processes" in shown
