"""What an import finds: an old installation, read and understood, and nothing changed."""

import os
from pathlib import Path
from typing import TYPE_CHECKING

from msgspec import Struct
from msgspec.structs import replace

from aigw.errors import BadUsage, Problem, SpecInvalid
from aigw.operations.importing_container import (
    Docker,
    Looked,
    environment,
    files,
    find_again,
    image,
    look_for,
    published,
)
from aigw.operations.importing_sound import sound
from aigw.operations.world import World
from aigw.spec.gateway import EngineName
from aigw.spec.legacy import Installation, Meaning, meaning
from aigw.spec.legacy_env import EnvFile, env_file
from aigw.state.files import absolute, reason
from aigw.state.import_journal import CONFIG, Journal, kept_config, read_journal
from aigw.state.paths import GatewayPaths
from aigw.state.secrets import key_problem
from aigw.state.store_reading import KINDS, Store, Unreadable, read_limited, read_store, store_of

if TYPE_CHECKING:  # needed only where Docker answers
    from aigw.clients.containers import ContainerSeen

SIGNS = (CONFIG, "wasmplugins", "mcpbridges")
OWN = "gateway.yaml"

Notes = tuple[str, ...]


class ImportWanted(Struct, frozen=True, kw_only=True):
    """What is to be imported; `container` is empty for the script's own name."""

    folder: Path
    container: str = ""
    engine: EngineName = EngineName.HIGRESS


class Found(Struct, frozen=True, kw_only=True):
    """An old installation; `config` is its `default.cfg`, `journal` says if it was begun before.

    `notes` is what the person should know about its container.
    """

    folder: Path
    meaning: Meaning
    store: Store
    config: str | None
    container: "ContainerSeen | None"
    notes: Notes
    journal: Journal | None


def find(world: World, gateway: str, wanted: ImportWanted, docker: Docker) -> Found:
    """Read an old installation for a gateway.

    Raises BadUsage for a folder that is none or was taken over already, and for a gateway that is
    another one's; SpecInvalid for files that may not be read.
    """
    folder = source_folder(world, wanted.folder)
    paths = world.home.gateway(gateway)
    journal = read_journal(paths)
    _refuse_taken(world, paths, folder, journal)
    looked = _looked(wanted, docker, folder, journal)
    store = _store(folder, docker, looked)
    config = _config(folder, paths if journal else None)
    env, notes = _variables(docker, config, looked)
    understood = meaning(
        Installation(
            trees=store.trees,
            env=env,
            published=published(looked.container),
            doubles=store.doubles,
            bad=(*store.bad, *config.bad),
        ),
        engine=wanted.engine,
        wrong=key_problem,
    )
    understood = sound(understood, store)
    spec = replace(understood.spec, image=image(looked.container))
    return Found(
        folder=folder,
        meaning=replace(understood, spec=spec),
        store=store,
        config=config.text,
        container=looked.container,
        notes=notes,
        journal=journal,
    )


def _variables(docker: Docker, config: "_Config", looked: Looked) -> tuple[EnvFile, Notes]:
    """Return what `default.cfg` says, or said when the container was made where it is lost."""
    if config.text is not None:
        return env_file(config.text), looked.notes
    if looked.container is None:
        return EnvFile(), looked.notes
    said = f"what `{CONFIG}` said is taken from container `{looked.container.name}`"
    return environment(docker, looked.container), (*looked.notes, said)


def _looked(wanted: ImportWanted, docker: Docker, folder: Path, journal: Journal | None) -> Looked:
    """Look for the old container; once an import was begun with one it is that."""
    if journal is None or journal.container is None:
        return look_for(docker, folder, wanted.container)
    return Looked(container=find_again(docker, journal.container))


