"""Options that mean the same on every command."""

from typing import Annotated

import typer
from msgspec import Struct

from aigw.cli import completion
from aigw.operations.world import DEFAULT_GATEWAY

EVERYWHERE = "Options of every command"

Gateway = Annotated[
    str,
    typer.Option(
        "-g",
        "--gateway",
        "--container-name",
        metavar="NAME",
        envvar="AIGW_GATEWAY",
        help="Which gateway.",
        rich_help_panel=EVERYWHERE,
        autocompletion=completion.gateways,
    ),
]
AsJson = Annotated[
    bool,
    typer.Option("--json", help="Print one JSON object.", rich_help_panel=EVERYWHERE),
]
Quiet = Annotated[
    bool,
    typer.Option("-q", "--quiet", help="Only results and errors.", rich_help_panel=EVERYWHERE),
]
Verbose = Annotated[
    bool,
    typer.Option("-v", "--verbose", help="Show each step.", rich_help_panel=EVERYWHERE),
]
Debug = Annotated[
    bool,
    typer.Option(
        "--debug", help="Show where an unexpected error is from.", rich_help_panel=EVERYWHERE
    ),
]


class Common(Struct, frozen=True, kw_only=True):
    """What every command takes: the gateway meant, and how to speak."""

    gateway: Gateway = DEFAULT_GATEWAY
    as_json: AsJson = False
    quiet: Quiet = False
    verbose: Verbose = False
    debug: Debug = False
