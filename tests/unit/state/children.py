"""Do something in a process of its own: as an ordinary user, on a full disk, to be killed."""

import ctypes
import json
import os
import resource
import traceback
from collections.abc import Callable
from pathlib import Path

NOBODY = 65534
_PRIVATE_MOUNTS = 0x20000
_PRIVATE_RECURSIVE = (1 << 18) | 0x4000


def in_child(work: Callable[[], object]) -> object:
    """Return what `work` returns (JSON values) in a child; fail with its traceback if it raises."""
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(reader)
        try:
            text, code = json.dumps(work()), 0
        except BaseException:
            text, code = traceback.format_exc(), 1
        os.write(writer, text.encode())
        os._exit(code)
    os.close(writer)
    with os.fdopen(reader) as answer:
        text = answer.read()
    _, status = os.waitpid(child, 0)
    assert status == 0, text
    return json.loads(text)


def as_nobody(work: Callable[[], object]) -> object:
    """Return what `work` returns for an ordinary user: root may do anything and proves nothing."""

    def demoted() -> object:
        if os.geteuid() == 0:
            os.setgroups([])
            os.setgid(NOBODY)
            os.setuid(NOBODY)
        return work()

    return in_child(demoted)


def begin_child(work: Callable[[], object]) -> int:
    """Start a child that works until it is killed; returns its process id."""
    child = os.fork()
    if child == 0:
        try:
            work()
        finally:
            os._exit(0)
    return child


def small_disk(folder: Path) -> None:
    """Give this process, to be a child, a disk of 64 KiB at `folder`.

    Where only root may mount, no file of this process may grow beyond 16 KiB instead.
    """
    libc = ctypes.CDLL(None)
    if (
        hasattr(libc, "unshare")
        and libc.unshare(_PRIVATE_MOUNTS) == 0
        and libc.mount(b"none", b"/", None, _PRIVATE_RECURSIVE, None) == 0
        and libc.mount(b"tmpfs", os.fsencode(folder), b"tmpfs", 0, b"size=64k") == 0
    ):
        return
    resource.setrlimit(resource.RLIMIT_FSIZE, (16 * 1024, 16 * 1024))
