"""What `start` makes of flags, the environment and a person, before anything runs."""

import socket
from pathlib import Path

import pytest
import yaml

from aigw.spec.gateway import GatewaySpec
from tests.cli.configured import KEY, keys
from tests.cli.program import Program, Said
from tests.fakes import Person, Process, session_of


@pytest.fixture
def process() -> Process:
    """What the fake engine runs."""
    return Process()


def begin(aigw: Program, process: Process, *flags: str, stdin: str = "", **environ: str) -> Said:
    """Start without questions on an engine that runs nothing."""
    flags = ("start", "--non-interactive", *flags)
    return aigw(*flags, stdin=stdin, environ=environ, session=session_of(process=process))


def served(process: Process) -> GatewaySpec:
    """Return what the engine was given last."""
    assert process.serves is not None
    return process.serves.spec


def providers(process: Process) -> dict[str, tuple[str, ...]]:
    """Return the ids of what is served, with their patterns."""
    return {
        one.id: tuple(pattern.text for pattern in one.models) for one in served(process).providers
    }


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


def test_a_flag_goes_before_the_environment_and_that_before_what_is_saved(
    aigw: Program, process: Process
) -> None:
    begin(aigw, process, "--http-port", "18181")
    assert served(process).listen.http == 18181
    begin(aigw, process)
    assert served(process).listen.http == 18181
    begin(aigw, process, AIGW_HTTP_PORT="18182")
    assert served(process).listen.http == 18182
    begin(aigw, process, "--http-port", "18183", AIGW_HTTP_PORT="18182")
    assert served(process).listen.http == 18183


def test_a_key_of_the_environment_is_taken_only_for_a_provider_that_is_named(
    aigw: Program, process: Process
) -> None:
    said = begin(
        aigw,
        process,
        *("--openai-models", "gpt-4o"),
        OPENAI_API_KEY=KEY,
        DEEPSEEK_API_KEY="sk-not-asked-for",
    )
    assert (said.code, said.err) == (0, "taking the key of openai from OPENAI_API_KEY\n")
    assert keys(aigw) == {"openai": [KEY]}


def test_a_required_option_is_taken_from_the_environment(aigw: Program, process: Process) -> None:
    said = begin(aigw, process, "--bedrock-key", KEY, AWS_REGION="eu-central-1")
    assert (said.code, said.err) == (0, "taking awsRegion of bedrock from AWS_REGION\n")
    assert served(process).providers[0].options["awsRegion"] == "eu-central-1"


REFUSED = {
    "a provider without a key": (
        ("--openai-models", "gpt-4o"),
        "provider `openai` needs a key: --key-stdin, --key-env, --key-file, --key, or "
        "OPENAI_API_KEY in the environment",
    ),
    "auto-routing without a default": (
        ("--demo", "--auto-routing"),
        "auto-routing needs a model for messages that no rule matches: "
        "--auto-routing-default-model",
    ),
    "a default that nobody serves": (
        ("--demo", "--auto-routing-default-model", "gpt-4o"),
        "no provider serves the model `gpt-4o`",
    ),
    "a required option": (
        ("--bedrock-key", KEY),
        "a provider of type bedrock needs option `awsRegion`\n\n"
        "hint: aigw config add --provider bedrock --set awsRegion=...",
    ),
    "an address that others reach": (
        ("--listen", "0.0.0.0"),
        "the gateway cannot be that:\n  listen.address: must be a loopback address",
    ),
    "a port twice": (
        ("--http-port", "8443"),
        "the gateway cannot be that:\n  listen.https: is `8443`, as listen.http is",
    ),
    "a type that needs an address": (
        ("--custom-openai-key", KEY),
        "custom-openai needs --url",
    ),
}


@pytest.mark.parametrize(("flags", "words"), REFUSED.values(), ids=REFUSED.keys())
def test_what_cannot_be_is_refused_before_anything_is_made(
    aigw: Program, process: Process, flags: tuple[str, ...], words: str
) -> None:
    said = begin(aigw, process, *flags)
    assert (said.code, said.out) == (2, "")
    assert said.err.startswith(f"error: {words}")
    assert not aigw.home.exists()


