"""Wait for a condition, never for a time."""

import time
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

PATIENCE = 20.0
"""Seconds after which a wait is a failure."""

T = TypeVar("T")


def until(condition: Callable[[], T], *, seconds: float = PATIENCE) -> T:
    """Return the first true value of `condition`; the test fails with the last that was not."""
    deadline = time.monotonic() + seconds
    while not (seen := condition()):
        assert time.monotonic() < deadline, f"after {seconds:g} s still {seen!r}"
        time.sleep(0.01)
    return seen


def ended_lines(log: Path) -> list[str]:
    """Return the lines of a log, less one that is still being written; none without a log."""
    if not log.exists():
        return []
    ended, _, _being_written = log.read_text().rpartition("\n")
    return ended.splitlines()
