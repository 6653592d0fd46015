"""Ask and tell a running Envoy through its admin socket; nothing here returns a secret."""

import json
import socket
import struct
import sys
from collections.abc import Mapping
from contextlib import closing
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from typing import Final
from urllib.parse import quote

from msgspec import Struct

from aigw.clients.process import Identity, identify
from aigw.errors import NotReady

ANSWER_SECONDS: Final = 3.0
_SUBSCRIPTION = r"\.(version_text|update_rejected)$"
_UNFINISHED = r"^http\..*\.downstream_(rq_active|cx_tx_bytes_buffered)$"
_LISTENERS = r"^listener_manager\."
# sys/un.h of macOS; Linux has SO_PEERCRED instead.
_SOL_LOCAL, _LOCAL_PEERPID = 0, 2


class UnixConnection(HTTPConnection):
    """HTTP over a unix socket."""

    def __init__(self, path: Path, *, seconds: float) -> None:
        super().__init__("localhost", timeout=seconds)
        self._path = path

    def connect(self) -> None:
        """Connect to the socket file."""
        self.sock = _connected(self._path, self.timeout)


class Subscription(Struct, frozen=True, kw_only=True):
    """How one file of resources was taken: the version in force, and how often one was refused."""

    version: str
    rejected: int


class Listeners(Struct, frozen=True, kw_only=True):
    """How many listeners there are, and how many of them take connections."""

    active: int
    refused: int


class EnvoyAdmin:
    """One Envoy's admin interface. Every method but `process` raises NotReady when it is silent."""

    def __init__(self, path: Path, *, seconds: float = ANSWER_SECONDS) -> None:
        self._path = path
        self._seconds = seconds

    def process(self) -> Identity | None:
        """Return the process that listens on the socket; None when nobody does."""
        try:
            with closing(_connected(self._path, self._seconds)) as connection:
                return identify(_peer(connection))
        except OSError:
            return None

    def ready(self) -> bool:
        """Say whether Envoy has finished starting; it says so without a listener, too."""
        return self._ask("GET", "/ready").startswith("LIVE")

    def uptime(self) -> int:
        """Return the seconds since this process started."""
        info = json.loads(self._ask("GET", "/server_info"))
        return int(str(info["uptime_current_epoch"]).removesuffix("s"))

    def listeners(self) -> Listeners:
        """Count the listeners."""
        values = self._stats(_LISTENERS)

        def count(name: str) -> int:
            return int(str(values.get(f"listener_manager.{name}", 0)))

        active = count("total_listeners_active") - count("listener_stopped")
        return Listeners(active=active, refused=count("listener_create_failure"))

    def subscriptions(self) -> Mapping[str, Subscription]:
        """Return what is in force, by `cluster_manager.cds`, `http.PREFIX.rds.NAME`, `sds.NAME`."""
        values = self._stats(_SUBSCRIPTION)
        names = {name.rpartition(".")[0] for name in values}
        return {
            name: Subscription(
                version=str(values.get(f"{name}.version_text", "")),
                rejected=int(str(values.get(f"{name}.update_rejected", 0))),
            )
            for name in names
        }

    def unfinished(self) -> bool:
        """Say whether a client still waits for an answer, or for bytes of one that we hold."""
        return any(
            int(str(value))
            for name, value in self._stats(_UNFINISHED).items()
            if not name.startswith("http.admin.")
        )

    def drain_listeners(self) -> None:
        """Take no more connections; running requests go on, and idle connections are closed."""
        self._ask("POST", "/drain_listeners")

    def reopen_logs(self) -> None:
        """Go on in new log files, after the old ones were renamed."""
        self._ask("POST", "/reopen_logs")

    def _stats(self, pattern: str) -> dict[str, object]:
        text = self._ask("GET", f"/stats?format=json&filter={quote(pattern, safe='')}")
        return {stat["name"]: stat["value"] for stat in json.loads(text)["stats"] if "name" in stat}

    def _ask(self, method: str, target: str) -> str:
        try:
            with closing(UnixConnection(self._path, seconds=self._seconds)) as connection:
                connection.request(method, target)
                answer = connection.getresponse()
                text = answer.read().decode()
        except (OSError, HTTPException) as error:
            raise NotReady(f"Envoy does not answer on `{self._path}`: {error}") from error
        return text


def _connected(path: Path, seconds: float | None) -> socket.socket:
    connection = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    connection.settimeout(seconds)
    try:
        connection.connect(str(path))
    except OSError:
        connection.close()
        raise
    return connection


def _peer(connection: socket.socket) -> int:
    """Return the pid that listens at the other end."""
    if sys.platform == "darwin":
        return connection.getsockopt(_SOL_LOCAL, _LOCAL_PEERPID)
    packed = connection.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, struct.calcsize("3i"))
    return int(struct.unpack("3i", packed)[0])
