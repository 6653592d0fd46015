"""The commands below `config`: providers and their keys."""

from collections.abc import Mapping
from typing import ClassVar

import typer

from aigw.cli.lazy import Entry, LazyFamily

EXAMPLES = """
printf %s "$KEY" | aigw config add --provider deepseek --key-stdin
aigw config list
aigw config remove --provider deepseek
"""


class Config(LazyFamily):
    """The commands below `config`."""

    entries: ClassVar[Mapping[str, Entry]] = {
        "add": Entry(module="config_add", help="Add a provider, or change it."),
        "list": Entry(module="config_list", help="List the providers, their keys masked."),
        "remove": Entry(
            module="config_remove", help="Remove a provider with its keys, or one key."
        ),
        "show": Entry(
            module="config_show",
            help="Show gateway.yaml with its defaults filled in; no key is ever in it.",
        ),
        "check": Entry(module="config_show", help="Say all that is wrong with a gateway.yaml."),
        "providers": Entry(
            module="config_providers",
            help="Show which types of provider there are, and their options.",
        ),
    }


app = typer.Typer(
    name="config",
    cls=Config,
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
