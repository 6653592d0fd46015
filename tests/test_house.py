"""The house keeps its own rules, those that no tool checks."""

import ast
import re
from pathlib import Path

import pytest

from tests.world import ROOT

LONGEST_MODULE = 300
LONGEST_FUNCTION = 50
MODULES = sorted(
    path for tree in ("aigw", "examples", "tests") for path in (ROOT / tree).rglob("*.py")
)
KEYS_ARE_SHOWN_TO = (
    "aigw/clients/",
    "aigw/rendering/",
    "aigw/state/secrets.py",
    "aigw/operations/importing_container.py",  # what a lost default.cfg said, as it said it
    "aigw/operations/console.py",  # a person asked for the console's password
)


def name(path: Path) -> str:
    """Name a module from the root of the checkout."""
    return path.relative_to(ROOT).as_posix()


@pytest.mark.parametrize("path", MODULES, ids=name)
def test_a_module_and_its_functions_fit_a_reader(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    functions = {
        node.name: (node.end_lineno or 0) - node.lineno + 1
        for node in ast.walk(ast.parse(text))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    }
    assert len(text.splitlines()) <= LONGEST_MODULE
    assert {key: lines for key, lines in functions.items() if lines > LONGEST_FUNCTION} == {}


def test_the_words_of_commands_leave_no_gateway_out() -> None:
    """`aigw{named(...)}` is written there, and what comes from below goes through `told`."""
    said = [
        f"{name(path)}: {node.value}"
        for path in MODULES
        if name(path).startswith("aigw/cli/words/")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Constant)
        and isinstance(node.value, str)
        and re.search("`aigw [a-z]", node.value)
    ]
    assert said == ["aigw/cli/words/status.py: no gateways yet; `aigw start` makes one"]


def test_a_key_is_revealed_only_where_it_leaves_the_program() -> None:
    reveal = [
        name(path)
        for path in MODULES
        if name(path).startswith("aigw/") and ".reveal()" in path.read_text(encoding="utf-8")
    ]
    own = "aigw/spec/secret.py"
    assert [path for path in reveal if path != own and not path.startswith(KEYS_ARE_SHOWN_TO)] == []
    assert own in reveal
