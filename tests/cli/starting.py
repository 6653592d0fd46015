"""Starting in tests without questions, on an engine that runs nothing."""

from aigw.spec.gateway import GatewaySpec
from tests.cli.program import Program, Said
from tests.fakes import Process, session_of


def begin(aigw: Program, process: Process, *flags: str, stdin: str = "", **environ: str) -> Said:
    """Start without questions on an engine that runs nothing."""
    flags = ("start", "--non-interactive", *flags)
    return aigw(*flags, stdin=stdin, environ=environ, session=session_of(process=process))


def served(process: Process) -> GatewaySpec:
    """Return what the engine was given last."""
    assert process.serves is not None
    return process.serves.spec


def providers(process: Process) -> dict[str, tuple[str, ...]]:
    """Return the ids of what is served, with their patterns."""
    return {
        one.id: tuple(pattern.text for pattern in one.models) for one in served(process).providers
    }
