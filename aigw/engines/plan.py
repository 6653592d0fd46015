"""What is missing between a spec and the world, as values."""

from abc import abstractmethod

from msgspec import Struct

from aigw.spec.gateway import GatewaySpec


class Step(Struct, frozen=True, kw_only=True):
    """One thing to do: an action (`write`, `launch`, `reload`, `restart`) and its object."""

    action: str
    what: str


class Plan(Struct, frozen=True, kw_only=True):
    """Steps in their order; none means the world is as the spec says.

    `generation` is the name of what is planned.
    """

    steps: tuple[Step, ...]
    spec: GatewaySpec
    generation: str

    @property
    def in_sync(self) -> bool:
        """Say whether there is nothing to do."""
        return not self.steps

    def difference(self) -> str:
        """Return how what the engine has differs from what it is to have, where that can be shown.

        No key is in it.
        """
        return ""

    @property
    @abstractmethod
    def cold(self) -> bool:
        """Say whether nothing runs."""
