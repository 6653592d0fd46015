"""What the container reads from its environment."""

import os
from pathlib import Path

from .ports import CONSOLE


def port(variable: str, default: int) -> int:
    """Read a port; what is none is silently the default."""
    text = os.environ.get(variable, "")
    return int(text) if text.isdecimal() and 0 < int(text) < 65536 else default


def console_port() -> int:
    """Where the console listens."""
    return port("CONSOLE_PORT", CONSOLE)


def mode() -> str:
    """Which half runs: `gateway`, `console`, or `full` for anything else."""
    told = os.environ.get("MODE", "")
    return told if told in {"gateway", "console"} else "full"


def concurrency() -> int:
    """How many worker threads Envoy has."""
    told = os.environ.get("GATEWAY_CONCURRENCY", "")
    return int(told) if told.isdecimal() and int(told) > 0 else 16


def mesh_file() -> Path:
    """Where the mesh settings are put at boot, and read from until the next."""
    return Path("/etc/istio/config/mesh")


def plugin_versions() -> tuple[str, ...]:
    """Which versions of each plugin the image holds: `STANDIN_PLUGIN_VERSIONS`."""
    told = os.environ.get("STANDIN_PLUGIN_VERSIONS", "1.0.0,2.0.1")
    return tuple(version.strip() for version in told.split(",") if version.strip())
