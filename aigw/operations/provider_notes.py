"""What a person should know of a provider that was added."""

from aigw import catalog
from aigw.operations.provider_edit import ProviderWanted
from aigw.operations.world import World
from aigw.spec.gateway import GatewaySpec
from aigw.spec.provider import Provider


def tell(world: World, provider: Provider, wanted: ProviderWanted) -> None:
    """Say what the catalogue warns of, and which of its models another provider serves."""
    ptype = catalog.find(provider.type)
    if ptype is None:
        return
    if ptype.warning and wanted.secrets:
        world.note(f"warning: {ptype.warning}")
    _tell_unasked(world, provider, wanted)
    if provider.patterns_given:
        return
    got = {pattern.text for pattern in provider.models}
    taken = [text for text in ptype.default_patterns(provider.options) if text not in got]
    if taken:
        world.note(
            f"{', '.join(taken)}: another provider serves these already; "
            f"ask for `{provider.id}/MODEL` to use {provider.id}"
        )


def _tell_unasked(world: World, provider: Provider, wanted: ProviderWanted) -> None:
    """Say which names of a new mapping no pattern lets clients ask for."""
    for name, target in wanted.model_map.items():
        if target and not any(pattern.matches(name) for pattern in provider.models):
            world.note(
                f"note: `{name}` is asked for as {provider.id}/{name} only: add it to --models"
            )


def tell_lost(world: World, before: GatewaySpec, after: GatewaySpec, changed: str) -> None:
    """Say which default patterns other providers no longer have, since `changed` was given them."""
    for old in before.providers:
        new = after.provider(old.id)
        kept = new.models if new else old.models
        lost = [pattern.text for pattern in old.models if pattern not in kept]
        if lost and old.id != changed:
            world.note(
                f"{', '.join(lost)}: served by {changed} instead of {old.id} from now on; "
                f"ask for `{old.id}/MODEL` to use {old.id}"
            )
