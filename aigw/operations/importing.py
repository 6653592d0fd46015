"""Taking over what get-ai-gateway.sh left: its folder, its keys, its container."""

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from msgspec import Struct
from msgspec.structs import replace

from aigw.errors import AigwError, BadUsage, CannotWrite, Problem, SpecInvalid
from aigw.operations import lifecycle
from aigw.operations.change import LOCK_SECONDS, held
from aigw.operations.draft import Draft, edited, keep, read
from aigw.operations.importing_container import Docker, as_it_was, bring_back, put_aside
from aigw.operations.importing_files import copy_kept, hashes, kept_files, make_private
from aigw.operations.importing_reading import Found, ImportWanted, find, is_occupied
from aigw.operations.importing_undo import take_back
from aigw.operations.shown import base_url
from aigw.operations.start_edit import StartWanted
from aigw.operations.world import World
from aigw.spec.legacy_report import Finding
from aigw.state.files import locked, private_folder
from aigw.state.import_journal import (
    CONFIG,
    FileBefore,
    Journal,
    before,
    keep_config,
    remove_journal,
    write_journal,
)
from aigw.state.paths import GatewayPaths

PLANNED, DONE, ALREADY = "planned", "imported", "already imported"


class Imported(Struct, frozen=True, kw_only=True):
    """What an import takes over, or took; no key is in it.

    `state` is `planned`, `imported` or `already imported`; `url` is where clients find
    it, as before; `container` is the old one, `aside` the name that it has now (None where there
    is none); `started` says that ours serves in its place.
    """

    gateway: str
    source: str
    state: str
    taken: tuple[str, ...]
    rules: int
    corrected: tuple[Mapping[str, str], ...]
    dropped: tuple[Finding, ...]
    refused: tuple[Finding, ...]
    kept: tuple[Finding, ...]
    url: str
    container: str | None
    aside: str | None
    started: bool


def look_at(world: World, gateway: str, wanted: ImportWanted, docker: Docker) -> Imported:
    """Say what an import would do; nothing is changed. Raises as `take_over` does."""
    found = find(world, gateway, wanted, docker)
    for note in found.notes:
        world.note(note)
    _draft(Draft(spec=found.meaning.spec, keys={}), found)
    return _report(gateway, found, ALREADY if _is_done(found) else PLANNED)


def take_over(world: World, gateway: str, wanted: ImportWanted, docker: Docker) -> Imported:
    """Take an old installation over; what was taken over already stays as it is.

    Where its container runs, ours serves on its ports when this returns. Raises BadUsage for a
    folder or a gateway that cannot be, SpecInvalid for files that may not be read, and what
    `start` raises; then all is as before.
    """
    with _alone(world):
        found = find(world, gateway, wanted, docker)
        if _is_done(found):
            return _report(gateway, found, ALREADY)
        if found.journal is not None and found.journal.starting:
            started = _start(world, gateway, found.journal)
            return replace(_report(gateway, found, DONE), started=started)
        if found.journal is not None and found.journal.done:
            return _with_container(world, gateway, found, docker)
        _refuse_loss(found)
        _draft(Draft(spec=found.meaning.spec, keys={}), found)
        paths, journal = _claimed(world, gateway, found)
        try:
            with held(world, paths):
                journal = _take(world, found, docker, paths=paths, journal=journal)
            started = _start(world, gateway, journal)
        except AigwError as error:
            _take_back(world, paths, docker, error)
            raise
    return replace(_report(gateway, found, DONE), started=started)


def _with_container(world: World, gateway: str, found: Found, docker: Docker) -> Imported:
    """Put a container aside that an earlier import did not find; ours serves where it did."""
    paths, was, container = world.home.gateway(gateway), found.journal, found.container
    assert was is not None
    assert container is not None
    aside = as_it_was(container)
    journal = replace(was, container=aside, starting=aside.ran)
    with held(world, paths):
        write_journal(paths, journal)
        put_aside(docker, aside)
    try:
        started = _start(world, gateway, journal)
    except AigwError:
        with held(world, paths):
            bring_back(world, docker, aside)
            write_journal(paths, was)
        raise
    return replace(_report(gateway, replace(found, journal=journal), DONE), started=started)


@contextmanager
def _alone(world: World) -> Iterator[None]:
    """Let one import at a time work in this home, whatever its gateway: a folder has one taker."""
    lock = private_folder(world.home.folder) / "import.lock"
    with locked(lock, timeout=LOCK_SECONDS):
        yield


