"""Commands whose modules are imported when they are run, so that every command starts quickly."""

from collections.abc import Mapping
from importlib import import_module
from typing import TYPE_CHECKING, ClassVar

import typer
from msgspec import Struct
from typer.core import TyperGroup
from typer.main import get_command

from aigw.cli.command import Family

if TYPE_CHECKING:  # Typer carries its own Click and exports only some of it
    from typer._click import Command, Context, HelpFormatter

MODULES = "aigw.cli.commands"


class Entry(Struct, frozen=True, kw_only=True):
    """The module of a command and what help says about it; `family` says that it is many."""

    module: str
    help: str
    section: str = "Commands"
    family: bool = False


class LazyFamily(Family):
    """A family that knows the names and helps of its commands, and imports the one that is run."""

    entries: ClassVar[Mapping[str, Entry]] = {}

    def get_command(self, _ctx: "Context", cmd_name: str) -> "Command | None":
        """Import the command."""
        return None if cmd_name not in self.entries else _load(cmd_name, self.entries[cmd_name])

    def list_commands(self, _ctx: "Context") -> list[str]:
        """Name the commands without importing them."""
        return list(self.entries)

    def format_commands(self, _ctx: "Context", formatter: "HelpFormatter") -> None:
        """Write the commands in their sections without importing them."""
        sections: dict[str, list[tuple[str, str]]] = {}
        for name, entry in self.entries.items():
            sections.setdefault(entry.section, []).append((name, entry.help))
        for section, lines in sections.items():
            with formatter.section(section):
                formatter.write_dl(lines)


def _load(name: str, entry: Entry) -> "Command":
    """Import the module of a command and build the command."""
    app = import_module(f"{MODULES}.{entry.module}").app
    assert isinstance(app, typer.Typer)
    built = get_command(app)
    if isinstance(built, TyperGroup) and not entry.family:
        return built.commands[name]
    return built
