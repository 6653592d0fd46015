"""Which keys are missing, and whether a provider takes those that are given."""

from typing import TYPE_CHECKING

from msgspec import Struct

from aigw.catalog.target import resolve
from aigw.errors import BadUsage, SpecInvalid
from aigw.operations.draft import Draft, edited
from aigw.operations.provider_edit import ProviderWanted, meaning, with_provider
from aigw.operations.world import World
from aigw.spec.contradictions import placed_by_option
from aigw.spec.secret import Secret
from aigw.state.secrets import resolve as find_keys

if TYPE_CHECKING:  # slow to import
    from aigw.clients.http import KeyVerdict

CHECK_SECONDS = 3.0


class KeyNeeded(Struct, frozen=True, kw_only=True):
    """A provider without a key, and the first of its variables that is set (or empty)."""

    provider: str
    variable: str


def key_needed(world: World, before: Draft, wanted: ProviderWanted) -> KeyNeeded | None:
    """Say that a provider would have no key though its type needs one; None when all is well."""
    about = meaning(before.spec, wanted)
    has = wanted.secrets or wanted.references or (about.configured and about.configured.keys)
    if has or not about.type.key_required:
        return None
    variables = about.type.key_variables
    return KeyNeeded(
        provider=about.id,
        variable=next((one for one in variables if world.environ.get(one)), ""),
    )


def options_at_hand(
    world: World, before: Draft, wanted: ProviderWanted
) -> tuple[tuple[str, str], ...]:
    """Return required options that were not given, with the variable that is set for each."""
    about = meaning(before.spec, wanted)
    known = about.configured.options if about.configured else {}
    missing = [
        field
        for field in about.type.options
        if field.required and field.name not in {*wanted.options, *known}
    ]
    return tuple(
        (field.name, variable)
        for field in missing
        if (variable := next((one for one in field.variables if world.environ.get(one)), ""))
    )


def check_keys(world: World, before: Draft, wanted: ProviderWanted) -> None:
    """Ask the provider about every new key; raises BadUsage when it refuses one."""
    from aigw.clients.http import check_key  # late: HTTP is slow to import

    draft = edited(before, lambda old: with_provider(old, wanted))
    about = meaning(draft.spec, wanted)
    provider = about.configured
    assert provider is not None
    if placed_by_option(about.type, provider.options, draft.spec.engine):
        world.note(f"note: {about.id} is not asked about the key: its address is Higress' own")
        return
    target = resolve(about.type, provider.options, provider.url)
    for key in _new_keys(world, draft, wanted, about.id):
        with world.waiting(f"asking {target.host} whether it takes the key"):
            verdict = check_key(target, key, timeout=CHECK_SECONDS)
        world.step(f"{target.host}: key {key} {verdict.state} {verdict.detail}".rstrip())
        _judge(world, about.id, key, verdict)


def _new_keys(
    world: World, draft: Draft, wanted: ProviderWanted, provider_id: str
) -> tuple[Secret, ...]:
    """Return the keys that were given; those that a reference names, where it can be had now."""
    if not wanted.references:
        return wanted.secrets
    try:
        return find_keys(draft.spec, draft.keys, world.environ)[provider_id]
    except SpecInvalid:
        return wanted.secrets


def _judge(world: World, provider: str, key: Secret, verdict: "KeyVerdict") -> None:
    from aigw.clients.http import KeyState  # late: as above

    match verdict.state:
        case KeyState.REJECTED:
            message = f"{provider} refuses the key {key}: {verdict.detail}"
            raise BadUsage(message, hint="give another key, or --no-check to keep this one")
        case KeyState.UNREACHABLE:
            world.note(f"warning: {provider} could not be asked about the key: {verdict.detail}")
        case KeyState.ACCEPTED | KeyState.UNKNOWN:
            pass
