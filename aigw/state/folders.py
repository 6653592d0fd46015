"""Folders that gateways may have: the platform's, or one that holds nothing else."""

from pathlib import Path

from aigw.errors import BadUsage, CannotWrite, NotOurs
from aigw.state.files import reason

OURS = frozenset(
    {"gateway.yaml", "credentials.yaml", "lock", "run", "logs", "envoy", "higress", "usage.sqlite"}
)


def refuse_foreign(folder: Path) -> None:
    """Leave folders alone that hold something else: making them 0700 would lock others out."""
    try:
        found = {entry.name for entry in folder.iterdir()}
    except FileNotFoundError:
        return
    except OSError as error:
        raise CannotWrite(f"`{folder}` cannot be used: {reason(error)}") from error
    foreign = sorted(found - OURS)
    if foreign and "gateway.yaml" not in found:
        raise NotOurs(
            f"`{folder}` holds other things (`{foreign[0]}`); name an empty or a new folder"
        )


def platform_folder() -> Path:
    """Return where this platform keeps the data of `aigw`; raises BadUsage for a homeless user."""
    from platformdirs import user_data_path  # late: needed only without AIGW_HOME

    folder = user_data_path("aigw")
    if not folder.is_absolute():
        raise BadUsage("this user has no home folder: set AIGW_HOME to a folder for gateways")
    return folder
