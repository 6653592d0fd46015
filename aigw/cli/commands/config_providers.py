"""The command `config providers`."""

from typing import Annotated

import typer
from msgspec import Struct

from aigw.cli import completion
from aigw.cli.command import command
from aigw.cli.session import Session
from aigw.cli.words import catalogue as words
from aigw.operations import catalogue

app = typer.Typer(rich_markup_mode=None, add_completion=False)


class ProvidersOptions(Struct, frozen=True, kw_only=True):
    """Options of `config providers`."""

    type: Annotated[
        str | None,
        typer.Argument(
            metavar="[TYPE]", help="Only this one.", autocompletion=completion.provider_types
        ),
    ] = None


PROVIDERS_EXAMPLES = "aigw config providers\naigw config providers azure"


@command(app, "providers", ProvidersOptions, examples=PROVIDERS_EXAMPLES)
def types(session: Session, options: ProvidersOptions) -> None:
    """Show which types of provider there are, and their options."""
    listed = catalogue.list_types(session.world, options.type)
    one = options.type is not None
    text = words.type_described(listed) if one else words.types_listed(listed, session.output.width)
    session.output.result(listed, text)
