"""The command `config list`."""

import typer
from msgspec import Struct

from aigw.cli.command import command
from aigw.cli.session import Session
from aigw.cli.words import provider_list as words
from aigw.operations.provider_list import list_providers

app = typer.Typer(rich_markup_mode=None, add_completion=False)


class ListOptions(Struct, frozen=True, kw_only=True):
    """Options of `config list`."""


@command(app, "list", ListOptions, examples="aigw config list\naigw config list --json")
def list_(session: Session, _: ListOptions) -> None:
    """List the providers, their keys masked."""
    listed = list_providers(session.world, session.gateway)
    session.output.result(listed, words.providers_listed(listed, session.output.width))
