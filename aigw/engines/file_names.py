"""The files that Envoy reads, by their names below the folder `envoy/`."""

from collections.abc import Mapping
from pathlib import PurePosixPath
from typing import Final

BOOTSTRAP: Final = "bootstrap.json"
LISTENERS: Final = "xds/lds/lds.json"
CLUSTERS: Final = "xds/cds/cds.json"
ROUTES: Final = "xds/rds/rds.json"
FIXED: Final = (BOOTSTRAP, LISTENERS)
"""What Envoy must be restarted for."""

SECRETS: Final = "xds/sds/"
_TITLES = {BOOTSTRAP: "bootstrap", LISTENERS: "listener", CLUSTERS: "providers", ROUTES: "routes"}

Files = Mapping[str, str]


def subscription(name: str) -> str:
    """Return the name under which Envoy counts what it takes from a file."""
    if name == LISTENERS:
        return "listener_manager.lds"
    if name == CLUSTERS:
        return "cluster_manager.cds"
    if name == ROUTES:
        return "http.gateway.rds.gateway"
    return f"sds.key.{PurePosixPath(name).stem}"


def title(name: str) -> str:
    """Name a file for a person."""
    return _TITLES.get(name) or f"key {PurePosixPath(name).stem}"


def is_secret(name: str) -> bool:
    """Say whether a key is in that file."""
    return name.startswith(SECRETS)
