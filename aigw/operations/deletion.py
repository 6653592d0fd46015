"""Take a gateway away."""

import shutil
from contextlib import suppress
from pathlib import Path

from msgspec import Struct

from aigw.engines.choice import kept
from aigw.engines.voice import CUT
from aigw.errors import CannotWrite, DockerGone, DockerMissing
from aigw.operations.change import engine_of, held
from aigw.operations.world import World
from aigw.spec.gateway import EngineName
from aigw.state.files import abandoned, reason
from aigw.state.import_journal import CONFIG, journal_folder, kept_config, put, read_journal
from aigw.state.paths import GatewayPaths

STOP_SECONDS = 30.0
PRIVATE = 0o600


class Deleted(Struct, frozen=True, kw_only=True):
    """What of a gateway is gone, and what is still there."""

    gateway: str
    removed: tuple[str, ...]
    left: tuple[str, ...]


def delete(world: World, gateway: str, *, purge: bool) -> Deleted:
    """Stop a gateway and remove what we made; with `purge` also its spec, keys and logs.

    What is in its folder and not ours is left. Done again after a kill, it goes on.
    """
    paths = world.home.gateway(gateway)
    if not _there(paths):
        paths = world.home.existing(gateway)
    waiting = world.waiting(f"stopping gateway `{gateway}`")
    with held(world, paths), waiting:
        removed = _end(world, paths)
        if purge:
            _keys_back(world, paths)
        removed += _remove(paths.runtime, paths.envoy, *_run(paths, purge=purge))
        if purge:
            removed += _remove(paths.logs, paths.higress, paths.credentials, paths.spec)
            _remove(*abandoned(paths.credentials), *abandoned(paths.spec))
    if purge:
        _remove(paths.lock, paths.lock.with_name("lock.holder"))
        world.home.unlink(gateway)
        removed += _remove_empty(paths.folder)
    return Deleted(
        gateway=gateway,
        removed=tuple(removed),
        left=(str(paths.folder),) if paths.folder.exists() else (),
    )


def _keys_back(world: World, paths: GatewayPaths) -> None:
    """Give an old installation its keys back: with the gateway goes all that else has them."""
    journal, text = read_journal(paths), kept_config(paths)
    file = Path(journal.source) / CONFIG if journal is not None else None
    was = journal.config if journal is not None else None
    if file is None or was is None or text is None or not file.parent.is_dir():
        return
    if not file.exists() or file.read_bytes() != text.encode():
        put(file, text, was, mode=PRIVATE)
        world.note(
            f"`{file}` has its keys again, for you only; what it was made of is left as it is"
        )


def _run(paths: GatewayPaths, *, purge: bool) -> list[Path]:
    """Return what is known of runs; how it was before an import stays with spec and keys."""
    journal = journal_folder(paths)
    if purge or not journal.exists():
        return [paths.run]
    return [entry for entry in paths.run.iterdir() if entry != journal]


def _end(world: World, paths: GatewayPaths) -> list[str]:
    """Stop what runs, and remove what the engine made; say what that was."""
    engine = engine_of(world, paths)
    if not engine.stop(seconds=STOP_SECONDS):
        world.note(CUT)
    removed = list(engine.remove())
    chosen = kept(paths)
    if paths.higress_run.exists() and chosen and chosen.engine is not EngineName.HIGRESS:
        # Who was killed in a move away from it left its container.
        with suppress(DockerMissing, DockerGone):
            removed += world.engine(paths, EngineName.HIGRESS).remove()
    return removed


def _there(paths: GatewayPaths) -> bool:
    """Say whether anything of a gateway is left, though it may not be one any more."""
    return any(path.exists() for path in (paths.credentials, paths.lock, paths.logs))


def _remove(*paths: Path) -> list[str]:
    """Remove files and folders, and say which there were; raises CannotWrite."""
    there = [path for path in paths if path.exists()]
    for path in there:
        try:
            if path.is_dir():
                shutil.rmtree(path)
            else:
                path.unlink(missing_ok=True)
        except OSError as error:
            raise CannotWrite(f"`{path}` could not be removed: {reason(error)}") from error
    return list(map(str, there))


def _remove_empty(folder: Path) -> list[str]:
    """Remove a folder that holds nothing; what is not ours is left in it."""
    if folder.exists() and not any(folder.iterdir()):
        folder.rmdir()
    return [] if folder.exists() else [str(folder)]
