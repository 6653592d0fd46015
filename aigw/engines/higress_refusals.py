"""What Envoy has refused of a gateway's configuration: told while it counts, then forgotten."""

import json
import time
from collections.abc import Mapping
from contextlib import suppress

from aigw.engines.higress_admin import Admin
from aigw.engines.higress_store import Store
from aigw.errors import AigwError
from aigw.state.files import write_atomically
from aigw.state.paths import GatewayPaths

OF_PLUGINS = "extension_config_discovery."
"""Is in the names of counters that are of plugins."""

_ACCEPT_SECONDS = 5.0
_POLL_SECONDS = 0.1


class Refusals:
    """Envoy's counters of refusals, and what they were when all was well last."""

    def __init__(self, paths: GatewayPaths, admin: Admin, store: Store) -> None:
        self._file = paths.higress_run / "refusals.json"
        self._admin = admin
        self._store = store

    def still(self) -> str:
        """Name a refusal since all was well last; empty where the store is in force nevertheless.

        Its counter only rises: that something else was taken later shows in what is in force.
        """
        known = self._known()
        counts = self._admin.refusals()
        risen = [name for name, count in counts.items() if count > known.get(name, 0)]
        others = [name for name in risen if OF_PLUGINS not in name]
        if others or not risen:
            return next(iter(others), "")
        return risen[0] if self._admin.in_force().lacks(self._store.plugin_texts()) else ""

    def keep(self, counts: Mapping[str, int]) -> None:
        """Keep the counters: all is well now. Raises CannotWrite."""
        write_atomically(self._file, json.dumps(counts), durable=False)

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
                    self.keep({**self._known(), **{name: counts.get(name, 0) for name in risen}})
                    return
                time.sleep(_POLL_SECONDS)

    def _known(self) -> Mapping[str, int]:
        """Return how often configurations had been refused when all was well last."""
        with suppress(OSError, ValueError):
            tree: Mapping[str, int] = json.loads(self._file.read_text(encoding="utf-8"))
            return tree
        return {}
