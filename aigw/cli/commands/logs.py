"""The command `logs`."""

from dataclasses import dataclass
from typing import Annotated

import typer

from aigw.cli.command import command
from aigw.cli.session import Session
from aigw.operations import logs as operations

EXAMPLES = """
aigw logs --follow
aigw logs --tail 1000 --json | jq .usage
aigw logs --engine
"""

app = typer.Typer(rich_markup_mode=None, add_completion=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class LogsOptions:
    """Options of `logs`."""

    follow: Annotated[bool, typer.Option("--follow", help="Go on as the log grows.")] = False
    tail: Annotated[int, typer.Option(metavar="N", min=0, help="How many lines to begin with.")] = (
        100
    )
    engine: Annotated[
        bool, typer.Option("--engine", help="The engine's own words instead of the requests.")
    ] = False


@command(app, "logs", LogsOptions, examples=EXAMPLES)
def logs(session: Session, options: LogsOptions) -> None:
    """Show the requests, or the engine's own words.

    With --json the lines of the access log are shown as they stand: one JSON object a line.
    """
    read = operations.growing_lines if options.follow else operations.last_lines
    raw = options.engine or session.output.as_json
    for text in read(session.world, session.gateway, engine=options.engine, count=options.tail):
        session.output.line(text if raw else operations.readable(text, session.zone))
