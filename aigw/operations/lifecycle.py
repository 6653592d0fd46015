"""Start, stop, restart and delete a gateway."""

import os
from pathlib import Path
from typing import NoReturn

from msgspec import Struct
from msgspec.structs import replace

from aigw.engines.choice import Choice, Possible, choose, foreseen, kept, refuse_types, remember
from aigw.engines.means import Means
from aigw.engines.plan import Plan, Step
from aigw.engines.seen import State
from aigw.operations.applied import applied_file, difference, remember_applied
from aigw.operations.change import engine_of, held, realize
from aigw.operations.draft import Draft, edited, keep, read
from aigw.operations.probe import Probe, probed
from aigw.operations.provider_edit import meaning
from aigw.operations.provider_notes import tell
from aigw.operations.shown import base_url, console_url
from aigw.operations.start_edit import StartWanted, with_wanted
from aigw.operations.taking_over import move_steps, taking_over
from aigw.operations.world import World
from aigw.spec.gateway import EngineName, GatewaySpec
from aigw.spec.reading import parse
from aigw.state.document import load, load_tree
from aigw.state.files import absolute
from aigw.state.paths import GatewayPaths
from aigw.state.secrets import resolve


class How(Struct, frozen=True, kw_only=True):
    """How to start: a document to take first, where a new gateway lives, and by which means."""

    file: Path | None = None
    data_folder: Path | None = None
    means: Means = Means()


class Started(Struct, frozen=True, kw_only=True):
    """A gateway runs; `changed` is what had to be done, nothing when it was so already.

    `created` says that there was no `gateway.yaml`, `first` that it never ran before.
    """

    gateway: str
    engine: str
    engine_reason: str
    state: str
    url: str
    console_url: str | None
    data_folder: str
    changed: tuple[Step, ...]
    probe: Probe
    created: bool = False
    providers: tuple[str, ...]
    first: bool = False


class Planned(Struct, frozen=True, kw_only=True):
    """What `start` would do, and how document and store differ from what was applied, and is to be.

    No key is in `diff`.
    """

    gateway: str
    engine: str
    engine_reason: str
    steps: tuple[Step, ...]
    in_sync: bool
    diff: str


class Stopped(Struct, frozen=True, kw_only=True):
    """A gateway does not run any more; `drained` says that no request was cut."""

    gateway: str
    state: str
    drained: bool


def base(world: World, gateway: str, how: How) -> Draft:
    """Return what flags are laid over: the document of `how`, else the gateway's, else nothing."""
    return _with_file(read(_place(world, gateway, how), world.note), how)


def refuse_taken(world: World, gateway: str, base: Draft, wanted: StartWanted) -> None:
    """Raise what a start would come to after all questions: PortTaken, or BadUsage for its place.

    A gateway that runs has its port.
    """
    place = StartWanted(
        address=wanted.address, http=wanted.http, https=wanted.https, console=wanted.console
    )
    spec = edited(base, lambda draft: with_wanted(draft, place)).spec
    engine_of(world, world.home.gateway(gateway)).refuse_taken(spec)


def start(world: World, gateway: str, wanted: StartWanted, how: How) -> Started:
    """Make a gateway be what is wanted, and run; the same again changes nothing.

    Raises BadUsage and SpecInvalid before anything is made, EngineMissing, EngineRefused,
    PortTaken and NotReady.
    """
    paths = _made(world, gateway, wanted, how)
    with held(world, paths):
        created, first = not paths.spec.exists(), not applied_file(paths).exists()
        before = read(paths, world.note)
        draft = _wanted(before, wanted, how)
        choice = _choice(world, draft.spec, paths, how)
        engine = world.engine(paths, choice.engine, how.means)
        with (
            taking_over(world, paths, engine, choice=choice, before=before, wanted=draft) as moves,
            foreseen(paths, choice, retain=how.means.retain),
        ):
            plan = realize(world, paths, engine, before=before, wanted=draft, keeps=not moves)
        remember(paths, choice)
    for one in wanted.providers:
        provider = meaning(plan.spec, one).configured
        if provider is not None:
            tell(world, provider, one)
    return replace(_started(world, paths, choice, plan), created=created, first=first)


def supervise(world: World, gateway: str, wanted: StartWanted, how: How) -> NoReturn:
    """Keep what is wanted, and become its supervisor; raises Busy when the gateway runs."""
    paths = _made(world, gateway, wanted, how)
    with held(world, paths):
        before = read(paths, world.note)
        draft = _wanted(before, wanted, how)
        choice = _choice(world, draft.spec, paths, how)
        engine = world.engine(paths, choice.engine, how.means)
        plan = engine.plan(draft.spec, ring=resolve(draft.spec, draft.keys, world.environ))
        keep(paths, before, draft)
        paths.prepare()
        remember(paths, choice)
        remember_applied(paths)
        engine.supervise(plan)


