"""One change of a gateway: locked, checked, kept, applied, and taken back where it is refused."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from functools import partial
from typing import TYPE_CHECKING

from msgspec import Struct

from aigw.engines.choice import choose, kept, refuse_types
from aigw.errors import AigwError, EngineRefused, Interrupted, LeftAlone, UnknownGateway
from aigw.operations.applied import remember_applied
from aigw.operations.draft import Draft, Edit, Saved, edited, keep, put_back, read, saved
from aigw.operations.look import look_at_draft
from aigw.operations.world import World
from aigw.spec.contradictions import not_on
from aigw.spec.gateway import EngineName, GatewaySpec
from aigw.spec.secret import Secret
from aigw.state.files import locked
from aigw.state.paths import GatewayPaths
from aigw.state.secrets import KeyRing, resolve

if TYPE_CHECKING:  # slow to import, and only what runs a gateway needs it
    from aigw.engines import AnyEngine
    from aigw.engines.plan import Plan

LOCK_SECONDS = 120.0


class Effect(Struct, frozen=True, kw_only=True):
    """What a change came to: specs before and after, the stored keys, and what serves now.

    `generation` is None where the gateway does not run, and so nothing was applied. `changed` says
    that there was something to do: it was not so already, in the files and in what runs.
    """

    before: GatewaySpec
    spec: GatewaySpec
    keys: KeyRing
    applied: bool
    generation: str | None
    changed: bool


@contextmanager
def held(world: World, paths: GatewayPaths) -> Iterator[None]:
    """Hold the gateway's lock; raises Busy, and UnknownGateway when it was deleted meanwhile."""
    with ExitStack() as stack:
        with world.waiting(f"waiting for another command on gateway `{paths.name}`"):
            stack.enter_context(locked(paths.lock, timeout=LOCK_SECONDS))
        if not paths.lock.exists():
            message = f"another command deleted gateway `{paths.name}` meanwhile"
            raise UnknownGateway(message, hint="aigw start")
        yield


def change(world: World, gateway: str, edit: Edit, *, new: bool = False) -> Effect:
    """Change a gateway; with `new` one that does not exist is made.

    Raises BadUsage for a change that cannot be or takes a provider from a route of the console,
    SpecInvalid for a document that cannot be used or a key that is not to be had, EngineRefused
    when the running gateway does not take it: then everything is as before.
    """
    if new and not world.home.gateway(gateway).exists:
        edited(look_at_draft(world, gateway, new=True), edit)  # before any folder is made for it
        world.home.prepare(gateway)
    paths = world.home.existing(gateway) if not new else world.home.gateway(gateway)
    with held(world, paths):
        before = read(paths, world.note)
        wanted = edited(before, edit)
        _refuse_unrunnable(world, paths, wanted.spec)
        engine = engine_of(world, paths)
        applied = engine.runs()
        generation, changed = None, not wanted.says_the_same(before)
        if applied:
            plan = realize(world, paths, engine, before=before, wanted=wanted)
            generation, changed = plan.generation, changed or not plan.in_sync
        else:
            engine.refuse_needed(_going(before.spec, wanted.spec))
            keep(paths, before, wanted)
            _forget_keys(world, paths, before, wanted)
    return Effect(
        before=before.spec,
        spec=wanted.spec,
        keys=wanted.keys,
        applied=applied,
        generation=generation,
        changed=changed,
    )


def realize(
    world: World,
    paths: GatewayPaths,
    engine: "AnyEngine",
    *,
    before: Draft,
    wanted: Draft,
    keeps: bool = True,
) -> "Plan":
    """Keep what is wanted and make it so; where that fails while it runs, all is as before.

    A first start that fails, but for a refusal of the engine, leaves what is wanted, unless the
    caller puts it back (`keeps`). The lock is held. Returns what there was to do. Raises
    SpecInvalid before anything is kept, Interrupted.
    """
    engine.refuse_needed(_going(before.spec, wanted.spec))
    ring = resolve(wanted.spec, wanted.keys, world.environ)
    plan: Plan = engine.plan(wanted.spec, ring=ring)
    take_back = partial(_take_back, paths, saved(paths), before, ran=not plan.cold)
    keep(paths, before, wanted)
    for step in plan.steps:
        world.step(f"{step.action} {step.what}")
    try:
        with world.waiting(f"waiting for gateway `{paths.name}`"):
            engine.apply(plan)
    except AigwError as error:
        if wanted == before:
            raise
        if plan.cold and not isinstance(error, EngineRefused):
            if not keeps:
                raise
            state = "is not ready" if engine.runs() else "does not run"
            error.message = f"{error.message}; gateway `{paths.name}` was saved, but {state}"
            raise
        error.message += take_back(None if isinstance(error, LeftAlone) else engine)
        raise
    except KeyboardInterrupt as error:
        if plan.cold or wanted == before:
            raise
        world.note("interrupted: taking it back")
        raise Interrupted(f"interrupted{take_back(engine)}") from error
    except Exception:  # an error of ours
        if not plan.cold and wanted != before:
            take_back(engine)
        raise
    remember_applied(paths)
    _forget_keys(world, paths, before, wanted)
    return plan


def _forget_keys(world: World, paths: GatewayPaths, before: Draft, wanted: Draft) -> None:
    """Let no key that is kept no more stay with an engine that does not run."""
    gone = _keys(before) - _keys(wanted)
    folders = {EngineName.ENVOY: paths.envoy, EngineName.HIGRESS: paths.higress}
    for name, folder in folders.items():
        if gone and folder.exists():
            world.engine(paths, name).forget(gone)


def _keys(draft: Draft) -> frozenset[Secret]:
    return frozenset(key for kept in draft.keys.values() for key in kept)


def _take_back(
    paths: GatewayPaths, files: Saved, before: Draft, engine: "AnyEngine | None", *, ran: bool
) -> str:
    """Make the files, and what an engine runs, be what they were; return what to add to the words.

    An engine that was left alone is None; one that `ran` and does not is started again.
    """
    try:
        put_back(paths, files)
    except AigwError as error:
        return f"; gateway.yaml may have the change, for it was not put back: {error.message}"
    try:
        if engine and (ran or engine.runs()) and not (plan := engine.plan(before.spec)).in_sync:
            engine.apply(plan)
    except AigwError as error:
        return f"; gateway.yaml is as before, but was not applied again: {error.message}"
    return "; everything is as before"


def engine_of(world: World, paths: GatewayPaths) -> "AnyEngine":
    """Return the engine that the gateway was started on last, whatever its spec asks for now."""
    chosen = kept(paths)
    return world.engine(paths, chosen.engine if chosen else EngineName.ENVOY)


def _going(before: GatewaySpec, wanted: GatewaySpec) -> list[str]:
    """Return the ids of the providers that are left out."""
    return [one.id for one in before.providers if wanted.provider(one.id) is None]


def _refuse_unrunnable(world: World, paths: GatewayPaths, spec: GatewaySpec) -> None:
    """Raise BadUsage, or EngineMissing, for a provider that the gateway's engine cannot run."""
    chosen = kept(paths)
    if chosen is not None:
        refuse_types(spec, chosen.engine)
    elif next(not_on(spec, EngineName.ENVOY), ""):
        choose(spec, paths, world.higress)
