"""What is kept of an error that nobody expected: where it happened, without any key."""

import gc
import os
import platform
import re
import traceback
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path

import aigw
from aigw.cli.keylike import without_keys
from aigw.spec.secret import Secret, hide

ADVICE = "report it with that file (no key is in it), or show it with --debug"

KEY_OPTION = re.compile(r"--?[a-z0-9-]*key")
KEY_VARIABLE = re.compile(r".*(KEY|TOKEN|SECRET|PASSWORD)$")


def report(error: BaseException, arguments: Sequence[str], environ: Mapping[str, str]) -> str:
    """Describe an error: traceback without any variable's value, and no key that we know of."""
    lines = traceback.format_exception(error)
    head = (
        f"aigw {aigw.__version__}, Python {platform.python_version()}, {platform.platform()}",
        f"at {datetime.now(UTC).isoformat(timespec='seconds')}",
        "",
    )
    return redacted("\n".join(head) + "\n" + "".join(lines), arguments, environ)


def redacted(text: str, arguments: Sequence[str], environ: Mapping[str, str]) -> str:
    """Hide every key: of the command line, of the environment, and each that is in memory."""
    given = map(Secret, (*_of_arguments(arguments), *_of_environment(environ)))
    return without_keys(hide(text, (*given, *_in_memory())))


def written(text: str, folder: Path) -> Path | None:
    """Keep the report in a file that only we can read; None where that cannot be done."""
    name = f"crash-{datetime.now(UTC).strftime('%Y%m%dT%H%M%S')}-{os.getpid()}.txt"
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        descriptor = os.open(folder / name, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w", encoding="utf-8", errors="backslashreplace") as file:
            file.write(text)
    except OSError:
        return None
    return folder / name


def _of_arguments(arguments: Sequence[str]) -> Iterable[str]:
    """Return the values of options that hold keys."""
    for index, argument in enumerate(arguments):
        option, equals, value = argument.partition("=")
        if KEY_OPTION.fullmatch(option):
            following = arguments[index + 1 : index + 2]
            values = [value] if equals else list(following)
            yield from (part for text in values for part in (text, *text.split(",")))


def _of_environment(environ: Mapping[str, str]) -> Iterable[str]:
    return [value for name, value in environ.items() if KEY_VARIABLE.fullmatch(name)]


def _in_memory() -> Iterable[Secret]:
    return [found for found in gc.get_objects() if isinstance(found, Secret)]
