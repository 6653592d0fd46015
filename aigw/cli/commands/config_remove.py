"""The command `config remove`."""

from typing import Annotated

import typer
from msgspec import Struct

from aigw.cli import completion
from aigw.cli.command import command
from aigw.cli.session import Session
from aigw.cli.words import config as words
from aigw.operations import providers

app = typer.Typer(rich_markup_mode=None, add_completion=False)


class RemoveOptions(Struct, frozen=True, kw_only=True):
    """Options of `config remove`."""

    provider: Annotated[
        str,
        typer.Option(
            "--provider",
            "--id",
            metavar="ID",
            help="Id of the provider, or its type where there is one of it.",
            autocompletion=completion.providers,
        ),
    ]
    key_ending: Annotated[
        str,
        typer.Option(metavar="ABCD", help="Remove only the key that ends so."),
    ] = ""
    force: Annotated[
        bool, typer.Option("-f", "--force", help="Remove the rules that need it, too.")
    ] = False


REMOVE_EXAMPLES = """
aigw config remove --provider deepseek
aigw config remove --provider openai --key-ending 3f2a
"""


@command(app, "remove", RemoveOptions, examples=REMOVE_EXAMPLES)
def remove(session: Session, options: RemoveOptions) -> None:
    """Remove a provider with its keys, or one key."""
    if options.key_ending:
        removed = providers.remove_key(
            session.world, session.gateway, options.provider, options.key_ending
        )
        session.output.result(removed, words.key_removed(removed))
        return
    removed = providers.remove_provider(
        session.world, session.gateway, options.provider, force=options.force
    )
    session.output.result(removed, words.provider_removed(removed))
