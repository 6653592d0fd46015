"""What the shell offers after a part of a word."""

import pytest

from tests.cli.configured import KEY, add
from tests.cli.program import Program

OFFERED = {
    "commands": ("aigw st", ["start", "stop", "status"]),
    "commands below a family": ("aigw config re", ["remove"]),
    "options": ("aigw stop --tim", ["--timeout"]),
    "flags of providers": ("aigw start --deepseek-", ["--deepseek-key", "--deepseek-models"]),
    "types": ("aigw config add --provider mini", ["minimax"]),
    "configured providers": ("aigw config remove --provider d", ["deepseek", "demo"]),
    "rules": ("aigw route remove --name de", ["deep"]),
    "presets": ("aigw route preset add trans", ["translate"]),
    "models": ("aigw route default deepseek-v4-p", ["deepseek-v4-pro"]),
    "gateways": ("aigw status -g hig", ["higress-ai-gateway"]),
}


@pytest.mark.parametrize(("line", "offered"), OFFERED.values(), ids=OFFERED.keys())
def test_words_are_completed(aigw: Program, line: str, offered: list[str]) -> None:
    add(aigw, "--provider", "demo")
    add(aigw, "--provider", "deepseek", "--key", KEY)
    assert aigw("route", "default", "demo").code == 0
    assert aigw("route", "add", "--model", "demo", "--trigger", "x", "--name", "deep").code == 0
    environ = {
        "_AIGW_COMPLETE": "complete_bash",
        "COMP_WORDS": line,
        "COMP_CWORD": str(len(line.split()) - 1),
    }
    said = aigw(environ=environ)
    assert (said.code, said.err) == (0, "")
    assert sorted(said.out.split()) == sorted(offered)


def test_nothing_is_offered_where_nothing_is(aigw: Program) -> None:
    line = "aigw config remove --provider d"
    environ = {"_AIGW_COMPLETE": "complete_bash", "COMP_WORDS": line, "COMP_CWORD": "4"}
    said = aigw(environ=environ)
    assert (said.code, said.out.strip(), said.err) == (0, "", "")
