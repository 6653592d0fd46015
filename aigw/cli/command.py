"""How a command is declared: a Struct of options, a function of a session, and examples."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from inspect import Parameter, Signature
from typing import TYPE_CHECKING, Any, TypeVar, cast

import typer
from msgspec import Struct
from msgspec.structs import fields, replace
from typer.core import TyperCommand, TyperGroup

from aigw.cli.help import write_help, write_options
from aigw.cli.keylike import without_doubtful
from aigw.cli.options import Common
from aigw.cli.session import Session
from aigw.errors import BadUsage
from aigw.operations.near import meant

if TYPE_CHECKING:  # Typer carries its own Click and exports only some of it
    from typer._click import Command as ClickCommand
    from typer._click import Context, HelpFormatter

Options = TypeVar("Options", bound=Struct)
Body = Callable[[Session, Options], int | None]

MOST_SECONDS = 1_000_000

GIVEN_BEFORE = "aigw.common"
"""Where the root keeps the common options that stood before the command's name."""


class Command(TyperCommand):
    """A command whose help begins with examples."""

    def parse_args(self, ctx: "Context", args: list[str]) -> list[str]:
        """Read the options; what is wrong with them leads to this command's help."""
        with _leading_to(ctx):
            return super().parse_args(ctx, args)

    def format_help(self, ctx: "Context", formatter: "HelpFormatter") -> None:
        """Write the help."""
        write_help(self, ctx, formatter)

    def format_options(self, ctx: "Context", formatter: "HelpFormatter") -> None:
        """Write the options in their groups."""
        write_options(self, ctx, formatter)


class Family(TyperGroup):
    """Commands below one name; their help begins with examples."""

    def parse_args(self, ctx: "Context", args: list[str]) -> list[str]:
        """Read the options as a command does."""
        with _leading_to(ctx):
            return super().parse_args(ctx, args)

    def resolve_command(
        self, ctx: "Context", args: list[str]
    ) -> "tuple[str | None, ClickCommand | None, list[str]]":
        """Find the command, or say which ones its name is near to."""
        names = self.list_commands(ctx)
        if args[0] not in names and not args[0].startswith("-") and not ctx.resilient_parsing:
            path = ctx.command_path
            message = f"there is no command `{path} {args[0]}`{meant(args[0], names)}"
            raise BadUsage(without_doubtful(message, args[:1]), hint=f"{path} --help")
        return super().resolve_command(ctx, args)

    def format_help(self, ctx: "Context", formatter: "HelpFormatter") -> None:
        """Write the help."""
        write_help(self, ctx, formatter)

    def format_options(self, ctx: "Context", formatter: "HelpFormatter") -> None:
        """Write the commands, then the options in their groups."""
        self.format_commands(ctx, formatter)
        write_options(self, ctx, formatter)


@contextmanager
def _leading_to(context: "Context") -> Iterator[None]:
    """Let an error know the command it is about: of an option without a value Typer does not."""
    try:
        yield
    except typer.TyperException as error:
        vars(error)["ctx"] = vars(error).get("ctx") or context
        raise


def command(
    app: typer.Typer, name: str, options: type[Options], *, examples: str
) -> Callable[[Body[Options]], Body[Options]]:
    """Make `body` a command of `app`.

    Each field of `options` (a Struct whose fields are annotated for Typer) and each common
    option becomes an option of the command. The body returns an exit code, or nothing for 0.
    """

    def declare(body: Body[Options]) -> Body[Options]:
        def callback(context: typer.Context, **values: Any) -> None:  # noqa: ANN401 - Typer's values
            _refuse_empty(context)
            _refuse_endless(context)
            shared = {name: values.pop(name) for name in Common.__struct_fields__}
            session = _session(context, Common(**shared))
            code = body(session, options(**values))
            if code:
                raise typer.Exit(code)

        callback.__doc__ = body.__doc__
        cast(Any, callback).__signature__ = Signature(
            [
                Parameter("context", Parameter.KEYWORD_ONLY, annotation=typer.Context),
                *parameters(options),
                *parameters(Common),
            ]
        )
        app.command(name, cls=Command, epilog=examples)(callback)
        return body

    return declare


def parameters(options: type[Struct]) -> Iterator[Parameter]:
    """Describe the fields of a Struct as the parameters of a function."""
    for field in fields(options):
        default = Parameter.empty if field.required else field.default
        kind = Parameter.KEYWORD_ONLY
        yield Parameter(field.name, kind, annotation=field.type, default=default)


def _refuse_empty(context: typer.Context) -> None:
    """Refuse an option with nothing in it: mostly a variable of the shell that is not set."""
    for parameter in context.command.params:
        name = parameter.name or ""
        value = context.params.get(name)
        empty = value == "" or (isinstance(value, (list, tuple)) and "" in value)
        if empty and _typed(context, name) and parameter.param_type_name == "option":
            raise BadUsage(f"{max(parameter.opts, key=len)} is empty")


def _refuse_endless(context: typer.Context) -> None:
    """Refuse times that no clock of a machine can wait for: `nan`, `inf` and years."""
    for parameter in context.command.params:
        value = context.params.get(parameter.name or "")
        if isinstance(value, float) and not value <= MOST_SECONDS:
            name = max(parameter.opts, key=len)
            raise BadUsage(f"{name} is `{value}`; {MOST_SECONDS} seconds is the most")


def _typed(context: typer.Context, name: str) -> bool:
    """Say whether an option stands behind the command's name, not in a variable or nowhere."""
    source = context.get_parameter_source(name)
    return source is not None and source.name == "COMMANDLINE"


def _session(context: typer.Context, common: Common) -> Session:
    """Return the session that a test makes, or the real one."""
    before = context.meta.get(GIVEN_BEFORE, {})
    given = {name: value for name, value in before.items() if not _typed(context, name)}
    common = replace(common, **given)
    make: Callable[[Common], Session] = context.obj or Session.real
    return make(common)
