"""What is written for people is true."""

import ast
import re
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

from aigw import errors
from tests.commands_in_text import every_command, ours, parsed, shown
from tests.world import ROOT

PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").glob("*.md"))]
EXAMPLES = sorted((ROOT / "examples").glob("*.yaml"))
README = (ROOT / "README.md").read_text(encoding="utf-8")


def written() -> Iterator[tuple[str, list[str]]]:
    """Yield each `aigw` command of the pages, and of the comments in the examples."""
    for page in PAGES:
        for line in shown(page.read_text(encoding="utf-8")):
            for words in ours(line):
                yield page.name, words
    for example in EXAMPLES:
        for line in re.findall(
            r"^#   (.*\baigw .*)$", example.read_text(encoding="utf-8"), re.MULTILINE
        ):
            for words in ours(re.split(r"    +", line)[0]):
                yield example.name, words


def hints() -> Iterator[tuple[str, list[str]]]:
    """Yield each `aigw` command that an error of the program gives as its hint."""
    for module in sorted((ROOT / "aigw").rglob("*.py")):
        for node in ast.walk(ast.parse(module.read_text(encoding="utf-8"))):
            if isinstance(node, ast.keyword) and node.arg == "hint":
                for words in ours(text_of(node.value)):
                    yield str(module.relative_to(ROOT)), words


def text_of(value: ast.expr) -> str:
    """Return the text that an expression is, with a word where a value is filled in."""
    match value:
        case ast.Constant(value=str(text)):
            return text
        case ast.JoinedStr(values=parts):
            return "".join(text_of(part) for part in parts)
        case ast.FormattedValue():
            return "deepseek"
        case _:
            return ""


def lines(text: str | None) -> list[str]:
    """Split a text, or nothing, into lines."""
    return (text or "").splitlines()


def by_source(commands: Iterator[tuple[str, list[str]]]) -> list[object]:
    """Make each command a test of its own, named as it is written."""
    named = {f"{source}: aigw {' '.join(words)}": words for source, words in commands}
    return [pytest.param(words, id=name) for name, words in named.items()]


@pytest.mark.parametrize("words", by_source(written()))
def test_a_command_that_is_shown_is_understood(words: list[str]) -> None:
    assert parsed(words).startswith("aigw")


@pytest.mark.parametrize("words", by_source(hints()))
def test_a_hint_is_a_command_that_can_be_pasted(words: list[str]) -> None:
    assert parsed(words).startswith("aigw")


def test_each_command_is_in_the_readme() -> None:
    leaves = {name for name, _ in every_command()} - {
        "aigw",
        "aigw config",
        "aigw export",
        "aigw route",
    }
    assert leaves == {name for name in leaves if f"`{name}`" in README}


def test_a_help_begins_with_examples_that_are_understood() -> None:
    for name, command in every_command():
        shown_there = [words for line in lines(command.epilog) for words in ours(line)]
        assert [parsed(words) for words in shown_there], name


def test_each_exit_code_is_in_the_readme() -> None:
    table = set(map(int, re.findall(r"^\| (\d+) \| ", README, re.MULTILINE)))
    kinds = [kind for kind in vars(errors).values() if isinstance(kind, type)]
    raised = {kind.exit_code for kind in kinds if issubclass(kind, errors.AigwError)}
    assert table == raised | {0, 10}


def test_each_dependency_says_what_it_is_for() -> None:
    table = (ROOT / "docs" / "dependencies.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| (?!package)([a-z][^|(]*?) (?:\(.*?\) )?\|", table, re.MULTILINE)
    wanted = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    project, groups = wanted["project"], wanted["dependency-groups"]
    asked = [*project["dependencies"], *project["optional-dependencies"]["envoy"]]
    asked += [one for group in groups.values() for one in group if isinstance(one, str)]
    named = [name for row in rows for name in row.split(", ")]
    assert sorted(named) == sorted(re.split("[<>=]", one)[0] for one in asked)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_a_link_leads_somewhere(page: Path) -> None:
    links = re.findall(r"\]\((?!https?://)([^)#]+)", page.read_text(encoding="utf-8"))
    assert [link for link in links if not (page.parent / link).exists()] == []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_the_targets_it_names_are_in_the_makefile(page: Path) -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    named = set(re.findall(r"(?:`|\$ )make ([a-z]+)", page.read_text(encoding="utf-8")))
    assert named <= set(re.findall(r"^([a-z]+):", makefile, re.MULTILINE))
