"""What a user wants of one gateway."""

from dataclasses import dataclass, replace
from enum import StrEnum

from aigw.spec.provider import Provider
from aigw.spec.routing import AutoRouting


class EngineName(StrEnum):
    """What was asked to run the gateway."""

    AUTO = "auto"
    HIGRESS = "higress"
    ENVOY = "envoy"


@dataclass(frozen=True, slots=True, kw_only=True)
class Listen:
    """Where the gateway listens; `https` and `console` are used by the Higress engine."""

    address: str = "127.0.0.1"
    http: int = 8080
    https: int = 8443
    console: int = 8001


@dataclass(frozen=True, slots=True, kw_only=True)
class GatewaySpec:
    """A whole `gateway.yaml`, checked and with its defaults filled in."""

    engine: EngineName = EngineName.AUTO
    listen: Listen = Listen()
    providers: tuple[Provider, ...] = ()
    auto_routing: AutoRouting = AutoRouting()

    def provider(self, provider_id: str) -> Provider | None:
        """Return the provider of that id."""
        return next((provider for provider in self.providers if provider.id == provider_id), None)

    def with_provider(self, provider: Provider) -> "GatewaySpec":
        """Add a provider, or replace the one of the same id where it stands."""
        if self.provider(provider.id) is None:
            return replace(self, providers=(*self.providers, provider))
        return replace(self, providers=tuple(provider if old.id == provider.id else old for old in self.providers))

    def without_provider(self, provider_id: str) -> "GatewaySpec":
        """Leave out the provider of that id."""
        return replace(self, providers=tuple(old for old in self.providers if old.id != provider_id))
