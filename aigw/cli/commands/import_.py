"""The command `import`."""

from functools import cache
from pathlib import Path
from shlex import quote
from typing import Annotated

import typer
from msgspec import Struct

from aigw.cli.command import command
from aigw.cli.session import Session
from aigw.cli.words import importing as words
from aigw.errors import BadUsage, Interrupted
from aigw.operations import importing, importing_undo
from aigw.operations.importing import PLANNED, Imported
from aigw.operations.importing_container import Docker, OldContainers
from aigw.operations.importing_reading import ImportWanted
from aigw.spec.gateway import EngineName

app = typer.Typer(rich_markup_mode=None, add_completion=False)


class ImportOptions(Struct, frozen=True, kw_only=True):
    """Options of `import`."""

    folder: Annotated[
        Path, typer.Argument(metavar="DIR", help="Data folder of the old script, `higress`.")
    ]
    dry_run: Annotated[
        bool, typer.Option("-n", "--dry-run", help="Only say what would be done.")
    ] = False
    undo: Annotated[bool, typer.Option("--undo", help="Give everything back as it was.")] = False
    container: Annotated[str, typer.Option(metavar="NAME", help="Name of the old container.")] = ""
    engine: Annotated[EngineName, typer.Option(help="What is to run the gateway.")] = (
        EngineName.HIGRESS
    )
    yes: Annotated[bool, typer.Option("-y", "--yes", help="Do not ask.")] = False


EXAMPLES = """
aigw import ./higress --dry-run
aigw import ./higress
aigw import ./higress --undo
"""


@command(app, "import", ImportOptions, examples=EXAMPLES)
def import_(session: Session, options: ImportOptions) -> None:
    """Take over what get-ai-gateway.sh left, or give it back.

    Providers, keys, routing rules and the container.
    """
    docker = _docker(session)
    if options.undo and options.dry_run:
        raise BadUsage("--undo does something; --dry-run does nothing: give one of them")
    if options.undo:
        _undo(session, options, docker)
        return
    wanted = ImportWanted(folder=options.folder, container=options.container, engine=options.engine)
    result = importing.look_at(session.world, session.gateway, wanted, docker)
    if result.state == PLANNED and not options.dry_run:
        _confirm(session, options, result)
        result = importing.take_over(session.world, session.gateway, wanted, docker)
    session.output.result(result, words.imported(result))


def _undo(session: Session, options: ImportOptions, docker: Docker) -> None:
    if not options.yes:
        _ask(
            session,
            options,
            f"Give `{options.folder}` back, and remove gateway `{session.gateway}`?",
        )
    undone = importing_undo.undo(session.world, session.gateway, options.folder, docker)
    session.output.result(undone, words.undone(undone))


def _confirm(session: Session, options: ImportOptions, result: Imported) -> None:
    if options.yes:
        return
    if session.prompter.present:
        session.output.note(words.imported(result))
    _ask(session, options, f"Take `{options.folder}` over as gateway `{session.gateway}`?")


def _ask(session: Session, options: ImportOptions, question: str) -> None:
    """Raise BadUsage where nobody can be asked, and Interrupted where the answer is no."""
    if not session.prompter.present:
        undo = " --undo" if options.undo else ""
        hint = f"aigw import {quote(str(options.folder))}{undo} --yes"
        raise BadUsage("there is nobody to ask: give --yes", hint=hint)
    if not session.prompter.confirm(question):
        raise Interrupted("nothing was changed")


def _docker(session: Session) -> Docker:
    """Return what finds Docker: slow to import, and only once."""

    @cache
    def containers() -> OldContainers:
        from aigw.clients.docker import Docker as RealDocker
        from aigw.clients.docker_hosts import find

        return RealDocker(find(session.world.environ, Path.home()))

    return containers
