"""The console's own ConfigMap."""

from typing import Any

from . import writes
from .kube import Kube, Object

CONFIG_MAP = "higress-console"
INITIALIZED = "system.initialized"
BOOLEANS = {INITIALIZED, "route.default.initialized", "dashboard.builtin"}


class Settings:
    """Reads and writes the keys of `configmaps/higress-console`."""

    def __init__(self, kube: Kube) -> None:
        """Hold the API server's client."""
        self._kube = kube

    def all(self) -> dict[str, Any]:
        """Give every key with the booleans as booleans."""
        found = self._kube.find("configmaps", CONFIG_MAP) or {}
        data: dict[str, str] = found.get("data") or {}
        return {key: value == "true" if key in BOOLEANS else value for key, value in data.items()}

    def write(self, values: dict[str, str]) -> None:
        """Write keys, which is one version more even when they hold the values already."""
        found = self._kube.find("configmaps", CONFIG_MAP)
        config: Object = found or {"metadata": {"name": CONFIG_MAP}}
        body = {**config, "data": {**(config.get("data") or {}), **values}}
        (writes.replace if found else writes.create)(self._kube, "configmaps", body)
