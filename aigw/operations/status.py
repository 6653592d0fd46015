"""What runs, and whether it is as it should be."""

import os
from shlex import quote

from msgspec import Struct
from msgspec.structs import replace

from aigw.engines.choice import kept
from aigw.engines.look import look
from aigw.engines.seen import Seen, State, Trouble
from aigw.errors import AigwError, Problem, SpecInvalid
from aigw.operations.applied import applied_file, applied_spec
from aigw.operations.draft import Draft, read
from aigw.operations.shown import base_url, console_url, masked
from aigw.operations.world import World
from aigw.spec.contradictions import unused_fallbacks
from aigw.spec.gateway import EngineName, GatewaySpec, Listen
from aigw.spec.generation import generation
from aigw.spec.provider import Provider
from aigw.state.document import load
from aigw.state.paths import GatewayPaths
from aigw.state.secrets import fingerprints, resolve, salt


class ProviderStatus(Struct, frozen=True, kw_only=True):
    """A provider: `state` is `configured`, `no_key`, or after a probe `ok` or `failed`.

    `detail` says why it is not well.
    """

    id: str
    type: str
    models: tuple[str, ...]
    keys: tuple[str, ...]
    state: str
    detail: str


class AutoRoutingStatus(Struct, frozen=True, kw_only=True):
    """Auto-routing: its default model (empty: none), and how many rules there are."""

    enabled: bool
    default_model: str
    rules: int


class Status(Struct, frozen=True, kw_only=True):
    """All that is known of a gateway; None for what there is not.

    With a `gateway.yaml` that cannot be used (a problem `spec_invalid`) it is what was applied
    last, and `url` is empty where nothing ever was. `url` is where it listens, if it runs.
    `in_sync` says that it serves what `start` would apply, with nothing of it changed by hand.
    """

    gateway: str
    engine: str
    state: str
    url: str
    console_url: str | None
    data_folder: str
    pid: int | None
    container: str | None
    uptime_seconds: int | None
    generation: str | None
    in_sync: bool
    providers: tuple[ProviderStatus, ...]
    auto_routing: AutoRoutingStatus
    problems: tuple[Trouble, ...]


class GatewayListed(Struct, frozen=True, kw_only=True):
    """One gateway of the user's; `url` is empty where it is not known."""

    name: str
    engine: str
    state: str
    url: str
    data_folder: str


class GatewaysListed(Struct, frozen=True, kw_only=True):
    """All gateways of a user."""

    gateways: tuple[GatewayListed, ...]


def status(world: World, gateway: str) -> Status:
    """Look at a gateway; raises UnknownGateway."""
    paths = world.home.existing(gateway)
    facts = _look(world, paths)
    problems = [*facts.troubles, *facts.notes]
    draft, broken = _read(world, paths)
    problems += broken
    wanted = None if broken else _generation(world, paths, draft, problems)
    same = bool(facts.generation) and facts.generation == wanted
    if facts.generation and wanted and not same:
        message = "gateway.yaml or a key of it was changed and is not applied"
        problems.append(Trouble(code="out_of_sync", message=message, hint="aigw start"))
    problems += map(_unused, unused_fallbacks(draft.spec))
    auto, engine = draft.spec.auto_routing, _engine(draft.spec, paths)
    return Status(
        gateway=gateway,
        engine=engine,
        state=_state(facts, broken),
        url=_url(facts, draft, broken),
        console_url=_console(draft.spec, engine),
        data_folder=os.fspath(paths.folder),
        pid=facts.pid or None,
        container=facts.container or None,
        uptime_seconds=facts.uptime_seconds,
        generation=facts.generation or None,
        in_sync=same and all(one.code != "drift" for one in facts.notes),
        providers=tuple(
            _provider(world, draft, one, known=not broken) for one in draft.spec.providers
        ),
        auto_routing=AutoRoutingStatus(
            enabled=auto.enabled, default_model=auto.default, rules=len(auto.rules)
        ),
        problems=tuple(problems),
    )