def source_folder(world: World, named: Path) -> Path:
    """Return the folder without links; raises BadUsage where the script left nothing in it."""
    folder = absolute(named)
    try:
        folder = folder.resolve(strict=True)
        there = {entry.name for entry in folder.iterdir()}
    except (OSError, RuntimeError) as error:
        words = reason(error) if isinstance(error, OSError) else "its links lead in a circle"
        raise BadUsage(f"`{named}` cannot be imported: {words}") from error
    for name in world.home.names():
        own = world.home.gateway(name).folder
        if folder == own or own in folder.parents:
            raise BadUsage(f"`{named}` is the data folder of gateway `{name}`", hint="aigw list")
    if OWN in there:
        raise BadUsage(f"`{named}` is a data folder of aigw", hint="aigw start --data-folder DIR")
    if not there.intersection(SIGNS):
        below = folder / "higress"
        near = any((below / sign).exists() for sign in SIGNS)
        words = f"; `{below}` is such a folder" if near else ""
        hint = f"aigw import {below} --dry-run" if near else ""
        wrong = f"`{named}` holds nothing that get-ai-gateway.sh leaves{words}"
        raise BadUsage(wrong, hint=hint)
    return folder


class _Config(Struct, frozen=True, kw_only=True):
    """A `default.cfg`: its text, or why there is none."""

    text: str | None = None
    bad: tuple[tuple[str, str], ...] = ()


def _config(folder: Path, begun: GatewayPaths | None) -> _Config:
    """Read `default.cfg`: as it was, where an import that was begun has taken its keys out."""
    kept = kept_config(begun) if begun is not None else None
    if kept is not None:
        return _Config(text=kept)
    file = folder / CONFIG
    if not file.exists():
        return _Config()
    try:
        return _Config(text=read_limited(file).decode())
    except UnicodeDecodeError:
        return _Config(bad=((CONFIG, "it is not UTF-8, and Docker does not take it"),))
    except Unreadable as error:
        if error.denied:
            raise _denied(folder, (CONFIG,)) from error
        return _Config(bad=((CONFIG, error.why),))


def _store(folder: Path, docker: Docker, looked: Looked) -> Store:
    """Read the store; through its container where root closed a part of it to others."""
    try:
        try:
            store = read_store(folder)
            denied = store.denied
        except Unreadable as error:
            if not error.denied:
                raise
            denied = (error.why,)
        if denied and looked.container is not None:
            there = [kind for kind in KINDS if (folder / kind).is_dir()]
            return store_of(files(docker, looked.container, there))
    except Unreadable as error:
        raise SpecInvalid(str(folder), [Problem(path="", message=error.why)]) from error
    if denied:
        raise _denied(folder, denied)
    return store


def _denied(folder: Path, names: tuple[str, ...]) -> SpecInvalid:
    """Say what to do about files of root's, which `docker cp` leaves behind."""
    problems = [Problem(path=name, message="you may not read it") for name in names]
    hint = f'sudo chown -R "$(id -un)" {os.fspath(folder)!r}'
    return SpecInvalid(str(folder), problems, hint=hint)


def _refuse_taken(world: World, paths: GatewayPaths, folder: Path, journal: Journal | None) -> None:
    """Raise BadUsage where the gateway is another one, or the folder another gateway's."""
    source = os.fspath(folder)
    if journal is not None and journal.source != source:
        raise BadUsage(
            f"gateway `{paths.name}` was imported from `{journal.source}`",
            hint="aigw import DIR --gateway OTHER-NAME",
        )
    if journal is None and is_occupied(paths):
        raise BadUsage(
            f"there is a gateway `{paths.name}` already; name another one for what is imported",
            hint="aigw import DIR --gateway OTHER-NAME",
        )
    for name in world.home.names():
        other = read_journal(world.home.gateway(name)) if name != paths.name else None
        if other is not None and other.source == source:
            hint = f"aigw import DIR --gateway {name} --undo"
            raise BadUsage(f"`{source}` was taken over by gateway `{name}`", hint=hint)


def is_occupied(paths: GatewayPaths) -> bool:
    """Say whether a gateway is more than what a killed import left before it had begun."""
    left = [entry.name for entry in paths.run.iterdir()] if paths.run.is_dir() else []
    return paths.spec.is_file() or paths.credentials.is_file() or bool(set(left) - {"import"})
