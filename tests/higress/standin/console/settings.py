"""The console's own ConfigMap."""

from typing import Any

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

    def set(self, key: str, value: str) -> None:
        """Write one key, a version of its own; what holds the value already is left alone."""
        found = self._kube.find("configmaps", CONFIG_MAP)
        config: Object = found or {"metadata": {"name": CONFIG_MAP}}
        data = config.get("data") or {}
        if data.get(key) == value:
            return
        body = {"apiVersion": "v1", "kind": "ConfigMap", **config, "data": {**data, key: value}}
        (self._kube.replace if found else self._kube.create)("configmaps", body)