def list_gateways(world: World) -> GatewaysListed:
    """Return all gateways of the user."""
    return GatewaysListed(gateways=tuple(_listed(world, name) for name in world.home.names()))


def _read(world: World, paths: GatewayPaths) -> tuple[Draft, tuple[Trouble, ...]]:
    """Read spec and keys; where they cannot be used, what was applied last, and why."""
    applied = applied_file(paths)
    message = f"`{paths.spec}` is gone"
    hint = f"cp {quote(str(applied))} {quote(str(paths.spec))}" if applied.exists() else ""
    try:
        draft = read(paths, world.note)
        if paths.spec.exists():
            return draft, ()
    except SpecInvalid as error:
        message, hint = error.message, "aigw config check"
    spec = applied_spec(paths) or _alone(paths) or GatewaySpec()
    trouble = Trouble(code=SpecInvalid.code, message=message, hint=hint)
    return Draft(spec=spec, keys={}), (trouble,)


def _alone(paths: GatewayPaths) -> GatewaySpec | None:
    """Read the spec of keys that cannot be read."""
    try:
        return load(paths, rules=False)
    except AigwError:
        return None


def _state(facts: Seen, broken: tuple[Trouble, ...]) -> str:
    """Say how it is: what could not be started again is not well."""
    degraded = broken and facts.state is State.RUNNING
    return str(State.DEGRADED if degraded else facts.state)


def _url(facts: Seen, draft: Draft, broken: tuple[Trouble, ...]) -> str:
    """Say where it listens, or would; empty where that is not known."""
    if facts.address:
        return base_url(Listen(address=facts.address, http=facts.port))
    return "" if broken and draft.spec == GatewaySpec() else base_url(draft.spec.listen)


def _generation(
    world: World, paths: GatewayPaths, draft: Draft, problems: list[Trouble]
) -> str | None:
    """Return the generation that `start` would apply; None where it cannot be known."""
    if not paths.salt.exists():
        return None
    try:
        ring = resolve(draft.spec, draft.keys, world.environ)
    except SpecInvalid as error:
        problems.append(Trouble(code="key_missing", message=error.message, hint="aigw config list"))
        return None
    return generation(draft.spec, fingerprints(ring, salt(paths.salt)))


def _provider(world: World, draft: Draft, provider: Provider, *, known: bool) -> ProviderStatus:
    """Describe a provider; unless its keys are `known`, nothing is said of them."""
    alone = replace(draft.spec, providers=(provider,) if known else ())
    state, detail = "configured", ""
    try:
        resolve(alone, draft.keys, world.environ)
    except SpecInvalid as error:
        state, detail = "no_key", "; ".join(problem.message for problem in error.problems)
    return ProviderStatus(
        id=provider.id,
        type=provider.type,
        models=tuple(pattern.text for pattern in provider.models),
        keys=masked(provider, draft.keys),
        state=state,
        detail=detail,
    )


def _listed(world: World, name: str) -> GatewayListed:
    paths = world.home.gateway(name)
    facts = _look(world, paths)
    draft, broken = _read(world, paths)
    return GatewayListed(
        name=name,
        engine=_engine(draft.spec, paths),
        state=_state(facts, broken),
        url=_url(facts, draft, broken),
        data_folder=os.fspath(paths.folder),
    )


def _engine(spec: GatewaySpec, paths: GatewayPaths) -> str:
    chosen = kept(paths)
    return str(chosen.engine if chosen else spec.engine)


def _unused(problem: Problem) -> Trouble:
    return Trouble(code="fallback_unused", message=str(problem), hint="")


def _console(spec: GatewaySpec, engine: str) -> str | None:
    return console_url(spec.listen) if engine == EngineName.HIGRESS else None


def _look(world: World, paths: GatewayPaths) -> Seen:
    chosen = kept(paths)
    if chosen is None or chosen.engine is EngineName.ENVOY:
        return look(paths).seen()  # without what only a change needs: that is slow to import
    return world.engine(paths, chosen.engine).seen()
