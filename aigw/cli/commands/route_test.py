"""The command `route test`."""

from pathlib import Path
from typing import Annotated

import typer
from msgspec import Struct

from aigw.cli.command import command
from aigw.cli.session import Session
from aigw.cli.words.trial import route_tested
from aigw.errors import BadUsage
from aigw.operations import routing_trial

EXAMPLES = """
aigw route test 'Deep thinking: why is the sky blue?'
aigw route test --file request.json
aigw route test --model gpt-4o hello
"""

app = typer.Typer(rich_markup_mode=None, add_completion=False)


class TestOptions(Struct, frozen=True, kw_only=True):
    """Options of `route test`."""

    text: Annotated[
        str | None,
        typer.Argument(metavar="[TEXT]", help="What a person asks; `-` reads a request body."),
    ] = None
    file: Annotated[
        Path | None, typer.Option(metavar="FILE", help="A whole request body; `-` is stdin.")
    ] = None
    model: Annotated[str, typer.Option(metavar="MODEL", help="The model that is asked for.")] = ""


@command(app, "test", TestOptions, examples=EXAMPLES)
def test(session: Session, options: TestOptions) -> None:
    """Say which model and provider a message would go to, and why; sends nothing."""
    if (options.text is None) == (options.file is None):
        raise BadUsage("give a text, or a request body with --file", hint="aigw route test --help")
    world, gateway = session.world, session.gateway
    if options.text not in (None, "-"):
        tested = routing_trial.try_text(world, gateway, options.text or "", model=options.model)
    else:
        body = _body(session, options.file or Path("-"))
        tested = routing_trial.try_body(world, gateway, body, model=options.model)
    session.output.result(tested, route_tested(tested))


def _body(session: Session, file: Path) -> bytes:
    if str(file) == "-":
        return session.stdin.buffer.read()
    try:
        return file.read_bytes()
    except OSError as error:
        raise BadUsage(f"`{file}` cannot be read: {(error.strerror or '').lower()}") from error
