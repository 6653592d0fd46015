"""The command `logs`."""

from typing import Annotated

import typer
from msgspec import Struct

from aigw.cli.command import command
from aigw.cli.session import Session
from aigw.errors import Interrupted
from aigw.operations import logs as operations

EXAMPLES = """
aigw logs --follow
aigw logs --tail 1000 --json | jq .usage
aigw logs --engine
"""

app = typer.Typer(rich_markup_mode=None, add_completion=False)


class LogsOptions(Struct, frozen=True, kw_only=True):
    """Options of `logs`."""

    follow: Annotated[bool, typer.Option("-f", "--follow", help="Go on as the log grows.")] = False
    tail: Annotated[
        int,
        typer.Option("-n", "--tail", metavar="N", min=0, help="How many lines to begin with."),
    ] = 100
    engine: Annotated[
        bool, typer.Option("--engine", help="The engine's own words instead of the requests.")
    ] = False


@command(app, "logs", LogsOptions, examples=EXAMPLES)
def logs(session: Session, options: LogsOptions) -> int:
    """Show the requests, or the engine's own words.

    Requests for /health are left out. With --json all lines of the access log are shown: one JSON
    object a line, with the same keys on both engines.
    """
    world, gateway = session.world, session.gateway
    if options.engine or session.output.as_json:
        read = operations.growing_lines if options.follow else operations.last_lines
        lines = read(world, gateway, engine=options.engine, count=options.tail)
    else:
        ask = operations.growing_requests if options.follow else operations.last_requests
        lines = ask(world, gateway, count=options.tail, zone=session.zone)
    empty = True
    try:
        for line in lines:
            session.output.line(line)
            empty = False
    except KeyboardInterrupt:  # the way to end --follow is no error
        return Interrupted.exit_code
    if empty and options.tail:
        what = "the engine has said nothing" if options.engine else "there are no requests"
        session.output.note(f"{what} yet")
    return 0
