"""Wait for something to become so, with a limit."""

import time
from collections.abc import Callable

from aigw.errors import NotReady

_FIRST_PAUSE = 0.001
_LONGEST_PAUSE = 0.05


def until(check: Callable[[], str], *, timeout: float, what: str) -> None:
    """Return as soon as `check` has nothing to object; raises NotReady, quoting what it said last.

    `check` returns an empty string when all is well, else what it saw. `what` completes the
    sentence when it never is: `the gateway did not answer`. It is asked at least once, after
    1 ms again, and then ever more rarely, down to every 50 ms; `timeout` is in seconds.
    """
    pause, end = _FIRST_PAUSE, time.monotonic() + timeout
    while seen := check():
        left = end - time.monotonic()
        if left <= 0:
            raise NotReady(f"{what} within {timeout:g} s; last seen: {seen}")
        time.sleep(min(pause, left))
        pause = min(pause * 2, _LONGEST_PAUSE)
