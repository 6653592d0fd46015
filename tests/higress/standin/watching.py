"""Changes of files as events: inotify, a file's 100 ms of quiet, then ADDED or MODIFIED."""

import contextlib
import ctypes
import os
import queue
import struct
import threading
import time
from typing import Any

from .kinds import KINDS
from .store import Malformed, Object, Store

QUIET = 0.1
MODIFY, MOVED_FROM, MOVED_TO, CREATE, DELETE = 0x2, 0x40, 0x80, 0x100, 0x200
HEADER = struct.Struct("iIII")
DEAF = os.environ.get("STANDIN_DEAF") == "1"
"""As in a virtual machine: a file that is renamed outside is not told, one from `.NAME.tmp` is."""


class Watcher:
    """Turns what happens in the store's folders into events for whoever subscribed."""

    def __init__(self, store: Store) -> None:
        """Begin to watch every folder."""
        self._store = store
        self._known: dict[tuple[str, str], Object] = {}
        self._touched: dict[tuple[str, str], float] = {}
        self._queues: dict[str, list[queue.SimpleQueue[Any]]] = {plural: [] for plural in KINDS}
        self._lock = threading.Lock()
        self._folders: dict[int, str] = {}
        self._notifier = self._watch_folders()
        for plural in KINDS:
            for value in store.list(plural):
                self._known[plural, value["metadata"]["name"]] = value
        store.listeners.append(self._written)

    def start(self) -> None:
        """Run in the background."""
        for task in (self._read, self._tick):
            threading.Thread(target=task, daemon=True).start()

    def subscribe(self, plural: str) -> queue.SimpleQueue[Any]:
        """Give a queue of `(event, object)`, beginning with what is there as ADDED."""
        events: queue.SimpleQueue[Any] = queue.SimpleQueue()
        with self._lock:
            for (kind, _), value in self._known.items():
                if kind == plural:
                    events.put(("ADDED", value))
            self._queues[plural].append(events)
        return events

    def unsubscribe(self, plural: str, events: queue.SimpleQueue[Any]) -> None:
        """Forget a queue."""
        with self._lock:
            self._queues[plural].remove(events)

    def _watch_folders(self) -> int:
        libc = ctypes.CDLL(None, use_errno=True)
        notifier = int(libc.inotify_init1(os.O_CLOEXEC))
        mask = MODIFY | MOVED_FROM | MOVED_TO | CREATE | DELETE
        for plural in KINDS:
            folder = os.fsencode(self._store.folder(plural))
            self._folders[libc.inotify_add_watch(notifier, folder, mask)] = plural
        return notifier

    def _written(self, event: str, plural: str, value: Object) -> None:
        key = (plural, value["metadata"]["name"])
        with self._lock:
            self._known.pop(key, None) if event == "DELETED" else self._known.update({key: value})
        self._emit(event, plural, value)

    def _emit(self, event: str, plural: str, value: Object) -> None:
        with self._lock:
            for events in self._queues[plural]:
                events.put((event, value))

    def _read(self) -> None:
        came: dict[int, str] = {}
        while True:
            data = os.read(self._notifier, 65536)
            while data:
                descriptor, mask, cookie, length = HEADER.unpack_from(data)
                name = os.fsdecode(data[HEADER.size : HEADER.size + length].rstrip(b"\0"))
                data = data[HEADER.size + length :]
                if mask & MOVED_FROM:
                    came[cookie] = name
                outside = mask & MOVED_TO and came.pop(cookie, "") != f".{name}.tmp"
                if not (DEAF and outside):
                    self._happened(self._folders.get(descriptor, ""), name, mask)

    def _happened(self, plural: str, file: str, mask: int) -> None:
        if not plural or not file.endswith(".yaml"):
            return
        key = (plural, file.removesuffix(".yaml"))
        if mask & (DELETE | MOVED_FROM):
            self._touched.pop(key, None)
            with self._lock:
                old = self._known.pop(key, None)
            if old is not None:
                self._emit("DELETED", plural, old)
        else:
            self._touched[key] = time.monotonic()

    def _tick(self) -> None:
        while True:
            time.sleep(QUIET)
            now = time.monotonic()
            for key, moment in list(self._touched.items()):
                if now - moment >= QUIET and self._touched.get(key) == moment:
                    self._touched.pop(key, None)
                    self._settled(*key)

    def _settled(self, plural: str, name: str) -> None:
        """Read what has become quiet; what does not parse is skipped without a word."""
        with contextlib.suppress(Malformed, OSError):
            value = self._store.read(plural, self._store.path(plural, name))
            with self._lock:
                event = "MODIFIED" if (plural, name) in self._known else "ADDED"
                self._known[plural, name] = value
            self._emit(event, plural, value)
