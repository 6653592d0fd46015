"""One engine takes a gateway over from the other."""

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

from aigw.engines.choice import Choice, kept, remember
from aigw.engines.plan import Step
from aigw.engines.voice import CUT
from aigw.errors import AigwError
from aigw.operations.draft import Draft, put_back, saved
from aigw.operations.world import World
from aigw.state.paths import GatewayPaths
from aigw.state.secrets import resolve

if TYPE_CHECKING:  # slow to import
    from aigw.engines import AnyEngine

DRAIN_SECONDS = 30.0


@contextmanager
def taking_over(
    world: World,
    paths: GatewayPaths,
    engine: "AnyEngine",
    *,
    choice: Choice,
    before: Draft,
    wanted: Draft,
) -> Iterator[bool]:
    """Stop what the other engine runs, for both want one port; start it again if the block fails.

    Yields whether it ran. What cannot be had or planned is refused before. What the other engine
    made outside the data folder is removed once the new one runs.
    """
    old = _other(world, paths, choice)
    if old is None:
        yield False
        return
    plan = engine.plan(wanted.spec, ring=resolve(wanted.spec, wanted.keys, world.environ))
    ran, files, chosen = old.runs(), saved(paths), kept(paths)
    if ran:
        engine.prepare(plan)
        world.note(f"stopping gateway `{paths.name}` on the other engine")
        if not old.stop(seconds=DRAIN_SECONDS):
            world.note(CUT)
    try:
        yield ran
    except (AigwError, KeyboardInterrupt) as error:
        if ran:
            if isinstance(error, KeyboardInterrupt):
                world.note("interrupted: it goes back to the other engine")
            with suppress(AigwError):
                engine.stop(seconds=0)
            put_back(paths, files)
            old.apply(old.plan(before.spec))
            if chosen is not None:
                remember(paths, chosen)
            if isinstance(error, AigwError):
                error.message = f"{error.message}; it runs on the other engine as before"
        raise
    old.remove()


def move_steps(world: World, paths: GatewayPaths, choice: Choice) -> tuple[Step, ...]:
    """Say what is to be done about the other engine."""
    old = _other(world, paths, choice)
    moves = old is not None and old.runs()
    return (Step(action="move", what=f"to the {choice.engine} engine"),) if moves else ()


def _other(world: World, paths: GatewayPaths, choice: Choice) -> "AnyEngine | None":
    """Return the engine that the gateway was started on last, if it is not the chosen one."""
    chosen = kept(paths)
    if chosen is None or chosen.engine is choice.engine:
        return None
    return world.engine(paths, chosen.engine)
