"""What is shown to people does what it says when they paste it."""

import re
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from tests.commands_in_text import every_command, shown
from tests.old_installation import old_folder
from tests.shell import paste
from tests.world import ROOT, Machine, free_ports, without_progress

pytestmark = pytest.mark.envoy

NOT_PASTED = {
    "make run": "examples/first_chat.py is run in test_examples",
    "make test": "this is it",
    "curl": "would ask a provider on the network",
    "aigw logs --follow": "never ends",
}
REFUSED = {
    "aigw delete": 2,
    "aigw import ./higress": 2,
    "aigw import ./higress --undo": 2,
    "aigw status --probe --json": 5,
    "aigw console --open": 4,
    "aigw console --password": 4,
}
"""Nobody can be asked without a terminal, the providers answer nobody, and there is no Docker."""
BEFORE = {
    **dict.fromkeys(
        ("aigw", "aigw stop", "aigw restart", "aigw status", "aigw logs", "aigw plan"),
        "aigw start",
    ),
    **dict.fromkeys(("aigw export", "aigw export kubernetes"), "aigw config remove --id openai"),
    "aigw import": "aigw delete --purge --yes",
    "aigw route remove": "aigw route add --name code --model qwen-turbo --trigger code",
}
"""What has been done before the examples of a command make sense."""
KEY = "sk-0123456789abcdef0123456789ab3f2a"
GATEWAY = """apiVersion: aigw/v1
providers:
  - {id: dashscope, type: dashscope, keys: [store]}
  - {id: deepseek, type: deepseek, keys: [store]}
  - {id: openai, type: openai, keys: [store], url: http://127.0.0.1:9}
"""
CREDENTIALS = f"""dashscope: [sk-0123456789abcdef0123456789ab]
deepseek: [sk-0123456789abcdef0123456789ab]
openai: [sk-0123456789abcdef0123456789ab, {KEY}]
"""
REQUEST = '{"model": "auto", "messages": [{"role": "user", "content": "write some code"}]}'


@pytest.fixture
def machine(tmp_path: Path) -> Iterator[Machine]:
    """Return a machine where a key is at hand and the usual port is another one."""
    port, other = free_ports(2)
    environment = {
        "KEY": KEY,
        "OPENAI_API_KEY": KEY,
        "AZURE_API_KEY": KEY,
        "AIGW_HTTP_PORT": str(port),
        "OTHER_PORT": str(other),
    }
    with Machine(folder=tmp_path, environment=environment, port=port) as machine:
        yield machine


def prepare(machine: Machine) -> None:
    """Keep a gateway with some providers on the machine, and the files that examples name."""
    for name, text in {"gateway.yaml": GATEWAY, "request.json": REQUEST}.items():
        (machine.folder / name).write_text(text, encoding="utf-8")
    old_folder(machine.folder / "higress", "03-dashscope-openai")
    machine.data.mkdir(parents=True, mode=0o700)
    (machine.data / "gateway.yaml").write_text(GATEWAY, encoding="utf-8")
    (machine.data / "credentials.yaml").write_text(CREDENTIALS, encoding="utf-8")
    (machine.data / "credentials.yaml").chmod(0o600)


def help_examples() -> Mapping[str, list[str]]:
    """Return the examples of each command."""
    return {
        name: [line.strip() for line in (command.epilog or "").splitlines() if line.strip()]
        for name, command in every_command()
    }


def is_pasted(line: str) -> bool:
    """Say whether a line can be pasted here."""
    return not line.startswith(tuple(NOT_PASTED))


def test_the_commands_of_the_readme_work_in_their_order(machine: Machine) -> None:
    blocks = re.findall(r"```console\n.*?```", (ROOT / "README.md").read_text("utf-8"), re.DOTALL)
    lines = [line for block in blocks for line in shown(block) if is_pasted(line)]
    by_questions, *rest = [line for line in lines if line.startswith("aigw start")]
    assert "# asks" in by_questions
    assert rest
    lines.remove(by_questions)
    for line in lines:
        ended = paste(machine, line)
        assert (line, ended.code, without_progress(ended.err)) == (line, 0, "")
    assert not machine.data.exists()


@pytest.mark.parametrize("name", help_examples())
def test_the_examples_in_a_help_work_in_their_order(name: str, machine: Machine) -> None:
    prepare(machine)
    for line in filter(is_pasted, [BEFORE.get(name, "aigw list"), *help_examples()[name]]):
        ended = paste(machine, line.replace("8090", "$OTHER_PORT"))
        assert (line, ended.code) == (line, REFUSED.get(line, 0)), ended
