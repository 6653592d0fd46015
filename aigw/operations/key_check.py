"""Which keys are missing, and whether a provider takes those that are given."""

from dataclasses import dataclass

from aigw.operations.change import look_at_draft
from aigw.operations.draft import Draft, edited
from aigw.operations.provider_edit import ProviderWanted, meaning, with_provider
from aigw.operations.world import World

CHECK_SECONDS = 3.0


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyNeeded:
    """A provider without a key: its variables, and the first of them that is set (or empty)."""

    provider: str
    type: str
    variables: tuple[str, ...]
    variable: str


def key_needed(world: World, gateway: str, wanted: ProviderWanted) -> KeyNeeded | None:
    """Say that a provider would have no key though its type needs one; None when all is well."""
    about = meaning(look_at_draft(world, gateway, create=True).spec, wanted)
    has = wanted.secrets or wanted.references or (about.configured and about.configured.keys)
    if has or not about.type.key_required:
        return None
    variables = about.type.key_variables
    return KeyNeeded(
        provider=about.id,
        type=about.type.id,
        variables=variables,
        variable=next((one for one in variables if world.environ.get(one)), ""),
    )


def check_keys(world: World, before: Draft, wanted: ProviderWanted) -> None:
    """Ask the provider whether it takes the keys."""
    edited(before, lambda draft: with_provider(draft, wanted))
