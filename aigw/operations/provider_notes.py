"""What a person should know of a provider that was added."""

from aigw import catalog
from aigw.operations.provider_edit import ProviderWanted
from aigw.operations.world import World
from aigw.spec.provider import Provider


def tell(world: World, provider: Provider, wanted: ProviderWanted) -> None:
    """Say what the catalogue warns of, and which of its models another provider serves."""
    ptype = catalog.find(provider.type)
    if ptype is None:
        return
    if ptype.warning and wanted.secrets:
        world.note(f"warning: {ptype.warning}")
    if provider.patterns_given:
        return
    got = {pattern.text for pattern in provider.models}
    taken = [text for text in ptype.default_patterns(provider.options) if text not in got]
    if taken:
        world.note(
            f"{', '.join(taken)}: another provider serves these already; "
            f"ask for `{provider.id}/MODEL` to use {provider.id}"
        )
