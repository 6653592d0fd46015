"""The program: its commands by name, and where each of them is."""

from collections.abc import Mapping
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated

import typer

import aigw
from aigw.cli.boundary import guarded
from aigw.cli.command import GIVEN_BEFORE, Family
from aigw.cli.lazy import Entry, load
from aigw.cli.options import AsJson, Common, Debug, Gateway, Quiet, Verbose
from aigw.operations.world import DEFAULT_GATEWAY

if TYPE_CHECKING:  # Typer carries its own Click and exports only some of it
    from typer._click import Command, Context, HelpFormatter

GATEWAY, CONFIGURATION, OTHER = "Gateway", "Providers and routing", "Other"
ARGUMENTS = "aigw.arguments"
EXAMPLES = """
aigw start --demo                                # a gateway that needs no key
aigw start --non-interactive --openai-key sk-... # the same for scripts
printf %s "$KEY" | aigw config add --provider deepseek --key-stdin
aigw route test 'Deep thinking: why is the sky blue?'
aigw status
"""


def _entry(module: str, section: str, text: str, *, family: bool = False) -> Entry:
    where = f"aigw.cli.commands.{module}"
    return Entry(module=where, section=section, help=text, family=family)


ENTRIES: Mapping[str, Entry] = {
    "start": _entry("start", GATEWAY, "Make a gateway be what was asked for, and run."),
    "stop": _entry("lifecycle", GATEWAY, "Let running answers finish, then stop."),
    "restart": _entry("lifecycle", GATEWAY, "Stop and start, unless it would not come up again."),
    "status": _entry("status", GATEWAY, "Say what runs, and what is wrong."),
    "logs": _entry("logs", GATEWAY, "Show the requests, or the engine's own words."),
    "plan": _entry("lifecycle", GATEWAY, "Say what `start` would do."),
    "list": _entry("status", GATEWAY, "List all gateways of this user."),
    "delete": _entry("lifecycle", GATEWAY, "Stop a gateway and remove what we made."),
    "config": _entry("config", CONFIGURATION, "Add, show and remove providers.", family=True),
    "route": _entry("route", CONFIGURATION, "Choose models by what is asked.", family=True),
    "schema": _entry("schema", OTHER, "Print the JSON Schema of gateway.yaml."),
}


class Program(Family):
    """All commands; catches every error and says it in a sentence."""

    def parse_args(self, ctx: "Context", args: list[str]) -> list[str]:
        """Read the options before the command's name."""
        ctx.meta[ARGUMENTS] = tuple(args)
        rest: list[str] = []
        code = guarded(lambda: rest.extend(super(Program, self).parse_args(ctx, args)), args)
        if code:
            raise typer.Exit(code)
        return rest

    def invoke(self, ctx: "Context") -> None:
        """Run the command."""
        code = guarded(lambda: super(Program, self).invoke(ctx), ctx.meta[ARGUMENTS])
        if code:
            raise typer.Exit(code)

    def get_command(self, _ctx: "Context", cmd_name: str) -> "Command | None":
        """Import the command."""
        return None if cmd_name not in ENTRIES else load(cmd_name, ENTRIES[cmd_name])

    def list_commands(self, _ctx: "Context") -> list[str]:
        """Name the commands without importing them."""
        return list(ENTRIES)

    def format_commands(self, _ctx: "Context", formatter: "HelpFormatter") -> None:
        """Write the commands in their sections without importing them."""
        for section in (GATEWAY, CONFIGURATION, OTHER):
            with formatter.section(section):
                formatter.write_dl(
                    [(name, item.help) for name, item in ENTRIES.items() if item.section == section]
                )


app = typer.Typer(
    name="aigw",
    cls=Program,
    invoke_without_command=True,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    epilog=EXAMPLES,
    context_settings={"help_option_names": ["-h", "--help"]},
)


@app.callback()
def program(
    context: typer.Context,
    *,
    version: Annotated[bool, typer.Option("--version", help="Print the version.")] = False,
    gateway: Gateway = DEFAULT_GATEWAY,
    as_json: AsJson = False,
    quiet: Quiet = False,
    verbose: Verbose = False,
    debug: Debug = False,
) -> None:
    """A working AI gateway from one command."""
    given = Common(gateway=gateway, as_json=as_json, quiet=quiet, verbose=verbose, debug=debug)
    context.meta[GIVEN_BEFORE] = asdict(given)
    if version:
        typer.echo(f"aigw {aigw.__version__}")
    elif context.invoked_subcommand is None:
        typer.echo(context.get_help())


def main() -> None:
    """Run the program."""
    app(prog_name="aigw")
