"""What can be asked of a gateway at once, for whoever has just made it."""

from msgspec import Struct

from aigw import catalog
from aigw.catalog.provider_type import Api
from aigw.operations.lifecycle import Started
from aigw.operations.world import World
from aigw.spec.gateway import EngineName, GatewaySpec
from aigw.spec.routing import AUTO_MODELS
from aigw.spec.serving import listed
from aigw.state.document import load


class Samples(Struct, frozen=True, kw_only=True):
    """Models for a chat: one by its name, empty where none is known, and the one that is chosen."""

    named: str
    auto: str


def samples(world: World, started: Started) -> Samples:
    """Say what a first chat can be asked for."""
    spec = load(world.home.existing(started.gateway), rules=False)
    auto = AUTO_MODELS[-1] if spec.auto_routing.enabled else ""
    return Samples(named=known_model(spec, EngineName(started.engine)), auto=auto)


def known_model(spec: GatewaySpec, engine: EngineName = EngineName.HIGRESS) -> str:
    """Return a chat model that is known to be served; empty if there is none.

    The embedded engine passes a chat only to providers whose own API has chats.
    """
    others = {model.id for t in catalog.every() for model in t.models if model.kind != "chat"}
    others.update(AUTO_MODELS)
    silent = {
        one.id for one in spec.providers if engine is EngineName.ENVOY and not _chats(one.type)
    }
    return next(
        (one.id for one in listed(spec) if one.id not in others and one.owned_by not in silent), ""
    )


def _chats(type_id: str) -> bool:
    ptype = catalog.find(type_id)
    return ptype is not None and Api.CHAT in ptype.endpoints
