"""What tells that a Higress container will never be ready, and which part of it it is."""

import re
from collections.abc import Iterable
from pathlib import Path

from aigw.clients.containers import Attended, ContainerSeen
from aigw.errors import AigwError
from aigw.spec.secret import Secret, hide

# Supervisord's own words, and all that `docker logs` holds; a dead start shows nowhere else.
_FATAL = re.compile(r"gave up: ([a-z-]+) entered FATAL state")
_BEGINNING = "supervisord started with pid"
_MOST_BYTES = 64 * 1024
_LINES = 5
_LONGEST_LINE = 300


def death(container: ContainerSeen | None, docker: Attended) -> tuple[str, str]:
    """Say what is broken for good, and the part; two empty texts while it may still come up."""
    if container is None:
        return "its container was removed", ""
    if container.out_of_memory:
        return "its container was killed for lack of memory", ""
    if container.status in {"exited", "dead"}:
        return f"its container ended with exit code {container.exit_code}", ""
    try:
        # It holds what earlier starts of the same container said, too.
        found = _FATAL.findall(docker.logs_tail(container.id, 200).rpartition(_BEGINNING)[2])
    except AigwError:
        return "", ""
    return (f"its part `{found[-1]}` gave up", found[-1]) if found else ("", "")


def last_words(folder: Path, part: str, keys: Iterable[Secret]) -> str:
    """Return the end of a part's log as lines to put behind an error; no key is in them."""
    try:
        with (folder / f"{part}.log").open("rb") as file:
            file.seek(0, 2)
            file.seek(max(0, file.tell() - _MOST_BYTES))
            text = file.read().decode("utf-8", errors="replace")
    except OSError:
        return ""
    lines = [line for line in hide(text, keys).splitlines() if line.strip()][-_LINES:]
    shown = "".join(f"\n  {_printable(line[:_LONGEST_LINE])}" for line in lines)
    return f"; the end of its log:{shown}" if shown else ""


def _printable(line: str) -> str:
    return "".join(sign if sign.isprintable() else " " for sign in line)
