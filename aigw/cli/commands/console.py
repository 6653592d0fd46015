"""The command `console`."""

import webbrowser
from typing import Annotated

import typer
from msgspec import Struct

from aigw.cli.command import command
from aigw.cli.session import Session
from aigw.cli.words.console import console_shown
from aigw.operations.console import console as operation

app = typer.Typer(rich_markup_mode=None, add_completion=False)


class ConsoleOptions(Struct, frozen=True, kw_only=True):
    """Options of `console`."""

    open: Annotated[bool, typer.Option("--open", help="Open it in the browser.")] = False
    password: Annotated[
        bool, typer.Option("--password", help="Print the password of its administrator, too.")
    ] = False


@command(app, "console", ConsoleOptions, examples="aigw console --open\naigw console --password")
def console(session: Session, options: ConsoleOptions) -> None:
    """Say where the console of the Higress engine is."""
    shown = operation(session.world, session.gateway, password=options.password)
    session.output.result(shown, console_shown(shown))
    if options.open and not webbrowser.open(shown.url):
        session.output.note(f"no browser could be started: open {shown.url}")
