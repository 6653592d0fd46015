"""The providers of a gateway, listed."""

from collections.abc import Mapping

from msgspec import Struct

from aigw import catalog
from aigw.catalog.options import OptionValue
from aigw.catalog.provider_type import Api, ProviderType
from aigw.catalog.target import PORTS, resolve
from aigw.operations.look import look_at_draft
from aigw.operations.shown import masked
from aigw.operations.world import World
from aigw.spec.contradictions import placed_by_option
from aigw.spec.gateway import EngineName
from aigw.spec.provider import Provider
from aigw.state.secrets import KeyRing


class ProviderShown(Struct, frozen=True, kw_only=True):
    """A provider as it is listed; `url` is the base of its chat endpoint's address."""

    id: str
    type: str
    label: str
    models: tuple[str, ...]
    keys: tuple[str, ...]
    url: str
    options: Mapping[str, OptionValue]
    model_map: Mapping[str, str]


class ProvidersListed(Struct, frozen=True, kw_only=True):
    """All providers of a gateway."""

    gateway: str
    providers: tuple[ProviderShown, ...]


def list_providers(world: World, gateway: str) -> ProvidersListed:
    """Return the providers of a gateway, running or not."""
    draft = look_at_draft(world, gateway)
    return ProvidersListed(
        gateway=gateway,
        providers=tuple(_shown(world, one, draft.keys) for one in draft.spec.providers),
    )


def _shown(world: World, provider: Provider, keys: KeyRing) -> ProviderShown:
    ptype = catalog.find(provider.type)
    assert ptype is not None
    return ProviderShown(
        id=provider.id,
        type=provider.type,
        label=ptype.label(chinese=world.chinese),
        models=tuple(pattern.text for pattern in provider.models),
        keys=masked(provider, keys),
        url=address(ptype, provider),
        options=provider.options,
        model_map=provider.model_map,
    )


def address(ptype: ProviderType, provider: Provider) -> str:
    """Return where requests of the chat API go, without the key; `demo` for the demo provider."""
    told = placed_by_option(ptype, provider.options, EngineName.HIGRESS)
    if told and not provider.url:
        return told.partition("?")[0]
    target = resolve(ptype, provider.options, provider.url)
    if target.socket:
        return target.socket
    port = "" if target.port == PORTS[target.scheme] else f":{target.port}"
    host = f"[{target.host}]" if ":" in target.host else target.host
    path = next(iter(target.paths.values()), "")
    return f"{target.scheme}://{host}{port}{target.paths.get(Api.CHAT, path)}"
