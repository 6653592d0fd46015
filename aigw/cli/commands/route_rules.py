"""The commands below `route` for the rules, the default model and the shipped triggers."""

from typing import Annotated

import typer
from msgspec import Struct

from aigw.cli import completion
from aigw.cli.command import command
from aigw.cli.session import Session
from aigw.cli.words import route as words
from aigw.errors import BadUsage
from aigw.operations import routes

ADD_EXAMPLES = r"""
aigw route add --model deepseek-reasoner --trigger '深入思考|deep thinking'
aigw route add --model qwen-coder-plus --pattern '(?i)\bcode\b' --name code
aigw route add --model qwen-turbo --trigger 'tl;dr' --first
"""
Model = Annotated[
    str,
    typer.Option(metavar="MODEL", help="The model it chooses.", autocompletion=completion.models),
]

app = typer.Typer(rich_markup_mode=None, add_completion=False)


class AddOptions(Struct, frozen=True, kw_only=True):
    """Options of `route add`."""

    model: Model
    trigger: Annotated[
        str,
        typer.Option(metavar="'A|B'", help="Phrases that such messages begin with, in any case."),
    ] = ""
    pattern: Annotated[
        str, typer.Option(metavar="RE2", help="Or an RE2 pattern, searched for anywhere.")
    ] = ""
    name: Annotated[str, typer.Option(metavar="NAME", help="Its name; else the model's.")] = ""
    first: Annotated[bool, typer.Option("--first", help="Put it before all others.")] = False
    before: Annotated[
        str,
        typer.Option(
            metavar="NAME", help="Put it before that rule.", autocompletion=completion.rules
        ),
    ] = ""


@command(app, "add", AddOptions, examples=ADD_EXAMPLES)
def add(session: Session, options: AddOptions) -> None:
    """Add a rule: which messages go to which model."""
    if bool(options.trigger) == bool(options.pattern):
        raise BadUsage("give exactly one of --trigger and --pattern", hint="aigw route add --help")
    if options.first and options.before:
        raise BadUsage("give one of --first and --before")
    wanted = routes.RuleWanted(
        model=options.model,
        trigger=options.trigger,
        pattern=options.pattern,
        name=options.name,
        first=options.first,
        before=options.before,
    )
    added = routes.add_rule(session.world, session.gateway, wanted)
    _show_added(session, added)


class ListOptions(Struct, frozen=True, kw_only=True):
    """Options of `route list`."""


@command(app, "list", ListOptions, examples="aigw route list\naigw route list --json")
def list_(session: Session, _: ListOptions) -> None:
    """List the rules in their order, and what is odd about them."""
    listed = routes.list_rules(session.world, session.gateway)
    session.output.result(listed, words.rules_listed(listed, session.output.width))


class RemoveOptions(Struct, frozen=True, kw_only=True):
    """Options of `route remove`."""

    name: Annotated[
        str, typer.Option(metavar="NAME", help="Its name.", autocompletion=completion.rules)
    ] = ""
    rule_id: Annotated[str, typer.Option(metavar="ID", help="Or its id.")] = ""


@command(app, "remove", RemoveOptions, examples="aigw route remove --name code")
def remove(session: Session, options: RemoveOptions) -> None:
    """Remove a rule."""
    if bool(options.name) == bool(options.rule_id):
        raise BadUsage("give exactly one of --name and --rule-id", hint="aigw route list")
    removed = routes.remove_rule(
        session.world, session.gateway, name=options.name, rule_id=options.rule_id
    )
    session.output.result(removed, words.rule_removed(removed))


class DefaultOptions(Struct, frozen=True, kw_only=True):
    """Options of `route default`."""

    model: Annotated[str, typer.Argument(metavar="MODEL", autocompletion=completion.models)]


@command(app, "default", DefaultOptions, examples="aigw route default qwen-turbo")
def default(session: Session, options: DefaultOptions) -> None:
    """Set the model for messages that no rule matches, and switch auto-routing on."""
    changed = routes.set_default(session.world, session.gateway, options.model)
    session.output.result(changed, words.routing_changed(changed))


class OffOptions(Struct, frozen=True, kw_only=True):
    """Options of `route off`."""


@command(app, "off", OffOptions, examples="aigw route off")
def off(session: Session, _: OffOptions) -> None:
    """Switch auto-routing off and keep its rules."""
    changed = routes.switch_off(session.world, session.gateway)
    session.output.result(changed, words.routing_changed(changed))


class PresetOptions(Struct, frozen=True, kw_only=True):
    """Options of `route preset`."""

    action: Annotated[str | None, typer.Argument(metavar="[add")] = None
    name: Annotated[
        str | None, typer.Argument(metavar="NAME]", autocompletion=completion.presets)
    ] = None
    model: Model = ""


PRESET_EXAMPLES = "aigw route preset\naigw route preset add reasoning --model deepseek-reasoner"


@command(app, "preset", PresetOptions, examples=PRESET_EXAMPLES)
def preset(session: Session, options: PresetOptions) -> None:
    """List the shipped triggers, or add one as a rule."""
    if options.action is None:
        listed = routes.list_presets(chinese=session.world.chinese)
        session.output.result(listed, words.presets_listed(listed, session.output.width))
        return
    if options.action != "add" or not options.name or not options.model:
        raise BadUsage(
            "a preset is added with its name and a model",
            hint="aigw route preset add reasoning --model MODEL",
        )
    added = routes.add_preset(session.world, session.gateway, options.name, options.model)
    _show_added(session, added)


def _show_added(session: Session, added: routes.RuleChanged) -> None:
    session.output.result(added, words.rule_added(added))
    for lint in added.lints:
        session.output.note(f"note: {lint.message}")
