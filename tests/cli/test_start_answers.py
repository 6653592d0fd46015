"""What `start` makes of flags, the environment and a person, before anything runs."""

import socket
from pathlib import Path

import pytest
import yaml

from tests.cli.configured import KEY, keys
from tests.cli.program import Program
from tests.cli.starting import begin, providers, served
from tests.fakes import Person, Process, session_of


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


IMAGES = {
    "a region": (("--region", "asia"), {"registry": "asia"}),
    "a registry": (("--registry", "127.0.0.1:5000"), {"registry": "127.0.0.1:5000"}),
    "an image": (
        ("--image-repo", "me/gw", "--image-tag", "2"),
        {"repository": "me/gw", "tag": "2"},
    ),
    "a policy": (("--pull", "never"), {"pull": "never"}),
    "limits": (("--memory", "2g", "--cpus", "2"), {"memory": "2g", "cpus": 2}),
}


@pytest.mark.parametrize(("flags", "kept"), IMAGES.values(), ids=IMAGES.keys())
def test_what_is_said_of_the_container_is_kept(
    aigw: Program, process: Process, flags: tuple[str, ...], kept: dict[str, object]
) -> None:
    assert begin(aigw, process, *flags).code == 0
    begin(aigw, process)
    tree = yaml.safe_load((aigw.folder / "gateway.yaml").read_text())
    assert {**tree.get("image", {}), **tree.get("container", {})} == kept


WRONG = "with this change gateway.yaml would be wrong:"
REFUSED = {
    "a region and a registry": (
        ("--region", "asia", "--registry", "r.example"),
        "--region and --registry say the same: give one of them",
    ),
    "a region that is none": (("--region", "mars"), "invalid value for '--region'"),
    "a provider without a key": (
        ("--openai-models", "gpt-4o"),
        "provider `openai` needs a key: --openai-key, or OPENAI_API_KEY in the environment\n\n"
        "hint: aigw start --openai-key KEY --openai-models gpt-4o\n",
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
        "hint: aigw start --bedrock-key KEY --bedrock-region VALUE\n",
    ),
    "an address that others reach": (
        ("--listen", "0.0.0.0"),
        f"{WRONG}\n  listen.address: must be a loopback address",
    ),
    "a port twice": (
        ("--http-port", "8443"),
        f"{WRONG}\n  listen.https: is `8443`, as listen.http is",
    ),
    "two other ports twice": (
        ("--https-port", "9000", "--console-port", "9000"),
        f"{WRONG}\n  listen.console: is `9000`, as listen.https is",
    ),
    **{
        f"{flag} `{port}`": ((flag, port), f"invalid value for '{flag}': ")
        for flag in ("--http-port", "--https-port", "--console-port")
        for port in ("abc", "0", "65536", "-1", "8080x", "")
    },
    "a type that needs an address": (
        ("--custom-openai-key", KEY),
        "custom-openai needs a URL, for which `start` has no flag\n\n"
        'hint: aigw start --non-interactive && printf %s "$KEY" | '
        "aigw config add --provider custom-openai --url https://HOST/v1 --key-stdin\n",
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
