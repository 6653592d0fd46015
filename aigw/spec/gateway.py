"""What a user wants of one gateway."""

from collections.abc import Iterable
from enum import StrEnum

from msgspec import Struct
from msgspec.structs import replace

from aigw.spec.default_patterns import settled
from aigw.spec.image import Image, Limits
from aigw.spec.provider import Provider
from aigw.spec.routing import AutoRouting, RoutingRule


class EngineName(StrEnum):
    """What was asked to run the gateway."""

    AUTO = "auto"
    HIGRESS = "higress"
    ENVOY = "envoy"


class Listen(Struct, frozen=True, kw_only=True):
    """Where the gateway listens; `https` and `console` are used by the Higress engine."""

    address: str = "127.0.0.1"
    http: int = 8080
    https: int = 8443
    console: int = 8001


class GatewaySpec(Struct, frozen=True, kw_only=True):
    """A whole `gateway.yaml`, with its defaults filled in.

    Changing providers settles again which default patterns each one has.
    """

    engine: EngineName = EngineName.AUTO
    listen: Listen = Listen()
    image: Image = Image()
    container: Limits = Limits()
    providers: tuple[Provider, ...] = ()
    auto_routing: AutoRouting = AutoRouting()

    def provider(self, provider_id: str) -> Provider | None:
        """Return the provider of that id."""
        return next((provider for provider in self.providers if provider.id == provider_id), None)

    def with_provider(self, provider: Provider) -> "GatewaySpec":
        """Add a provider, or replace the one of the same id where it stands."""
        if self.provider(provider.id) is None:
            return self._with_providers((*self.providers, provider))
        return self._with_providers(
            provider if old.id == provider.id else old for old in self.providers
        )

    def without_provider(self, provider_id: str) -> "GatewaySpec":
        """Leave out the provider of that id."""
        return self._with_providers(old for old in self.providers if old.id != provider_id)

    def with_rule(
        self, rule: RoutingRule, *, before: str = "", first: bool = False
    ) -> "GatewaySpec":
        """Add a routing rule: last, first, or before the rule of that name."""
        rules = self.auto_routing.rules
        names = [old.name for old in rules]
        place = names.index(before) if before in names else 0 if first else len(rules)
        return self._with_rules((*rules[:place], rule, *rules[place:]))

    def without_rule(self, name: str) -> "GatewaySpec":
        """Leave out the routing rule of that name."""
        return self._with_rules(rule for rule in self.auto_routing.rules if rule.name != name)

    def _with_providers(self, providers: Iterable[Provider]) -> "GatewaySpec":
        return replace(self, providers=settled(providers))

    def _with_rules(self, rules: Iterable[RoutingRule]) -> "GatewaySpec":
        return replace(self, auto_routing=replace(self.auto_routing, rules=tuple(rules)))
