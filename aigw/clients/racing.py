"""Ask several at once, and wait for the slowest no longer than told."""

import threading
import time
from collections.abc import Callable, Iterable, Iterator
from queue import Empty, SimpleQueue
from typing import TypeVar

T = TypeVar("T")


def finished(tasks: Iterable[Callable[[], T]], *, seconds: float) -> Iterator[T]:
    """Yield what each task returns, the quickest first, until all have or the time is up.

    Not a pool: at the end of the program it would wait for a name server that is silent.
    """
    ended: SimpleQueue[T] = SimpleQueue()
    threads = [
        threading.Thread(target=lambda task=task: ended.put(task()), daemon=True) for task in tasks
    ]
    for thread in threads:
        thread.start()
    deadline = time.monotonic() + seconds
    for _ in threads:
        try:
            yield ended.get(timeout=max(deadline - time.monotonic(), 0.001))
        except Empty:
            return
