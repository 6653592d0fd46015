"""Commands whose modules are imported when they are run, so that every command starts quickly."""

from dataclasses import dataclass
from importlib import import_module
from typing import TYPE_CHECKING

import typer
from typer.core import TyperGroup
from typer.main import get_command

if TYPE_CHECKING:  # Typer carries its own Click and exports only some of it
    from typer._click import Command


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """Where a command is, and what the program's help says about it.

    A family is a whole module of commands below the name.
    """

    module: str
    section: str
    help: str
    family: bool = False


def load(name: str, entry: Entry) -> "Command":
    """Import the module of a command and build the command."""
    app = import_module(entry.module).app
    assert isinstance(app, typer.Typer)
    built = get_command(app)
    if isinstance(built, TyperGroup) and not entry.family:
        return built.commands[name]
    return built
