"""The commands `status` and `list`."""

from typing import Annotated

import typer
from msgspec import Struct

from aigw.cli.command import command
from aigw.cli.session import Session
from aigw.cli.words import status as words
from aigw.operations import status as operations

EXIT_CODES = {"running": 0, "stopped": 4, "degraded": 5}

app = typer.Typer(rich_markup_mode=None, add_completion=False)


class StatusOptions(Struct, frozen=True, kw_only=True):
    """Options of `status`."""

    probe: Annotated[
        bool, typer.Option("--probe", help="Ask every provider for one token, through the gateway.")
    ] = False


@command(app, "status", StatusOptions, examples="aigw status\naigw status --probe --json")
def status(session: Session, options: StatusOptions) -> int:
    """Say what runs, and what is wrong.

    Exit code 0: it runs, be it without the latest changes of gateway.yaml or with changes by hand
    (a note, and in_sync is false); 4: it does not run; 5: something is wrong with what runs, or
    gateway.yaml cannot be used.
    """
    found = operations.status(session.world, session.gateway)
    if options.probe:
        from aigw.operations.provider_probe import probed  # late: only this option needs it

        found = probed(session.world, found)
    session.output.result(found, words.status(found, session.output.width))
    return EXIT_CODES[found.state]


class ListOptions(Struct, frozen=True, kw_only=True):
    """Nothing but the common options."""


@command(app, "list", ListOptions, examples="aigw list\naigw list --json")
def list_(session: Session, _: ListOptions) -> None:
    """List all gateways of this user."""
    listed = operations.list_gateways(session.world)
    session.output.result(listed, words.gateways(listed, session.output.width))
