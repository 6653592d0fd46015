"""Reading a gateway's spec and keys, without any engine."""

from aigw.operations.draft import Draft, read
from aigw.operations.world import World
from aigw.spec.gateway import GatewaySpec
from aigw.state.document import load


def look(world: World, gateway: str) -> GatewaySpec:
    """Read the spec of a gateway that exists."""
    return load(world.home.existing(gateway), rules=False)


def look_at_draft(world: World, gateway: str, *, new: bool = False) -> Draft:
    """Read the spec and the stored keys of a gateway; with `new` it need not exist."""
    paths = world.home.gateway(gateway) if new else world.home.existing(gateway)
    return read(paths, world.note)
