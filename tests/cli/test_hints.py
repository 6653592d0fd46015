"""A hint can be pasted, names all that is missing, and is about the gateway that was meant."""

from pathlib import Path

import pytest

from tests.cli.configured import KEY, add
from tests.cli.program import Program, Said
from tests.cli.starting import begin
from tests.commands_in_text import ours
from tests.fakes import Process, session_of

GIVE = 'printf %s "$KEY" | aigw config add'
ONE = {
    "an option and a key": (
        ("--provider", "azure"),
        f"{GIVE} --provider azure --set azureResource=VALUE --key-stdin",
    ),
    "a required option": (
        ("--provider", "cloudflare", "--key", KEY),
        f"{GIVE} --provider cloudflare --set cloudflareAccountId=VALUE --key-stdin",
    ),
    "a key only": (
        ("--provider", "openai", "--id", "two", "--url", "https://h/v1", "--models", "a b,c*"),
        f"{GIVE} --provider openai --id two --url https://h/v1 --models 'a b,c*' --key-stdin",
    ),
    "an option beside a reference": (
        ("--provider", "bedrock", "--key-env", "NAME", "--append"),
        "aigw config add --provider bedrock --set awsRegion=VALUE --key-env NAME --append",
    ),
    "a URL of a type that needs no key": (
        ("--provider", "custom-openai", "--models", "m"),
        "aigw config add --provider custom-openai --url https://HOST/v1 --models m",
    ),
}


def hint_of(said: Said) -> str:
    """Return the hint of an error."""
    return said.err.partition("\nhint: ")[2].rstrip("\n")


def pasted(aigw: Program, hint: str, process: Process) -> Said:
    """Run the commands of a hint one after the other, and return how the last one ended."""
    said = Said(code=1, out="", err="")
    for words in ours(hint.replace('"$KEY"', KEY).replace("VALUE", "eu-central-1")):
        said = aigw(*words, stdin=KEY, session=session_of(process=process))
    return said


@pytest.mark.parametrize(("flags", "hint"), ONE.values(), ids=ONE.keys())
def test_what_a_provider_lacks_is_all_in_one_hint_beside_what_was_given(
    aigw: Program, flags: tuple[str, ...], hint: str
) -> None:
    said = aigw("config", "add", "--no-check", *flags)
    assert (said.code, hint_of(said)) == (2, hint)


@pytest.mark.parametrize("type_id", ["azure", "bedrock", "cloudflare", "custom-openai"])
def test_a_hint_of_config_add_leads_to_a_provider(
    aigw: Program, process: Process, type_id: str
) -> None:
    hint = hint_of(aigw("config", "add", "--provider", type_id))
    assert pasted(aigw, f"{hint} --no-check", process).code == 0


STARTS = {
    "an option": (
        ("--azure-key", KEY),
        "aigw -g newx start --azure-key KEY --azure-resource VALUE",
    ),
    "a key": (
        ("--azure-resource", "mine", "--azure-models", "gpt-*"),
        "aigw -g newx start --azure-key KEY --azure-models 'gpt-*' --azure-resource mine",
    ),
    "what start has no flag for": (
        ("--custom-openai-key", KEY),
        'aigw -g newx start --non-interactive && printf %s "$KEY" | aigw -g newx config add '
        "--provider custom-openai --url https://HOST/v1 --key-stdin",
    ),
}


@pytest.mark.parametrize(("flags", "hint"), STARTS.values(), ids=STARTS.keys())
def test_a_hint_of_start_works_for_a_gateway_that_does_not_exist_yet(
    aigw: Program, process: Process, flags: tuple[str, ...], hint: str
) -> None:
    said = begin(aigw, process, "-g", "newx", *flags)
    assert (said.code, hint_of(said)) == (2, hint)
    assert pasted(aigw, hint, process).code == 0


def test_a_key_that_is_not_to_be_had_is_given_as_the_command_can_take_it(
    aigw: Program, process: Process, tmp_path: Path
) -> None:
    file = tmp_path / "gateway.yaml"
    file.write_text(
        "apiVersion: aigw/v1\nproviders:\n- {id: openai, type: openai, keys: [env:NOPE]}\n"
        "- {id: two, type: openai, keys: [store]}\n"
    )
    first = begin(aigw, process, "-g", "newx", "--file", str(file))
    assert first.code == 3
    assert "$NOPE, which is not set here: export it, or give one with --openai-key\n" in first.err
    assert "no key is kept for `two`: its `keys` can be `env:VARIABLE`\n" in first.err
    assert not (aigw.home / "gateways").exists()
    begin(aigw, process, "-g", "newx")
    words = ("config", "add", "-g", "newx", "--no-check", "--provider", "openai")
    later = aigw(*words, "--key-env", "NOPE", session=session_of(process=process))
    command = "aigw -g newx config add --provider openai --key-stdin"
    assert f"export it, or `{command}` keeps one\n" in later.err
    assert pasted(aigw, command, process).code == 0


def test_sentences_with_commands_are_about_the_gateway_that_was_meant(aigw: Program) -> None:
    add(aigw, "--provider", "demo")
    assert "`aigw route default MODEL`" in aigw("route", "list").out
    aigw("start", "-g", "other", "--non-interactive", "--dry-run")
    (aigw.home / "gateways" / "other").mkdir()
    (aigw.home / "gateways" / "other" / "gateway.yaml").write_text("apiVersion: aigw/v1\n")
    for words, command in {
        ("route", "list"): "`aigw -g other route default MODEL`",
        ("config", "list"): "`aigw -g other config add --provider TYPE`",
        ("status",): "`aigw -g other config add --provider TYPE`",
    }.items():
        assert command in aigw("-g", "other", *words).out
        assert command in aigw(*words, environ={"AIGW_GATEWAY": "other"}).out


def test_a_hint_that_names_a_gateway_is_not_given_another(aigw: Program, tmp_path: Path) -> None:
    old = tmp_path / "old"
    for name in ("configs", "wasmplugins"):
        (old / name).mkdir(parents=True)
    add(aigw, "--provider", "demo")
    aigw("start", "-g", "demo", "--non-interactive", "--dry-run")
    (aigw.home / "gateways" / "demo").mkdir()
    (aigw.home / "gateways" / "demo" / "gateway.yaml").write_text("apiVersion: aigw/v1\n")
    hint = hint_of(aigw("-g", "demo", "import", str(old), "--dry-run"))
    assert hint == "aigw import DIR --gateway OTHER-NAME"
