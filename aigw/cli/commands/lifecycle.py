"""The commands `stop`, `restart`, `delete` and `plan`."""

from typing import Annotated

import typer
from msgspec import Struct

from aigw.cli.command import command
from aigw.cli.session import Session
from aigw.cli.words import lifecycle as words
from aigw.errors import BadUsage, Interrupted, NotReady
from aigw.operations import deletion, lifecycle

SOMETHING_TO_DO = 10

app = typer.Typer(rich_markup_mode=None, add_completion=False)


class StopOptions(Struct, frozen=True, kw_only=True):
    """Options of `stop`."""

    timeout: Annotated[
        float,
        typer.Option(
            metavar="SECONDS", min=0, help="How long running requests may take to finish."
        ),
    ] = deletion.STOP_SECONDS


@command(app, "stop", StopOptions, examples="aigw stop\naigw stop --timeout 5")
def stop(session: Session, options: StopOptions) -> None:
    """Let running answers finish, then stop."""
    stopped = lifecycle.stop(session.world, session.gateway, seconds=options.timeout)
    session.output.result(stopped, words.stopped(stopped))


class RestartOptions(Struct, frozen=True, kw_only=True):
    """Options of `restart`."""

    timeout: Annotated[
        float | None,
        typer.Option(
            metavar="SECONDS",
            min=1,
            help="How long it may take to run again: 30, or 180 for a container.",
        ),
    ] = None


@command(app, "restart", RestartOptions, examples="aigw restart")
def restart(session: Session, options: RestartOptions) -> int:
    """Stop and start, unless it would not come up again."""
    started = lifecycle.restart(session.world, session.gateway, seconds=options.timeout)
    session.output.result(started, words.started(started))
    return 0 if started.probe.ok else NotReady.exit_code


class DeleteOptions(Struct, frozen=True, kw_only=True):
    """Options of `delete`."""

    purge: Annotated[
        bool, typer.Option("--purge", help="Remove the spec, the keys and the logs, too.")
    ] = False
    yes: Annotated[bool, typer.Option("-y", "--yes", help="Do not ask.")] = False


@command(app, "delete", DeleteOptions, examples="aigw delete\naigw delete --purge --yes")
def delete(session: Session, options: DeleteOptions) -> None:
    """Stop a gateway and remove what we made; its data folder stays unless --purge."""
    if not options.yes:
        _confirm(session, purge=options.purge)
    deleted = deletion.delete(session.world, session.gateway, purge=options.purge)
    session.output.result(deleted, words.deleted(deleted, purged=options.purge))


def _confirm(session: Session, *, purge: bool) -> None:
    """Raise BadUsage where nobody can be asked, and Interrupted where the answer is no."""
    if not session.prompter.present:
        hint = "aigw delete --purge --yes" if purge else "aigw delete --yes"
        raise BadUsage("there is nobody to ask: give --yes", hint=hint)
    what = " with its keys and logs" if purge else ""
    if not session.prompter.confirm(f"Delete gateway `{session.gateway}`{what}?"):
        raise Interrupted("nothing was changed")


class PlanOptions(Struct, frozen=True, kw_only=True):
    """Options of `plan`."""

    diff: Annotated[
        bool,
        typer.Option(
            "--diff", help="Show how gateway.yaml changed, and what is written over; no keys."
        ),
    ] = False


@command(app, "plan", PlanOptions, examples="aigw plan\naigw plan --diff")
def plan(session: Session, options: PlanOptions) -> int:
    """Say what `start` would do.

    Exit code 0: nothing; 10: something.
    """
    planned = lifecycle.plan(session.world, session.gateway, diff=options.diff)
    session.output.result(planned, words.planned(planned))
    return 0 if planned.in_sync else SOMETHING_TO_DO