def test_a_document_that_cannot_be_is_refused_with_another_code(
    aigw: Program, process: Process, tmp_path: Path
) -> None:
    file = tmp_path / "bad.yaml"
    for text in ("apiVersion: aigw/v9\n", "{", "a: 1\na: 2\n"):
        file.write_text(text)
        said = begin(aigw, process, "--file", str(file))
        assert (said.code, said.out) == (3, "")
        assert said.err.startswith(f"error: {file} cannot be used:")
    missing = begin(aigw, process, "--file", str(tmp_path / "missing.yaml"))
    assert (missing.code, missing.out) == (3, "")
    assert not aigw.home.exists()


def test_flags_are_laid_over_a_document(aigw: Program, process: Process, tmp_path: Path) -> None:
    file = tmp_path / "gateway.yaml"
    file.write_text("apiVersion: aigw/v1\nlisten: {http: 18184}\n")
    begin(aigw, process, "--file", str(file), "--demo")
    assert (served(process).listen.http, list(providers(process))) == (18184, ["demo"])


def test_a_document_is_taken_from_standard_input(aigw: Program, process: Process) -> None:
    text = "# by hand\napiVersion: aigw/v1\nlisten: {http: 18184}\n"
    assert begin(aigw, process, "--file", "-", "--demo", stdin=text).code == 0
    assert (served(process).listen.http, list(providers(process))) == (18184, ["demo"])
    assert "# by hand" in (aigw.folder / "gateway.yaml").read_text()
    bad = begin(aigw, process, "--file", "-", stdin="{")
    assert (bad.code, bad.out) == (3, "")
    assert bad.err.startswith("error: standard input cannot be used:")
    stays = begin(aigw, process, "--file", "-", "--foreground", stdin=text)
    assert (stays.code, stays.out) == (2, "")
    assert "--file FILE" in stays.err


def test_auto_routing_is_switched_off_by_its_flag(aigw: Program, process: Process) -> None:
    begin(aigw, process, "--demo", "--auto-routing-default-model", "demo")
    assert served(process).auto_routing.enabled
    begin(aigw, process, "--no-auto-routing")
    assert not served(process).auto_routing.enabled
    assert served(process).auto_routing.default == "demo"


def test_a_person_is_asked_only_for_the_key_that_is_missing(
    aigw: Program, process: Process
) -> None:
    person = Person(answers=[KEY])
    session = session_of(person=person, process=process)
    said = aigw("start", "--openai-models", "gpt-4o", session=session)
    assert said.code == 0
    assert person.asked == ["Key for openai"]
    assert keys(aigw) == {"openai": [KEY]}


def test_nobody_is_asked_anything_for_a_gateway_whose_port_is_taken(aigw: Program) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        for flags in ((), ("--openai-models", "gpt-4o")):
            person = Person(answers=[KEY])
            said = aigw("start", "--http-port", port, *flags, session=session_of(person=person))
            assert (said.code, said.out, person.asked) == (5, "", [])
            assert said.err.startswith(f"error: port {port} of 127.0.0.1 is taken by ")
    assert not aigw.home.exists()


def test_a_first_start_without_a_person_names_the_flags(aigw: Program, process: Process) -> None:
    said = aigw("start", session=session_of(process=process))
    assert (said.code, said.out) == (2, "")
    assert "--openai-key" in said.err
    assert "--non-interactive" in said.err
    assert not aigw.home.exists()


def test_a_no_at_the_question_of_delete_changes_nothing(aigw: Program, process: Process) -> None:
    begin(aigw, process, "--demo")
    said = aigw("delete", session=session_of(person=Person(answers=["no"]), process=process))
    assert (said.code, said.out, said.err) == (130, "", "nothing was changed\n")
    assert yaml.safe_load((aigw.folder / "gateway.yaml").read_text())["providers"]
    done = aigw("delete", session=session_of(person=Person(answers=["yes"]), process=process))
    assert done.code == 0
