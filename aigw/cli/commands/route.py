"""The commands below `route`: auto-routing."""

from collections.abc import Mapping
from typing import ClassVar

import typer

from aigw.cli.lazy import Entry, LazyFamily

EXAMPLES = """
aigw route default qwen-turbo
aigw route add --model deepseek-reasoner --trigger '深入思考|deep thinking'
aigw route test 'Deep thinking: why is the sky blue?'
"""


class Route(LazyFamily):
    """The commands below `route`."""

    entries: ClassVar[Mapping[str, Entry]] = {
        "add": Entry(module="route_rules", help="Add a rule: which messages go to which model."),
        "list": Entry(
            module="route_rules", help="List the rules in their order, and what is odd about them."
        ),
        "remove": Entry(module="route_rules", help="Remove a rule."),
        "test": Entry(
            module="route_test",
            help="Say which model and provider a message would go to, and why; sends nothing.",
        ),
        "default": Entry(
            module="route_rules",
            help="Set the model for messages that no rule matches, and switch auto-routing on.",
        ),
        "off": Entry(module="route_rules", help="Switch auto-routing off and keep its rules."),
        "preset": Entry(
            module="route_rules", help="List the shipped triggers, or add one as a rule."
        ),
    }


app = typer.Typer(
    name="route",
    cls=Route,
    rich_markup_mode=None,
    add_completion=False,
    invoke_without_command=True,
    epilog=EXAMPLES,
)


@app.callback()
def route(context: typer.Context) -> None:
    """Choose models by what is asked."""
    if context.invoked_subcommand is None:
        typer.echo(context.get_help())
