"""Providers and their keys: added, changed, removed and listed."""

from msgspec import Struct
from msgspec.structs import replace

from aigw import catalog
from aigw.errors import BadUsage
from aigw.operations.change import Effect, change
from aigw.operations.draft import Draft
from aigw.operations.key_check import check_keys
from aigw.operations.look import look_at_draft
from aigw.operations.near import meant
from aigw.operations.provider_edit import ProviderWanted, meaning, with_provider
from aigw.operations.provider_notes import tell, tell_lost
from aigw.operations.shown import masked
from aigw.operations.world import DEFAULT_GATEWAY, World
from aigw.spec.default_patterns import settled
from aigw.spec.gateway import GatewaySpec
from aigw.spec.provider import Provider
from aigw.spec.secret import Stored
from aigw.spec.serving import ServingTable


class ProviderSummary(Struct, frozen=True, kw_only=True):
    """A provider after a change; `keys` are masked, or say where they are."""

    id: str
    type: str
    models: tuple[str, ...]
    keys: tuple[str, ...]


class ProviderChanged(Struct, frozen=True, kw_only=True):
    """A provider was added, changed or removed.

    `created` says that it is new; `rules_removed` names the rules that went with it, and
    `default_removed` the default model, without which auto-routing is off. `changed` is false
    where it was so already.
    """

    gateway: str
    provider: ProviderSummary
    created: bool
    applied: bool
    generation: str | None
    rules_removed: tuple[str, ...] = ()
    default_removed: str = ""
    changed: bool = True


def before_adding(world: World, gateway: str) -> Draft:
    """Return what a provider is to be added to; the default gateway need not exist yet."""
    return look_at_draft(world, gateway, new=gateway == DEFAULT_GATEWAY)


def add_provider(
    world: World, gateway: str, wanted: ProviderWanted, *, check: bool
) -> ProviderChanged:
    """Add a provider or change it; with `check` the provider is asked whether it takes the keys.

    The default gateway is made where it does not exist. Raises BadUsage for what cannot be, and
    for a key that the provider refuses.
    """
    before = before_adding(world, gateway)
    about = meaning(before.spec, wanted)
    if check:
        check_keys(world, before, wanted)
    effect = change(world, gateway, lambda draft: with_provider(draft, wanted), new=True)
    provider = find_provider(effect.spec, about.id)
    tell(world, provider, wanted)
    tell_lost(world, effect.before, effect.spec, provider.id)
    created = effect.before.provider(about.id) is None
    return _changed(gateway, provider, effect, created=created)


def remove_provider(world: World, gateway: str, name: str, *, force: bool) -> ProviderChanged:
    """Remove a provider with its keys; with `force` also the rules that need it.

    Raises BadUsage when there is none of that id or type, and when rules need it.
    """

    def without(draft: Draft) -> Draft:
        gone = find_provider(draft.spec, name)
        spec = without_provider(draft.spec, gone, force=force)
        keys = {one: kept for one, kept in draft.keys.items() if one != gone.id}
        return Draft(spec=spec, keys=keys)

    effect = change(world, gateway, without)
    kept = {rule.name for rule in effect.spec.auto_routing.rules}
    rules = (rule.name for rule in effect.before.auto_routing.rules)
    default = effect.before.auto_routing.default
    gone = find_provider(effect.before, name)
    result = _changed(gateway, gone, effect, created=False)
    return replace(
        result,
        rules_removed=tuple(rule for rule in rules if rule not in kept),
        default_removed="" if effect.spec.auto_routing.default else default,
    )


def remove_key(world: World, gateway: str, name: str, ending: str) -> ProviderChanged:
    """Remove the one stored key of a provider that ends so; raises BadUsage for none or several."""

    def without(draft: Draft) -> Draft:
        provider = find_provider(draft.spec, name)
        stored = draft.keys.get(provider.id, ())
        found = [key for key in stored if key.ends_with(ending)]
        if len(found) != 1:
            count = f"{len(found)} keys" if found else "no key"
            verb = "end" if found else "ends"
            words = f"{count} of `{provider.id}` {verb} as --key-ending says"
            raise BadUsage(words, hint="aigw config list")
        left = tuple(key for key in stored if key != found[0])
        ptype = catalog.find(provider.type)
        if not left and len(provider.keys) == 1 and ptype is not None and ptype.key_required:
            hint = f"aigw config remove --provider {provider.id}"
            raise BadUsage(f"it is the only key of `{provider.id}`", hint=hint)
        sources = tuple(one for one in provider.keys if left or one != Stored())
        spec = draft.spec.with_provider(replace(provider, keys=sources))
        return Draft(spec=spec, keys={**draft.keys, provider.id: left})

    effect = change(world, gateway, without)
    changed = find_provider(effect.spec, name)
    return _changed(gateway, changed, effect, created=False)


def find_provider(spec: GatewaySpec, name: str) -> Provider:
    """Return the provider of that id, else the only one of that type; raises BadUsage."""
    provider = spec.provider(name)
    ptype = catalog.find(name)
    alike = [one for one in spec.providers if ptype is not None and one.type == ptype.id]
    if provider is not None or len(alike) == 1:
        return provider or alike[0]
    ids = [one.id for one in alike or spec.providers]
    if alike:
        message = f"several providers are of type {name}: {', '.join(ids)}; name one with --id"
        raise BadUsage(message)
    raise BadUsage(f"there is no provider `{name}`{meant(name, ids)}", hint="aigw config list")


def without_provider(spec: GatewaySpec, gone: Provider, *, force: bool) -> GatewaySpec:
    """Leave a provider out, and with `force` what then nobody serves; raises BadUsage without."""
    left = spec.without_provider(gone.id)
    left = replace(left, providers=settled(left.providers))
    auto, table = left.auto_routing, ServingTable.of(left)
    rules = tuple(rule for rule in auto.rules if table.serve(rule.model) is not None)
    needed = [f"rule `{rule.name}`" for rule in auto.rules if rule not in rules]
    lost_default = bool(auto.default) and table.serve(auto.default) is None
    if lost_default:
        needed.append(f"the default model `{auto.default}`")
    if needed and not force:
        hint = f"aigw config remove --provider {gone.id} --force  (removes those too)"
        raise BadUsage(f"provider `{gone.id}` is needed by {', '.join(needed)}", hint=hint)
    if lost_default:
        auto = replace(auto, enabled=False, default="")
    return replace(left, auto_routing=replace(auto, rules=rules))


def _changed(gateway: str, provider: Provider, effect: Effect, *, created: bool) -> ProviderChanged:
    return ProviderChanged(
        gateway=gateway,
        provider=ProviderSummary(
            id=provider.id,
            type=provider.type,
            models=tuple(pattern.text for pattern in provider.models),
            keys=masked(provider, effect.keys),
        ),
        created=created,
        applied=effect.applied,
        generation=effect.generation,
        changed=effect.changed,
    )
