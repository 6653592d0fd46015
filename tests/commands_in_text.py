"""The `aigw` commands that a text shows to a person."""

import re
import shlex
from collections.abc import Iterator

from typer.core import TyperCommand, TyperGroup
from typer.main import get_command

from aigw.cli.root import app

STANDS_FOR = {"COMMAND": "status", "N": "9000", "TYPE": "deepseek", "NAME": "code"}
"""What a reader would put in the place of a word in capitals."""
ENDS_AT_ONCE = {"--help", "--install-completion"}


def shown(markdown: str) -> Iterator[str]:
    """Yield each command after a `$` in a console block, and each that stands in a sentence."""
    for block in re.findall(r"```console\n(.*?)```", markdown, re.DOTALL):
        for line in block.replace("\\\n", " ").splitlines():
            if line.startswith("$ "):
                yield line.removeprefix("$ ")
    yield from re.findall(r"`(aigw [^`]+)`", re.sub(r"```.*?```", "", markdown, flags=re.DOTALL))


def ours(line: str) -> Iterator[list[str]]:
    """Yield the words of each `aigw` in a line of shell, without the program's own name."""
    lexer = shlex.shlex(line, posix=True, punctuation_chars=True)
    lexer.whitespace_split = True
    words: list[str] = []
    for word in [*lexer, ";"]:
        if not set(word) <= set(";|&<>"):
            words.append(word)
            continue
        if words[:1] == ["aigw"]:
            yield words[1:]
        words = []


def parsed(words: list[str]) -> str:
    """Let the real command read its options, without running it; return the command's name.

    A command named without any option is only found: in a sentence that is its name.
    """
    words = [STANDS_FOR.get(word, word) for word in words if word not in ENDS_AT_ONCE]
    only_named = not any(word.startswith("-") for word in words)
    command = get_command(app)
    names = ["aigw"]
    with command.make_context("aigw", [], resilient_parsing=True) as context:
        while isinstance(command, TyperGroup) and words and not words[0].startswith("-"):
            name, found, words = command.resolve_command(context, words)
            assert found is not None, words
            command, names = found, [*names, str(name)]
    name = " ".join(names)
    command.make_context(name, words, resilient_parsing=only_named).close()
    return name


def every_command() -> Iterator[tuple[str, TyperCommand | TyperGroup]]:
    """Yield each command there is with its whole name, families too."""
    waiting = [("aigw", get_command(app))]
    while waiting:
        name, command = waiting.pop(0)
        assert isinstance(command, TyperCommand | TyperGroup)
        yield name, command
        if isinstance(command, TyperGroup):
            with command.make_context(name, [], resilient_parsing=True) as context:
                for child in command.list_commands(context):
                    found = command.get_command(context, child)
                    assert found is not None
                    waiting.append((f"{name} {child}", found))
