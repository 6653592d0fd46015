"""The command `schema`."""

import typer
from msgspec import Struct

from aigw.cli.command import command
from aigw.cli.session import Session
from aigw.state.document import SCHEMA

app = typer.Typer(rich_markup_mode=None, add_completion=False)


class SchemaOptions(Struct, frozen=True, kw_only=True):
    """Nothing but the common options."""


@command(app, "schema", SchemaOptions, examples="aigw schema > gateway.schema.json")
def schema(session: Session, _: SchemaOptions) -> None:
    """Print the JSON Schema of gateway.yaml."""
    session.output.line(SCHEMA.read_text(encoding="utf-8").rstrip("\n"))
