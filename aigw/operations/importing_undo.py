"""An import taken back: the old folder byte for byte, the old container, and nothing of ours."""

import os
from contextlib import suppress
from pathlib import Path

from msgspec import Struct

from aigw.engines.choice import kept
from aigw.errors import BadUsage, CannotWrite
from aigw.operations.change import engine_of, held
from aigw.operations.deletion import STOP_SECONDS, delete
from aigw.operations.importing_container import Docker, bring_back
from aigw.operations.importing_files import hashes
from aigw.operations.world import World
from aigw.state.files import absolute, reason
from aigw.state.import_journal import (
    CONFIG,
    Journal,
    kept_config,
    read_journal,
    remove_journal,
    restore,
)
from aigw.state.paths import GatewayPaths


class Undone(Struct, frozen=True, kw_only=True):
    """An import is taken back; `left` is where changes made since are kept.

    `container` is the old one, None where there was none; `running` says that it runs again.
    """

    gateway: str
    source: str
    state: str
    container: str | None
    running: bool
    left: tuple[str, ...]


def undo(world: World, gateway: str, folder: Path, docker: Docker) -> Undone:
    """Take an import back; a gateway that was changed since is stopped and stays.

    Raises BadUsage where nothing was imported from the folder.
    """
    paths = world.home.gateway(gateway)
    journal = read_journal(paths)
    source = os.path.realpath(absolute(folder))
    if journal is None or journal.source != source:
        raise BadUsage(f"nothing of `{folder}` was imported into gateway `{gateway}`")
    if not Path(source).is_dir():
        raise BadUsage(f"`{folder}` is gone: there is nothing to give back")
    changed = bool(journal.written) and hashes(paths) != journal.written
    back = take_back(world, paths, docker, purge=not changed)
    container = journal.container if back else None
    return Undone(
        gateway=gateway,
        source=source,
        state="undone",
        container=container.name if container is not None else None,
        running=container is not None and container.ran,
        left=(os.fspath(paths.folder),) if changed else (),
    )


def take_back(world: World, paths: GatewayPaths, docker: Docker, *, purge: bool) -> bool:
    """Make everything be as before; with `purge` nothing of the gateway stays.

    Done again after a kill it goes on. Says whether the old container is there.
    """
    with held(world, paths):
        journal = read_journal(paths)
        if kept(paths) is not None:
            engine = engine_of(world, paths)
            engine.stop(seconds=STOP_SECONDS)
            engine.remove()
        back = _give_back(world, paths, docker, journal) if journal is not None else False
        if purge:
            _unlink(paths.spec, paths.credentials)
        else:
            remove_journal(paths)
    if purge:
        delete(world, paths.name, purge=True)
    return back


def _give_back(world: World, paths: GatewayPaths, docker: Docker, journal: Journal) -> bool:
    """Put folder, `default.cfg` and container back."""
    folder = Path(journal.source)
    text = kept_config(paths)
    if journal.config is not None and text is not None:
        restore(folder / CONFIG, journal.config, text)
    restore(folder, journal.folder)
    if journal.container is None:
        return False
    return bring_back(world, docker, journal.container)


def _unlink(*files: Path) -> None:
    for file in files:
        try:
            with suppress(FileNotFoundError):
                file.unlink()
        except OSError as error:
            raise CannotWrite(f"`{file}` could not be removed: {reason(error)}") from error
