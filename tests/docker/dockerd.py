"""A Docker engine of a test's own, with a disk and a network of its own, that may be killed.

The network is no luxury: with `--bridge=none` an engine removes `docker0`, whoever's it is.
"""

import ctypes
import fcntl
import os
import socket
import struct
import subprocess
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

import psutil

from aigw.clients.docker_hosts import DockerHost, find
from aigw.errors import DockerMissing

T = TypeVar("T")

_START_SECONDS = 30.0
_NETWORK = 0x40000000  # CLONE_NEWNET, sched.h
_SET_FLAGS, _UP = 0x8914, 0x1  # SIOCSIFFLAGS, IFF_UP


@dataclass(frozen=True, kw_only=True)
class Dockerd:
    """A running engine; `kill` ends it and what it started, as a power cut would."""

    host: DockerHost
    process: "subprocess.Popen[bytes]"

    def inside(self, work: Callable[[], T]) -> T:
        """Do something in its network; sockets that are made there stay there."""
        with ThreadPoolExecutor(1) as thread:
            return thread.submit(self._enter, work).result()

    def _enter(self, work: Callable[[], T]) -> T:
        with Path(f"/proc/{self.process.pid}/ns/net").open("rb") as network:
            assert ctypes.CDLL(None).setns(network.fileno(), _NETWORK) == 0
        with socket.socket() as any_socket:  # netdevice(7)
            fcntl.ioctl(any_socket, _SET_FLAGS, struct.pack("16sh14x", b"lo", _UP))
        return work()

    def kill(self) -> None:
        """End it at once."""
        there = psutil.Process(self.process.pid)
        every = [there, *there.children(recursive=True)]
        for one in every:
            one.kill()
        self.process.wait(10)
        psutil.wait_procs(every[1:], timeout=10)


@contextmanager
def dockerd(folder: Path, *, megabytes: int) -> Iterator[Dockerd]:
    """Run an engine without networks on a disk of that size while the block runs; needs root."""
    data = folder / "data"
    data.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={megabytes}m", "tmpfs", data], check=True)
    command = (
        "unshare",  # without a bridge of its own dockerd deletes docker0, which is not its own
        "--net",
        "dockerd",
        f"--data-root={data}",
        f"--exec-root={folder}/exec",
        f"--pidfile={folder}/pid",
        f"--host=unix://{folder}/d.sock",
        "--storage-driver=vfs",
        "--bridge=none",
        "--iptables=false",
        "--ip-forward=false",
        "--ip-masq=false",
    )
    try:
        with (folder / "log").open("wb") as log:
            process = subprocess.Popen(command, stdout=log, stderr=log)
        made = Dockerd(host=_host(folder, process), process=process)
        try:
            yield made
        finally:
            if process.poll() is None:
                made.kill()
    finally:
        subprocess.run(["umount", "--lazy", data], check=True)


def _host(folder: Path, process: "subprocess.Popen[bytes]") -> DockerHost:
    deadline = time.monotonic() + _START_SECONDS
    while True:
        try:
            return find({"DOCKER_HOST": f"unix://{folder}/d.sock"}, folder)
        except DockerMissing:
            said = (folder / "log").read_text(errors="replace")[-2000:]
            assert process.poll() is None, said
            assert time.monotonic() < deadline, said
            time.sleep(0.05)


def possible() -> bool:
    """Say whether this user may run one."""
    return os.geteuid() == 0
