"""A whole configuration that waits for Envoy to be down, for what cannot change while it runs."""

import shutil
from collections.abc import Mapping
from pathlib import Path

from aigw.errors import CannotWrite
from aigw.state.files import private_folder, reason, write_atomically
from aigw.state.paths import GatewayPaths

_TAKEN = "taken"


def stage(paths: GatewayPaths, files: Mapping[str, str]) -> None:
    """Leave files, named as below `envoy/`, for the supervisor's next start of Envoy."""
    discard(paths)
    half = paths.staging / "half"
    for name, text in files.items():
        private_folder((half / name).parent)
        write_atomically(half / name, text, durable=False)
    try:
        half.rename(_whole(paths))
    except OSError as error:
        raise CannotWrite(f"`{half}` could not be renamed: {reason(error)}") from error


def promote(paths: GatewayPaths) -> None:
    """Put what was staged in the place of what is there; nothing when nothing was staged whole.

    Only the supervisor calls it, while commands may stage anew.
    """
    taken = paths.staging / _TAKEN
    shutil.rmtree(taken, ignore_errors=True)
    try:
        if not _whole(paths).exists():
            return
        _whole(paths).rename(taken)
        for file in sorted(taken.rglob("*.json")):
            file.replace(paths.envoy / file.relative_to(taken))
    except OSError as error:
        raise CannotWrite(f"`{taken}` could not be put in place: {reason(error)}") from error
    shutil.rmtree(taken, ignore_errors=True)


def discard(paths: GatewayPaths) -> None:
    """Forget what was staged, keys among it, and what a killed command left."""
    for left in paths.staging.iterdir():
        if left.is_file():
            left.unlink()
        elif left.name != _TAKEN:
            # The supervisor may take it meanwhile.
            shutil.rmtree(left, ignore_errors=True)


def _whole(paths: GatewayPaths) -> Path:
    return paths.staging / "whole"
