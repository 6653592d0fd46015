"""One change of a gateway: locked, checked, kept, applied, and taken back where it is refused."""

from dataclasses import dataclass

from aigw.operations.draft import Draft, Edit, edited, keep, read
from aigw.operations.world import DEFAULT_GATEWAY, World
from aigw.spec.gateway import GatewaySpec
from aigw.state.document import load
from aigw.state.files import locked
from aigw.state.paths import GatewayPaths
from aigw.state.secrets import KeyRing

LOCK_SECONDS = 60.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Effect:
    """What a change came to: the specs before and after, the stored keys, and what serves now."""

    before: GatewaySpec
    spec: GatewaySpec
    keys: KeyRing
    applied: bool
    generation: str


def look(world: World, gateway: str) -> GatewaySpec:
    """Read the spec of a gateway that exists."""
    return load(world.home.existing(gateway), rules=False)


def look_at_draft(world: World, gateway: str, *, create: bool = False) -> Draft:
    """Read the spec and the stored keys; with `create` the default gateway need not exist yet."""
    return read(_paths(world, gateway, create=create), world.note)


def change(world: World, gateway: str, edit: Edit, *, create: bool = False) -> Effect:
    """Change a gateway."""
    paths = _paths(world, gateway, create=create)
    if create:
        world.home.prepare(gateway)
    with locked(paths.lock, timeout=LOCK_SECONDS):
        before = read(paths, world.note)
        wanted = edited(before, edit)
        keep(paths, before, wanted)
    return Effect(
        before=before.spec, spec=wanted.spec, keys=wanted.keys, applied=False, generation=""
    )


def _paths(world: World, gateway: str, *, create: bool) -> GatewayPaths:
    if create and gateway == DEFAULT_GATEWAY:
        return world.home.gateway(gateway)
    return world.home.existing(gateway)
