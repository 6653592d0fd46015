"""What Envoy has refused of a gateway's configuration: told while it counts, then forgotten."""

import time
from collections.abc import Mapping
from contextlib import suppress

import msgspec
from msgspec import Struct

from aigw.clients.containers import Attended
from aigw.engines.higress_admin import Admin
from aigw.engines.higress_store import Store
from aigw.errors import AigwError
from aigw.state.files import write_atomically
from aigw.state.paths import GatewayPaths

OF_PLUGINS = "extension_config_discovery."
"""Is in the names of counters that are of plugins."""

_ACCEPT_SECONDS = 5.0
_POLL_SECONDS = 0.1


class _Kept(Struct, frozen=True, kw_only=True):
    """What is kept in a file: counters, and the start of the container that they belong to."""

    started: str = ""
    counts: dict[str, int] = {}


class Refusals:
    """Envoy's counters of refusals, and what they were when all was well last.

    An Envoy that has just begun counts from 0: what an earlier one had counted says nothing then.
    """

    def __init__(self, paths: GatewayPaths, docker: Attended, admin: Admin, store: Store) -> None:
        self._file = paths.higress_run / "refusals.json"
        self._name = paths.name
        self._docker = docker
        self._admin = admin
        self._store = store

    def still(self) -> str:
        """Name a refusal since all was well last; empty where the store is in force nevertheless.

        Its counter only rises: that something else was taken later shows in what is in force.
        """
        counts = self._admin.refusals()
        known = self._known(counts)
        risen = [name for name, count in counts.items() if count > known.get(name, 0)]
        others = [name for name in risen if OF_PLUGINS not in name]
        if others or not risen:
            return next(iter(others), "")
        return risen[0] if self._admin.in_force().lacks(self._store.plugin_texts()) else ""

    def keep(self, counts: Mapping[str, int]) -> None:
        """Keep the counters: all is well now. Raises CannotWrite, DockerGone or DockerRefused."""
        kept = _Kept(started=self._started() if counts else "", counts=dict(counts))
        write_atomically(self._file, msgspec.json.encode(kept).decode(), durable=False)

    def since(self, before: Mapping[str, int]) -> Mapping[str, int]:
        """Name the counters that have risen, each with how often such was accepted until now.

        Those of plugins do not count: what they have in force tells by itself.
        """
        with suppress(AigwError):
            counts, accepted = self._admin.refusals(), self._admin.accepted()
            return {
                name: accepted.get(name, 0)
                for name, count in counts.items()
                if count > before.get(name, 0) and OF_PLUGINS not in name
            }
        return {}

    def forget(self, risen: Mapping[str, int]) -> None:
        """Let them be well once Envoy accepts such again, which is what was taken back.

        Where it does not, somebody else's is refused as well, and that is told on.
        """
        deadline = time.monotonic() + _ACCEPT_SECONDS
        with suppress(AigwError):
            while risen and time.monotonic() < deadline:
                accepted = self._admin.accepted()
                if all(accepted.get(name, 0) > count for name, count in risen.items()):
                    counts = self._admin.refusals()
                    well = {name: counts.get(name, 0) for name in risen}
                    self.keep({**self._known(counts), **well})
                    return
                time.sleep(_POLL_SECONDS)

    def _known(self, counts: Mapping[str, int]) -> Mapping[str, int]:
        """Return how often this Envoy, which counts so now, had refused when all was well last."""
        with suppress(OSError, ValueError):
            kept = msgspec.json.decode(self._file.read_bytes(), type=_Kept)
            if counts and kept.started == self._started():
                # More than now: Envoy alone was started anew, in a container that went on.
                return {
                    name: count
                    for name, count in kept.counts.items()
                    if count <= counts.get(name, 0)
                }
        return {}

    def _started(self) -> str:
        """Say when the container was started."""
        container = self._docker.container(self._name)
        return str(container.started) if container else ""
