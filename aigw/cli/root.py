"""The program: its commands by name, and where each of them is."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Annotated

import typer
from msgspec.structs import asdict

import aigw
from aigw.cli import streams
from aigw.cli.boundary import guarded
from aigw.cli.command import GIVEN_BEFORE
from aigw.cli.lazy import Entry, LazyFamily
from aigw.cli.options import AsJson, Common, Debug, Gateway, Quiet, Verbose
from aigw.operations.world import DEFAULT_GATEWAY

if TYPE_CHECKING:  # Typer carries its own Click and exports only some of it
    from typer._click import Context

GATEWAY, CONFIGURATION, OTHER = "Gateway", "Providers and routing", "Other"
ARGUMENTS = "aigw.arguments"
EXAMPLES = """
aigw start --demo                                # a gateway that needs no key
aigw start --non-interactive --openai-key sk-... # for scripts
printf %s "$KEY" | aigw config add --provider deepseek --key-stdin
aigw route test 'Deep thinking: why is the sky blue?'
aigw status
"""


ENTRIES: Mapping[str, Entry] = {
    "start": Entry(
        module="start", section=GATEWAY, help="Make a gateway be what was asked for, and run."
    ),
    "stop": Entry(
        module="lifecycle", section=GATEWAY, help="Let running answers finish, then stop."
    ),
    "restart": Entry(
        module="lifecycle",
        section=GATEWAY,
        help="Stop and start, unless it would not come up again.",
    ),
    "status": Entry(module="status", section=GATEWAY, help="Say what runs, and what is wrong."),
    "logs": Entry(
        module="logs", section=GATEWAY, help="Show the requests, or the engine's own words."
    ),
    "plan": Entry(module="lifecycle", section=GATEWAY, help="Say what `start` would do."),
    "list": Entry(module="status", section=GATEWAY, help="List all gateways of this user."),
    "delete": Entry(
        module="lifecycle", section=GATEWAY, help="Stop a gateway and remove what we made."
    ),
    "config": Entry(
        module="config",
        section=CONFIGURATION,
        help="Add, show and remove providers.",
        family=True,
    ),
    "route": Entry(
        module="route",
        section=CONFIGURATION,
        help="Choose models by what is asked.",
        family=True,
    ),
    "console": Entry(
        module="console",
        section=OTHER,
        help="Say where the console of the Higress engine is.",
    ),
    "import": Entry(
        module="import_",
        section=OTHER,
        help="Take over what get-ai-gateway.sh left, or give it back.",
    ),
    "export": Entry(
        module="export",
        section=OTHER,
        help="Write a gateway down for another place.",
        family=True,
    ),
    "schema": Entry(module="schema", section=OTHER, help="Print the JSON Schema of gateway.yaml."),
}


class Program(LazyFamily):
    """All commands; catches every error and says it in a sentence."""

    entries = ENTRIES

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


def run() -> None:
    """Run the program."""
    streams.complete()
    app(prog_name="aigw")
