"""Auto-routing: which model `higress/auto` becomes."""

from hashlib import sha256

from msgspec import Struct

AUTO_MODELS = ("higress/auto", "auto")


class RoutingRule(Struct, frozen=True, kw_only=True):
    """A text pattern (RE2) and the model it chooses.

    `trigger` is what the person typed (`a|b`), or empty where the pattern was given as RE2.
    """

    name: str
    pattern: str
    trigger: str
    model: str

    @property
    def id(self) -> str:
        """A short id that does not change when other rules come or go."""
        return sha256(f"{self.name}\0{self.pattern}\0{self.model}".encode()).hexdigest()[:6]


class AutoRouting(Struct, frozen=True, kw_only=True):
    """The rules in their order; `default` is the model when none matches, empty while never set."""

    enabled: bool = False
    default: str = ""
    rules: tuple[RoutingRule, ...] = ()
