"""Engines: what makes a gateway be what a spec says."""

from collections.abc import Collection
from typing import Any, NoReturn, Protocol, TypeVar

from aigw.engines.plan import Plan
from aigw.engines.seen import Seen
from aigw.spec.gateway import GatewaySpec
from aigw.spec.secret import Secret
from aigw.state.secrets import KeyRing

PlanType = TypeVar("PlanType", bound=Plan)


class Engine(Protocol[PlanType]):
    """Look at the world and say what is missing; then do it.

    Who calls anything but `seen`, `runs` and `plan` holds the gateway's lock.
    """

    def seen(self) -> Seen:
        """Say what runs."""
        ...

    def runs(self) -> bool:
        """Say whether anything runs, which is known sooner than all that `seen` tells."""
        ...

    def plan(self, spec: GatewaySpec, /, *, ring: KeyRing | None = None) -> PlanType:
        """Say what is missing; nothing is changed. `ring` stands for keys that are not kept yet."""
        ...

    def prepare(self, plan: PlanType, /) -> None:
        """Do all of it that can fail while another engine still serves."""
        ...

    def apply(self, plan: PlanType, /) -> None:
        """Do it, and prove it; where it is refused, what served before serves on, or again."""
        ...

    def restart(self, plan: PlanType, /) -> None:
        """End what runs and start it as planned; refused while it still runs, as `apply`."""
        ...

    def refuse_taken(self, spec: GatewaySpec, /) -> None:
        """Raise PortTaken when it could not be started, before a person is asked for the rest."""
        ...

    def refuse_needed(self, going: Collection[str], /) -> None:
        """Raise BadUsage when what people made beside us needs one of these providers."""
        ...

    def supervise(self, plan: PlanType, /) -> NoReturn:
        """Become what keeps it running, in the foreground; raises BadUsage where nobody can."""
        ...

    def stop(self, *, seconds: float) -> bool:
        """Let requests finish for so long and end everything; False when one was cut."""
        ...

    def forget(self, keys: Collection[Secret], /) -> None:
        """Cut keys that are kept no more out of the engine's files, unless it runs with them."""
        ...

    def remove(self) -> tuple[str, ...]:
        """Remove what the engine made outside the data folder, stopped before; say what.

        What it made inside can be removed by us afterwards.
        """
        ...


AnyEngine = Engine[Any]
"""An engine whose plans are its own business."""
