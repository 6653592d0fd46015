"""The commands below `config`: providers and their keys."""

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import typer

from aigw.cli import completion
from aigw.cli.command import Family, command
from aigw.cli.commands import config_add
from aigw.cli.session import Session
from aigw.cli.words import config as words
from aigw.operations import catalogue, providers, specs

EXAMPLES = """
printf %s "$KEY" | aigw config add --provider deepseek --key-stdin
aigw config list
aigw config remove --provider deepseek
"""

app = typer.Typer(
    name="config",
    cls=Family,
    rich_markup_mode=None,
    add_completion=False,
    invoke_without_command=True,
    epilog=EXAMPLES,
)


@app.callback()
def config(context: typer.Context) -> None:
    """Add, show and remove providers."""
    if context.invoked_subcommand is None:
        typer.echo(context.get_help())


command(app, "add", config_add.AddOptions, examples=config_add.EXAMPLES)(config_add.add)


@dataclass(frozen=True, slots=True, kw_only=True)
class ListOptions:
    """Options of `config list`."""


@command(app, "list", ListOptions, examples="aigw config list\naigw config list --json")
def list_(session: Session, _: ListOptions) -> None:
    """List the providers, their keys masked."""
    listed = providers.list_providers(session.world, session.gateway)
    session.output.result(listed, words.providers_listed(listed))


@dataclass(frozen=True, slots=True, kw_only=True)
class RemoveOptions:
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


@dataclass(frozen=True, slots=True, kw_only=True)
class ShowOptions:
    """Options of `config show`."""

    raw: Annotated[bool, typer.Option("--raw", help="The file word for word.")] = False
    path: Annotated[bool, typer.Option("--path", help="Only say where the file is.")] = False


@command(app, "show", ShowOptions, examples="aigw config show\naigw config show --path")
def show(session: Session, options: ShowOptions) -> None:
    """Show gateway.yaml with its defaults filled in; no key is ever in it."""
    read = specs.show_file if options.raw or options.path else specs.show_spec
    shown = read(session.world, session.gateway)
    session.output.result(shown, shown.path if options.path else shown.text)


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckOptions:
    """Options of `config check`."""

    file: Annotated[
        Path | None, typer.Argument(metavar="[FILE]", help="A file; else the gateway's own.")
    ] = None


@command(app, "check", CheckOptions, examples="aigw config check\naigw config check gateway.yaml")
def check(session: Session, options: CheckOptions) -> None:
    """Say all that is wrong with a gateway.yaml."""
    checked = specs.check_spec(session.world, session.gateway, file=options.file)
    session.output.result(checked, words.spec_checked(checked))


@dataclass(frozen=True, slots=True, kw_only=True)
class ProvidersOptions:
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
    text = words.type_described(listed) if one else words.types_listed(listed)
    session.output.result(listed, text)
