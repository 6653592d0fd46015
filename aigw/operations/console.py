"""The console of a gateway on the Higress engine."""

from msgspec import Struct

from aigw.engines.choice import kept
from aigw.engines.higress_account import account
from aigw.engines.higress_store import Store
from aigw.engines.seen import State
from aigw.errors import BadUsage, NotRunning
from aigw.operations.change import engine_of
from aigw.operations.look import look
from aigw.operations.shown import console_url
from aigw.operations.world import World
from aigw.rendering.higress import ADMIN_FILE
from aigw.spec.gateway import EngineName


class ConsoleShown(Struct, frozen=True, kw_only=True):
    """Where the console is and who may use it; `password` only where it was asked for."""

    gateway: str
    url: str
    user: str
    password: str | None


def console(world: World, gateway: str, *, password: bool) -> ConsoleShown:
    """Say where the console is; raises BadUsage on an engine that has none, and NotRunning."""
    spec, paths = look(world, gateway), world.home.existing(gateway)
    chosen = kept(paths)
    if (chosen or spec).engine is EngineName.ENVOY:
        message = f"gateway `{gateway}` has no console: the Higress engine has one"
        raise BadUsage(message, hint="aigw start --engine higress")
    if chosen is None or engine_of(world, paths).seen().state is State.STOPPED:
        raise NotRunning(f"gateway `{gateway}` is not running", hint="aigw start")
    who = account(Store(paths.higress).read((ADMIN_FILE,)))
    return ConsoleShown(
        gateway=gateway,
        url=console_url(spec.listen),
        user=who.name if who else "",
        password=who.password.reveal() if who and password else None,
    )
