"""Which engine runs a gateway, and why."""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

from msgspec import Struct

from aigw.errors import AigwError, BadUsage, DockerGone, EngineMissing
from aigw.spec.contradictions import ENGINES, not_on
from aigw.spec.gateway import EngineName, GatewaySpec
from aigw.state.files import private_folder, write_atomically
from aigw.state.paths import GatewayPaths

ASKED = "asked for"
_MOVE = {
    EngineName.ENVOY: "aigw start --engine higress",
    EngineName.HIGRESS: "aigw start --engine envoy",
}


class Choice(Struct, frozen=True, kw_only=True):
    """An engine (never `auto`) and the reason, as a sentence's part."""

    engine: EngineName
    reason: str


class Possible(Struct, frozen=True, kw_only=True):
    """Whether the Higress engine can be had on this machine, and why, or why not."""

    possible: bool
    reason: str


Look = Callable[[GatewaySpec], Possible]
"""Ask this machine for the Higress engine: its Docker, its image, its registries."""


def choose(spec: GatewaySpec, paths: GatewayPaths, look: Look) -> Choice:
    """Choose the engine of a gateway; what `auto` was once stays, and nothing is asked then.

    Raises BadUsage where the engine that was chosen once cannot run one of the providers, and
    EngineMissing where there is no engine for all of them.
    """
    if spec.engine is not EngineName.AUTO:
        return Choice(engine=spec.engine, reason=ASKED)
    chosen = kept(paths)
    if chosen is not None:
        refuse_types(spec, chosen.engine)
        before = "asked for before" if chosen.reason == ASKED else chosen.reason
        return Choice(engine=chosen.engine, reason=before)
    if only_here := next(not_on(spec, EngineName.HIGRESS), ""):
        return Choice(engine=EngineName.ENVOY, reason=only_here)
    found = look(spec)
    if found.possible:
        return Choice(engine=EngineName.HIGRESS, reason=found.reason)
    if only_there := next(not_on(spec, EngineName.ENVOY), ""):
        raise EngineMissing(
            f"{only_there}; and the Higress engine is not to be had: {found.reason}"
        )
    return Choice(engine=EngineName.ENVOY, reason=found.reason)


def eligible(spec: GatewaySpec, paths: GatewayPaths, look: Look) -> tuple[EngineName, ...]:
    """Say which engines may come to run a gateway, whatever providers it is given."""
    chosen = kept(paths)
    if spec.engine is EngineName.AUTO and chosen is not None:
        return (chosen.engine,)
    if spec.engine is EngineName.AUTO and not look(spec).possible:
        return (EngineName.ENVOY,)
    return ENGINES[spec.engine]


def refuse_types(spec: GatewaySpec, engine: EngineName) -> None:
    """Raise BadUsage where the engine cannot run one of the providers."""
    if refused := next(not_on(spec, engine), ""):
        raise BadUsage(refused, hint=_MOVE[engine])


def kept(paths: GatewayPaths) -> Choice | None:
    """Return what was chosen when the gateway was started last."""
    with suppress(OSError, ValueError, KeyError, TypeError):
        tree = json.loads(paths.choice.read_text(encoding="utf-8"))
        engine = EngineName(tree["engine"])
        if engine is not EngineName.AUTO:
            return Choice(engine=engine, reason=str(tree["reason"]))
    return None


@contextmanager
def foreseen(paths: GatewayPaths, choice: Choice, *, retain: bool) -> Iterator[None]:
    """Let a choice stick while it is brought about; where that fails, what was chosen before does.

    Who is killed in between leaves a container that only the right engine finds, and so does who
    wants it retained, or loses Docker.
    """
    before, new = kept(paths), not paths.run.exists()
    private_folder(paths.run)
    remember(paths, choice)
    try:
        yield
    except AigwError as error:
        if not retain and not isinstance(error, DockerGone):
            remember(paths, before) if before else paths.choice.unlink(missing_ok=True)
            if new:  # the folder of a run is the sign of a gateway
                with suppress(OSError):
                    paths.run.rmdir()
        raise


def remember(paths: GatewayPaths, choice: Choice) -> None:
    """Let a choice stick; raises CannotWrite."""
    if kept(paths) != choice:
        tree = {"engine": choice.engine.value, "reason": choice.reason}
        write_atomically(paths.choice, json.dumps(tree) + "\n")
