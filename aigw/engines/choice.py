"""Which engine runs a gateway, and why."""

import json
from contextlib import suppress
from dataclasses import dataclass

from aigw.errors import EngineMissing
from aigw.spec.gateway import EngineName
from aigw.state.files import write_atomically
from aigw.state.paths import GatewayPaths


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """An engine (never `auto`) and the reason, as a sentence's part."""

    engine: EngineName
    reason: str


def choose(asked: EngineName, paths: GatewayPaths) -> Choice:
    """Choose the engine of a gateway; what `auto` was once stays. Raises EngineMissing."""
    if asked is EngineName.HIGRESS:
        message = "the Higress engine is not there yet"
        raise EngineMissing(message, hint="aigw start --engine envoy")
    if asked is EngineName.ENVOY:
        return Choice(engine=EngineName.ENVOY, reason="asked for")
    kept = _kept(paths)
    reason = "the embedded engine is the only one there is yet"
    return kept or Choice(engine=EngineName.ENVOY, reason=reason)


def remember(paths: GatewayPaths, choice: Choice) -> None:
    """Let a choice stick; raises CannotWrite."""
    if _kept(paths) != choice:
        tree = {"engine": choice.engine.value, "reason": choice.reason}
        write_atomically(paths.choice, json.dumps(tree) + "\n")


def _kept(paths: GatewayPaths) -> Choice | None:
    with suppress(OSError, ValueError, KeyError, TypeError):
        tree = json.loads(paths.choice.read_text(encoding="utf-8"))
        engine = EngineName(tree["engine"])
        if engine is EngineName.ENVOY:
            return Choice(engine=engine, reason=str(tree["reason"]))
    return None
