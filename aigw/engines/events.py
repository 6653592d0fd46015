"""What happens to a supervisor, in its order."""

from collections import deque
from collections.abc import Callable
from queue import Empty, SimpleQueue
from signal import SIGUSR1
from threading import Thread
from types import FrameType

from msgspec import Struct

from aigw.clients import process
from aigw.clients.process import Identity

_WATCH_SECONDS = 3600.0


class Ended(Struct, frozen=True):
    """A process that was watched has ended."""

    process: Identity


class Asked(Struct, frozen=True):
    """A command has left a request."""


class Stopped(Struct, frozen=True):
    """The system, or a person, asks for the end by a signal."""


Event = Ended | Asked | Stopped


class Events:
    """A queue that signal handlers and threads put into and one loop takes from."""

    def __init__(self) -> None:
        # Unlike Queue, it may be put into by a signal handler that interrupts `get`.
        self._queue: SimpleQueue[Event] = SimpleQueue()
        self._passed: deque[Event] = deque()

    def on_signal(self, number: int, _: FrameType | None) -> None:
        """Take a signal; for `signal.signal`."""
        self._queue.put(Asked() if number == SIGUSR1 else Stopped())

    def watch(self, watched: Identity) -> None:
        """Report the end of a process, child of ours or not."""
        Thread(target=self._await_end, args=(watched,), daemon=True).start()

    def next(self, seconds: float) -> Event | None:
        """Take the oldest event; None when there was none for so long."""
        return self._passed.popleft() if self._passed else self._take(seconds)

    def arrived(self, seconds: float, matters: Callable[[Event], bool]) -> bool:
        """Wait for one more event and say whether it matters; it is kept for `next` either way."""
        event = self._take(seconds)
        if event is None:
            return False
        self._passed.append(event)
        return matters(event)

    def _take(self, seconds: float) -> Event | None:
        try:
            return self._queue.get(timeout=max(seconds, 0.0))
        except Empty:
            return None

    def _await_end(self, watched: Identity) -> None:
        while not process.wait_for_exit(watched, seconds=_WATCH_SECONDS):
            pass
        self._queue.put(Ended(watched))
