"""What is missing between a spec and the world, as values."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One thing to do: an action (`write`, `launch`, `reload`, `restart`) and its object."""

    action: str
    what: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """Steps in their order; none means the world is as the spec says."""

    steps: tuple[Step, ...]

    @property
    def in_sync(self) -> bool:
        """Say whether there is nothing to do."""
        return not self.steps