def _claimed(world: World, gateway: str, found: Found) -> tuple[GatewayPaths, Journal]:
    """Make the gateway's folder with the journal in it; from then on all of it is the import's."""
    paths = world.home.prepare(gateway)
    journal = _begun(found)
    with held(world, paths):
        if found.journal is None and is_occupied(paths):
            raise BadUsage(f"another command made gateway `{gateway}` meanwhile", hint="aigw list")
        try:
            write_journal(paths, journal)
        except CannotWrite:
            remove_journal(paths)
            raise
    return paths, journal


def _take(
    world: World, found: Found, docker: Docker, *, paths: GatewayPaths, journal: Journal
) -> Journal:
    """Do it, in such an order that a kill in between leaves what can be gone on with or undone."""
    files = kept_files(found)
    if found.config is not None:
        keep_config(paths, found.config)
    was = read(paths, world.note)
    keep(paths, was, _draft(was, found))
    copy_kept(paths, files)
    if journal.container is not None:
        with world.waiting(f"stopping container `{journal.container.name}`"):
            put_aside(docker, journal.container)
    make_private(world, found, journal)
    ran = journal.container is not None and journal.container.ran
    done = replace(journal, done=True, starting=ran, written=hashes(paths))
    write_journal(paths, done)
    return done


def _take_back(world: World, paths: GatewayPaths, docker: Docker, error: AigwError) -> None:
    """Make everything be as before, and say in the error whether that went well."""
    try:
        take_back(world, paths, docker, purge=True)
    except AigwError as second:
        error.message = f"{error.message}; and it could not be taken back: {second.message}"
        error.hint = "aigw import DIR --undo"
    else:
        error.message = f"{error.message}; everything is as before"


def _begun(found: Found) -> Journal:
    """Return the journal of an import that was begun, or a new one."""
    if found.journal is not None:
        return found.journal
    folder = before(found.folder)
    return Journal(
        source=os.fspath(found.folder),
        folder=folder or FileBefore(mode=0o755, owner=0, group=0, modified=0),
        config=before(found.folder / CONFIG),
        container=as_it_was(found.container) if found.container is not None else None,
    )


def _draft(was: Draft, found: Found) -> Draft:
    """Return what the gateway is to be, checked; raises BadUsage."""
    wanted = Draft(spec=found.meaning.spec, keys=found.meaning.keys)
    return edited(was, lambda _: wanted)


def _start(world: World, gateway: str, journal: Journal) -> bool:
    """Serve on the ports of a container that ran; one that did not leaves us stopped, too."""
    if not journal.starting:
        return False
    lifecycle.start(world, gateway, StartWanted(), lifecycle.How())
    write_journal(world.home.gateway(gateway), replace(journal, starting=False))
    return True


def _refuse_loss(found: Found) -> None:
    """Raise SpecInvalid where something that runs would be replaced by nothing."""
    runs = found.container is not None and found.container.running
    refused = found.meaning.findings.refused
    if runs and refused and not found.meaning.spec.providers:
        problems = [Problem(path=one.what, message=one.why) for one in refused]
        raise SpecInvalid(f"`{found.folder}`", problems)


def _is_done(found: Found) -> bool:
    """Say whether nothing is left to do, not even with a container that was not found before."""
    journal = found.journal
    late = journal is not None and journal.container is None and found.container is not None
    return journal is not None and journal.done and not journal.starting and not late


def _report(gateway: str, found: Found, state: str) -> Imported:
    spec, findings = found.meaning.spec, found.meaning.findings
    began = found.journal.container if found.journal is not None else None
    container = began or (as_it_was(found.container) if found.container is not None else None)
    return Imported(
        gateway=gateway,
        source=os.fspath(found.folder),
        state=state,
        taken=tuple(provider.id for provider in spec.providers),
        rules=len(spec.auto_routing.rules),
        corrected=tuple(
            {"what": one.what, "was": one.was, "is": one.now, "why": one.why}
            for one in findings.corrected
        ),
        dropped=tuple(findings.dropped),
        refused=tuple(findings.refused),
        kept=tuple(findings.kept),
        url=base_url(spec.listen),
        container=container.name if container is not None else None,
        aside=container.aside if container is not None and state != PLANNED else None,
        started=False,
    )
