"""The command `schema`."""

from dataclasses import dataclass

import typer

from aigw.cli.command import command
from aigw.cli.session import Session
from aigw.state.document import SCHEMA

app = typer.Typer(rich_markup_mode=None, add_completion=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class SchemaOptions:
    """Nothing but the common options."""


@command(app, "schema", SchemaOptions, examples="aigw schema > gateway.schema.json")
def schema(session: Session, _: SchemaOptions) -> None:
    """Print the JSON Schema of gateway.yaml."""
    session.output.line(SCHEMA.read_text(encoding="utf-8").rstrip("\n"))