def plan_start(world: World, gateway: str, wanted: StartWanted, how: How) -> Planned:
    """Say what `start` would do; nothing is changed."""
    paths = _place(world, gateway, how)
    before = read(paths, world.note)
    draft = _wanted(before, wanted, how)
    choice = _choice(world, draft.spec, paths, how)
    ring = resolve(draft.spec, draft.keys, world.environ, exists=paths.exists)
    engine = world.engine(paths, choice.engine, how.means)
    missing = engine.plan(draft.spec, ring=ring).steps
    steps = (*_kept_steps(paths, before, draft), *move_steps(world, paths, choice), *missing)
    return _planned(gateway, choice, steps)


def plan(world: World, gateway: str, *, diff: bool) -> Planned:
    """Say what `start` without flags would do."""
    paths = world.home.existing(gateway)
    spec = load(paths)
    choice = choose(spec, paths, world.higress)
    found: Plan = world.engine(paths, choice.engine).plan(spec)
    steps = (*move_steps(world, paths, choice), *found.steps)
    texts = (difference(paths), found.difference()) if diff else ()
    text = "\n".join(filter(None, texts))
    return _planned(gateway, choice, steps, diff=text)


def _planned(gateway: str, choice: Choice, steps: tuple[Step, ...], *, diff: str = "") -> Planned:
    return Planned(
        gateway=gateway,
        engine=str(choice.engine),
        engine_reason=choice.reason,
        steps=steps,
        in_sync=not steps,
        diff=diff,
    )


def stop(world: World, gateway: str, *, seconds: float) -> Stopped:
    """Let running requests finish for so long, then stop; one that does not run stays so."""
    paths = world.home.existing(gateway)
    waiting = world.waiting(f"stopping gateway `{gateway}`")
    with held(world, paths), waiting:
        drained = engine_of(world, paths).stop(seconds=seconds)
    return Stopped(gateway=gateway, state=str(State.STOPPED), drained=drained)


def restart(world: World, gateway: str, *, seconds: float | None) -> Started:
    """Stop and start again; refused while it still runs where it would not come up again."""
    paths = world.home.existing(gateway)
    with held(world, paths):
        spec = load(paths)
        choice = kept(paths) or choose(spec, paths, world.higress)
        refuse_types(spec, choice.engine)
        engine = world.engine(paths, choice.engine, Means(seconds=seconds))
        plan: Plan = engine.plan(spec)
        with world.waiting(f"waiting for gateway `{gateway}`"):
            engine.restart(plan)
        remember(paths, choice)
        remember_applied(paths)
    done = replace(plan, steps=(Step(action="restart", what="gateway"),))
    return _started(world, paths, choice, done)


def _place(world: World, gateway: str, how: How) -> GatewayPaths:
    """Say where the gateway is, or would be; nothing is made."""
    paths = world.home.gateway(gateway)
    if how.data_folder is None or paths.exists:
        return paths
    return replace(paths, folder=Path(os.path.realpath(absolute(how.data_folder))))


def _choice(world: World, spec: GatewaySpec, paths: GatewayPaths, how: How) -> Choice:
    """Choose the engine; an archive with the image is as good as an image that is here."""
    given = how.means.archive is not None
    ready = Possible(possible=True, reason="an archive has the image")
    return choose(spec, paths, (lambda _: ready) if given else world.higress)


def _made(world: World, gateway: str, wanted: StartWanted, how: How) -> GatewayPaths:
    """Make the gateway's folder, once it is sure that what is wanted can be."""
    paths = _place(world, gateway, how)
    draft = _wanted(read(paths, world.note), wanted, how)
    _choice(world, draft.spec, paths, how)
    resolve(draft.spec, draft.keys, world.environ, exists=paths.exists)
    if how.data_folder is not None:
        return world.home.link(gateway, how.data_folder)
    return world.home.prepare(gateway)


def _kept_steps(paths: GatewayPaths, before: Draft, wanted: Draft) -> tuple[Step, ...]:
    """Say what `keep` would write."""
    written = {
        paths.spec.name: wanted.spec != before.spec or not paths.spec.exists(),
        paths.credentials.name: wanted.keys != before.keys,
    }
    return tuple(Step(action="write", what=name) for name, needed in written.items() if needed)


def _wanted(before: Draft, wanted: StartWanted, how: How) -> Draft:
    return edited(_with_file(before, how), lambda draft: with_wanted(draft, wanted))


def _with_file(draft: Draft, how: How) -> Draft:
    if how.file is None:
        return draft
    spec = parse(load_tree(how.file), source=os.fspath(how.file))
    return replace(draft, spec=spec, document=how.file)


def _started(world: World, paths: GatewayPaths, choice: Choice, plan: Plan) -> Started:
    spec = plan.spec
    return Started(
        gateway=paths.name,
        engine=str(choice.engine),
        engine_reason=choice.reason,
        state=str(State.RUNNING),
        url=base_url(spec.listen),
        console_url=console_url(spec.listen) if choice.engine is EngineName.HIGRESS else None,
        data_folder=os.fspath(paths.folder),
        changed=plan.steps,
        probe=probed(world, spec, choice.engine),
        providers=tuple(provider.id for provider in spec.providers),
    )
