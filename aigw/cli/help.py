"""Help that begins with examples and groups the options."""

from typing import TYPE_CHECKING

from typer.core import TyperCommand, TyperGroup

from aigw.cli.options import EVERYWHERE

if TYPE_CHECKING:  # Typer carries its own Click and exports only some of it
    from typer._click import Context, HelpFormatter


def write_help(
    command: TyperCommand | TyperGroup, context: "Context", formatter: "HelpFormatter"
) -> None:
    """Write examples (kept in the epilog, word for word), usage, text and options."""
    if command.epilog:
        with formatter.section("Examples"):
            for line in command.epilog.strip().splitlines():
                formatter.write(f"  {line.strip()}\n")
        formatter.write_paragraph()
    command.format_usage(context, formatter)
    command.format_help_text(context, formatter)
    command.format_options(context, formatter)


def write_options(
    command: TyperCommand | TyperGroup, context: "Context", formatter: "HelpFormatter"
) -> None:
    """Write one section a group of options; those of every command are the last."""
    sections: dict[str, list[tuple[str, str]]] = {"Arguments": [], "Options": []}
    for parameter in command.get_params(context):
        record = parameter.get_help_record(context)
        if record is not None:
            sections.setdefault(_section(parameter), []).append(record)
    last = sections.pop(EVERYWHERE, [])
    for title, records in (*sections.items(), (EVERYWHERE, last)):
        if records:
            with formatter.section(title):
                formatter.write_dl(records)


def _section(parameter: object) -> str:
    if getattr(parameter, "name", "") == "help":
        return EVERYWHERE
    panel = getattr(parameter, "rich_help_panel", None)
    kind = "Arguments" if getattr(parameter, "param_type_name", "") == "argument" else "Options"
    return str(panel) if panel else kind
