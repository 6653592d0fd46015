"""Engines: what makes a gateway be what a spec says."""

from typing import Protocol, TypeVar

from aigw.engines.plan import Plan
from aigw.spec.gateway import GatewaySpec

PlanType = TypeVar("PlanType", bound=Plan)


class Engine(Protocol[PlanType]):
    """Look at the world and say what is missing; then do it."""

    def plan(self, spec: GatewaySpec, /) -> PlanType:
        """Say what is missing; nothing is changed."""
        ...

    def apply(self, plan: PlanType, /) -> None:
        """Do it, and prove it."""
        ...
