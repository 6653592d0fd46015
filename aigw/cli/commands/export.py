"""The commands below `export`."""

from collections.abc import Mapping
from typing import ClassVar

import typer

from aigw.cli.lazy import Entry, LazyFamily


class Export(LazyFamily):
    """The commands below `export`."""

    entries: ClassVar[Mapping[str, Entry]] = {
        "kubernetes": Entry(
            module="export_kubernetes",
            help="Write manifests and Helm values of a gateway, for Higress in a cluster.",
        ),
    }


app = typer.Typer(
    name="export",
    cls=Export,
    rich_markup_mode=None,
    add_completion=False,
    invoke_without_command=True,
    epilog="aigw export kubernetes --out k8s",
)


@app.callback()
def export(context: typer.Context) -> None:
    """Write a gateway down for another place."""
    if context.invoked_subcommand is None:
        typer.echo(context.get_help())
