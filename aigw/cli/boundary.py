"""Where an error becomes words and an exit code."""

import errno
import os
import re
import sys
from collections.abc import Callable, Sequence
from contextlib import suppress

import typer
from msgspec import Struct

from aigw.cli.keylike import without_doubtful, without_keys
from aigw.cli.output import Output, unheard
from aigw.errors import AigwError, Interrupted
from aigw.operations.world import DEFAULT_GATEWAY
from aigw.state.files import reason
from aigw.state.paths import Home

FAILED = 1
GOES_ON = "run the command again: it goes on where it stopped"
DOUBTFUL = (errno.EACCES, errno.EPERM, errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EIO)
"""What the machine refuses whatever the program does; all other OSErrors are errors of ours."""

VARIABLE = r" \(env var: '(\w+)'\)"
WORDS = (
    (r"not a valid int( range)?", "not a whole number"),
    (r"not a valid float( range)?", "not a number"),
    (r"not in the range x>=(\S+)", r"less than \1"),
    (r"not in the range (\S+)<=x<=(\S+)", r"not between \1 and \2"),
)
"""What Typer says, and how we say it."""

GATEWAY_OPTIONS = ("-g", "--gateway", "--container-name")


class Said(Struct, frozen=True, kw_only=True):
    """An error in words, and the exit code that goes with it."""

    code: str
    message: str
    hint: str
    exit_code: int


def guarded(run: Callable[[], object], arguments: Sequence[str]) -> int:
    """Run a part of the program and return its exit code; what goes wrong is told in a sentence."""
    output = Output.standard(as_json="--json" in arguments, gateway=_gateway(arguments))
    try:
        run()
    except typer.Exit:
        raise
    except Interrupted as error:
        output.ended(code=error.code, message=error.message)
        return error.exit_code
    except BrokenPipeError:
        unheard(sys.stdout)  # who reads, as `head` does, has enough
    except (Exception, KeyboardInterrupt) as error:  # the only place that catches everything
        said = _said(error, arguments) or _crashed(error, arguments)
        output.error(code=said.code, message=without_keys(said.message), hint=said.hint)
        return said.exit_code
    return 0


def _said(error: BaseException, arguments: Sequence[str]) -> Said | None:
    """Put an error into words; None for one that should not be."""
    match error:
        case AigwError(code=code, hint=hint, exit_code=exit_code):
            message = error.message + error.quoted
        case typer.TyperException():
            code, message, hint = "usage", _spoken(error, arguments), _help_of(error)
            exit_code = error.exit_code
        case KeyboardInterrupt() | typer.Abort():
            code, message, hint = Interrupted.code, "interrupted", GOES_ON
            exit_code = Interrupted.exit_code
        case OSError(errno=number, filename=None) if number in DOUBTFUL:
            unheard(sys.stdout)
            code, message = AigwError.code, f"the result could not be written: {reason(error)}"
            hint, exit_code = "", FAILED
        case OSError(errno=number, filename=str(name)) if number in DOUBTFUL:
            code, message = AigwError.code, f"`{name}` cannot be used: {reason(error)}"
            hint, exit_code = "", FAILED
        case _:
            return None
    return Said(code=code, message=message, hint=hint, exit_code=exit_code)


def _gateway(arguments: Sequence[str]) -> str:
    """Return the gateway that the command line names, else the default one."""
    for index, argument in enumerate(arguments):
        option, _, value = argument.partition("=")
        if option in GATEWAY_OPTIONS:
            name = value or next(iter(arguments[index + 1 : index + 2]), "")
            return name or DEFAULT_GATEWAY
    return DEFAULT_GATEWAY


def _spoken(error: typer.TyperException, arguments: Sequence[str]) -> str:
    """Say it as our own errors do."""
    words = error.format_message().strip().rstrip(".")
    for pattern, said in (*WORDS, (VARIABLE, _source(error))):
        words = re.sub(pattern, said, words)
    return without_doubtful(words[:1].lower() + words[1:], arguments)


def _source(error: typer.TyperException) -> str:
    """Say that a value is a variable's, where it is; a template for what Typer says always."""
    context, name = getattr(error, "ctx", None), getattr(getattr(error, "param", None), "name", "")
    source = context.get_parameter_source(name) if context and name else None
    return r", from the variable \1" if source and source.name == "ENVIRONMENT" else ""


def _help_of(error: typer.TyperException) -> str:
    context = getattr(error, "ctx", None)
    return f"{context.command_path} --help" if context else "aigw --help"


def _crashed(error: BaseException, arguments: Sequence[str]) -> Said:
    """Keep where the error happened in a file, and say where that is."""
    from aigw.cli import crash  # late: only for errors that should not be

    text = crash.report(error, arguments, os.environ)
    kept = None
    with suppress(AigwError):
        kept = crash.written(text, Home.find(os.environ).folder / "logs")
    where = f"; where it happened is in `{kept}`" if kept else ""
    shown = f"\n\n{text}" if "--debug" in arguments else ""
    message = f"an error that should not happen: {type(error).__name__}{where}{shown}"
    return Said(code="unexpected", message=message, hint=crash.ADVICE, exit_code=FAILED)
