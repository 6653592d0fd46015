"""What tells that a Higress container will never be ready, and which part of it it is."""

import re
from collections.abc import Iterable, Mapping
from contextlib import suppress
from pathlib import Path

from msgspec import Struct

from aigw.clients.containers import Attended, ContainerSeen
from aigw.errors import AigwError
from aigw.spec.secret import Secret, hide

# Supervisord's own words, and all that `docker logs` holds; a dead start shows nowhere else.
_FATAL = re.compile(r"gave up: ([a-z-]+) entered FATAL state")
_DIED = re.compile(r"exited: ([a-z-]+) \([^)]*; not expected\)")
_DEATHS = 3
_BEGINNING = "supervisord started with pid"
_MOST_BYTES = 64 * 1024
_OOM_KILLS = re.compile(r"^oom_kill (\d+)$", re.MULTILINE)
_MORE = "aigw start --memory 2g"
_LINES = 5
_LONGEST_LINE = 400


class Death(Struct, frozen=True, kw_only=True):
    """What is broken for good, the part that it is (empty: the container), and what helps."""

    problem: str
    part: str = ""
    hint: str = "aigw logs --engine"


def death(container: ContainerSeen | None, docker: Attended) -> Death | None:
    """Say what is broken for good; None while it may still come up."""
    if container is None:
        return Death(problem="its container was removed")
    if container.out_of_memory:
        return Death(problem="its container was killed for lack of memory", hint=_MORE)
    if container.status in {"exited", "dead"}:
        return Death(problem=f"its container ended with exit code {container.exit_code}")
    try:
        return _given_up(container, docker)
    except AigwError:
        return None


def _given_up(container: ContainerSeen, docker: Attended) -> Death | None:
    # It holds what earlier starts of the same container said, too.
    said = docker.logs_tail(container.id, 200).rpartition(_BEGINNING)[2]
    fatal, died = _FATAL.findall(said), _DIED.findall(said)
    if len(died) >= _DEATHS and _starved(container, docker):
        words = f"its part `{died[-1]}` is killed for lack of memory again and again"
        return Death(problem=words, part=died[-1], hint=_MORE)
    return Death(problem=f"its part `{fatal[-1]}` gave up", part=fatal[-1]) if fatal else None


def _starved(container: ContainerSeen, docker: Attended) -> bool:
    """Say whether something inside was killed for lack of memory (cgroup v2, then v1)."""
    folder = "/sys/fs/cgroup"
    files = (f"{folder}/memory.events", f"{folder}/memory/memory.oom_control")
    counts = docker.run(container.id, ("cat", *files)).out.decode(errors="replace")
    return any(int(count) for count in _OOM_KILLS.findall(counts))


def written(folder: Path) -> dict[str, int]:
    """Return how many bytes each part's log has now: what comes later belongs to a next start."""
    with suppress(OSError):
        return {file.stem: file.stat().st_size for file in folder.glob("*.log")}
    return {}


def last_words(
    folder: Path, part: str, keys: Iterable[Secret], *, before: Mapping[str, int]
) -> str:
    """Return the end of a part's log as lines to put behind an error; no key is in them.

    `before` is what stood there already, of earlier starts.
    """
    try:
        with (folder / f"{part}.log").open("rb") as file:
            size = file.seek(0, 2)
            begun = before.get(part, 0) if before.get(part, 0) <= size else 0
            file.seek(max(begun, size - _MOST_BYTES))
            text = file.read().decode("utf-8", errors="replace")
    except OSError:
        return ""
    lines = [line for line in hide(text, keys).splitlines() if line.strip()][-_LINES:]
    shown = "".join(f"\n  {_printable(_shortened(line))}" for line in lines)
    return f"\nthe end of its log:{shown}" if shown else ""


def _shortened(line: str) -> str:
    """Return the two ends of a long line: Envoy quotes what it refuses, and then says why."""
    half = _LONGEST_LINE // 2
    return line if len(line) <= _LONGEST_LINE else f"{line[:half]} ... {line[-half:]}"


def _printable(line: str) -> str:
    return "".join(sign if sign.isprintable() else " " for sign in line)
