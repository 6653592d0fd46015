"""What a person should know of a provider that was added."""

from aigw import catalog
from aigw.operations.provider_edit import ProviderWanted
from aigw.operations.world import World
from aigw.spec.gateway import GatewaySpec
from aigw.spec.provider import Provider

_ZHIPU, _SITE = "zhipuai", "zhipuDomain"


def tell(world: World, provider: Provider, wanted: ProviderWanted) -> None:
    """Say what the catalogue warns of, and which of its models another provider serves."""
    ptype = catalog.find(provider.type)
    if ptype is None:
        return
    if ptype.warning and wanted.secrets:
        world.note(f"warning: {ptype.warning}")
    _tell_unasked(world, provider, wanted)
    _tell_site(world, provider, wanted)
    if provider.patterns_given:
        return
    got = {pattern.text for pattern in provider.models}
    taken = [text for text in ptype.default_patterns(provider.options) if text not in got]
    if taken:
        world.note(
            f"{', '.join(taken)}: another provider serves these already; "
            f"ask for `{provider.id}/MODEL` to use {provider.id}"
        )


def _tell_site(world: World, provider: Provider, wanted: ProviderWanted) -> None:
    """Say which of two sites is asked where that was not said: keys of one are none of the other.

    In China it is the usual one.
    """
    given = _SITE in provider.options or provider.url or not (wanted.secrets or wanted.references)
    if provider.type != _ZHIPU or given:
        return
    from aigw.clients.region import Region, local_zone, region  # late: reads the time zone

    if region(local_zone(world.environ)) is not Region.CHINA:
        world.note(
            f"note: {provider.id} is asked at open.bigmodel.cn, the site in China; for a key of "
            f"z.ai: `aigw config add --id {provider.id} --set {_SITE}=api.z.ai`"
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
