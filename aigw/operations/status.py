"""What runs, and whether it is as it should be."""

import os
from dataclasses import dataclass, replace

from aigw.engines.choice import choose
from aigw.engines.look import Trouble, look
from aigw.errors import AigwError, SpecInvalid
from aigw.operations.draft import Draft, read
from aigw.operations.shown import base_url, masked
from aigw.operations.world import World
from aigw.spec.gateway import GatewaySpec
from aigw.spec.generation import generation
from aigw.spec.provider import Provider
from aigw.state.paths import GatewayPaths
from aigw.state.secrets import fingerprints, resolve, salt


@dataclass(frozen=True, slots=True, kw_only=True)
class ProviderStatus:
    """A provider: `state` is `configured`, `no_key`, or after a probe `ok` or `failed`.

    `detail` says why it is not well.
    """

    id: str
    type: str
    models: tuple[str, ...]
    keys: tuple[str, ...]
    state: str
    detail: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AutoRoutingStatus:
    """Auto-routing: its default model (empty: none), and how many rules there are."""

    enabled: bool
    default_model: str
    rules: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Status:
    """All that is known of a gateway; None for what there is not."""

    gateway: str
    engine: str
    state: str
    url: str
    console_url: str | None
    data_folder: str
    pid: int | None
    uptime_seconds: int | None
    generation: str | None
    in_sync: bool
    providers: tuple[ProviderStatus, ...]
    auto_routing: AutoRoutingStatus
    problems: tuple[Trouble, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class GatewayListed:
    """One gateway of the user's; `url` is empty where its spec cannot be used."""

    name: str
    engine: str
    state: str
    url: str
    data_folder: str


@dataclass(frozen=True, slots=True, kw_only=True)
class GatewaysListed:
    """All gateways of a user."""

    gateways: tuple[GatewayListed, ...]


def status(world: World, gateway: str) -> Status:
    """Look at a gateway; raises UnknownGateway."""
    paths = world.home.existing(gateway)
    facts = look(paths)
    problems = list(facts.troubles)
    draft = _read(world, paths, problems)
    wanted = _generation(world, paths, draft, problems)
    in_sync = bool(facts.generation) and facts.generation == wanted
    if facts.generation and wanted and not in_sync:
        message = f"it serves {facts.generation}, and gateway.yaml with its keys is {wanted}"
        problems.append(Trouble(code="out_of_sync", message=message, hint="aigw start"))
    auto = draft.spec.auto_routing
    return Status(
        gateway=gateway,
        engine=_engine(draft.spec, paths),
        state=str(facts.state),
        url=base_url(draft.spec.listen),
        console_url=None,
        data_folder=os.fspath(paths.folder),
        pid=facts.pid or None,
        uptime_seconds=facts.uptime_seconds if facts.envoy else None,
        generation=facts.generation or None,
        in_sync=in_sync,
        providers=tuple(_provider(world, draft, one) for one in draft.spec.providers),
        auto_routing=AutoRoutingStatus(
            enabled=auto.enabled, default_model=auto.default, rules=len(auto.rules)
        ),
        problems=tuple(problems),
    )


def list_gateways(world: World) -> GatewaysListed:
    """Return all gateways of the user."""
    return GatewaysListed(gateways=tuple(_listed(world, name) for name in world.home.names()))


def _read(world: World, paths: GatewayPaths, problems: list[Trouble]) -> Draft:
    """Read spec and keys; a problem and nothing where they cannot be used."""
    try:
        return read(paths, world.note)
    except SpecInvalid as error:
        problems.append(Trouble(code=error.code, message=error.message, hint="aigw config check"))
        return Draft(spec=GatewaySpec(), keys={})


def _generation(
    world: World, paths: GatewayPaths, draft: Draft, problems: list[Trouble]
) -> str | None:
    """Return the generation that `start` would apply; None where it cannot be known."""
    if not paths.salt.exists() or any(one.code == SpecInvalid.code for one in problems):
        return None
    try:
        ring = resolve(draft.spec, draft.keys, world.environ)
    except SpecInvalid as error:
        problems.append(Trouble(code="key_missing", message=error.message, hint="aigw config list"))
        return None
    return generation(draft.spec, fingerprints(ring, salt(paths.salt)))


def _provider(world: World, draft: Draft, provider: Provider) -> ProviderStatus:
    alone = replace(draft.spec, providers=(provider,))
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
    problems: list[Trouble] = []
    draft = _read(world, paths, problems)
    return GatewayListed(
        name=name,
        engine=_engine(draft.spec, paths),
        state=str(look(paths).state),
        url="" if problems else base_url(draft.spec.listen),
        data_folder=os.fspath(paths.folder),
    )


def _engine(spec: GatewaySpec, paths: GatewayPaths) -> str:
    try:
        return str(choose(spec.engine, paths).engine)
    except AigwError:
        return str(spec.engine)
