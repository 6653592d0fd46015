"""The commands `config show` and `config check`."""

from pathlib import Path
from typing import Annotated

import typer
from msgspec import Struct
from msgspec.structs import replace

from aigw.cli.command import command
from aigw.cli.piped import NAME, readable
from aigw.cli.session import Session
from aigw.cli.words.specs import spec_checked
from aigw.operations import specs

app = typer.Typer(rich_markup_mode=None, add_completion=False)


class ShowOptions(Struct, frozen=True, kw_only=True):
    """Options of `config show`."""

    raw: Annotated[bool, typer.Option("--raw", help="The file word for word.")] = False
    path: Annotated[bool, typer.Option("--path", help="Only say where the file is.")] = False


@command(app, "show", ShowOptions, examples="aigw config show\naigw config show --path")
def show(session: Session, options: ShowOptions) -> None:
    """Show gateway.yaml with its defaults filled in; no key is ever in it."""
    read = specs.show_file if options.raw or options.path else specs.show_spec
    shown = read(session.world, session.gateway)
    session.output.result(shown, shown.path if options.path else shown.text)


class CheckOptions(Struct, frozen=True, kw_only=True):
    """Options of `config check`."""

    file: Annotated[
        Path | None,
        typer.Argument(metavar="[FILE]", help="A file, `-` is stdin; else the gateway's own."),
    ] = None


@command(app, "check", CheckOptions, examples="aigw config check\naigw config check gateway.yaml")
def check(session: Session, options: CheckOptions) -> None:
    """Say all that is wrong with a gateway.yaml."""
    with readable(session, options.file) as file:
        checked = specs.check_spec(session.world, session.gateway, file=file)
    if file != options.file:
        checked = replace(checked, source=NAME)
    session.output.result(checked, spec_checked(checked))
