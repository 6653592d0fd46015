"""A provider as it was asked for, laid over what is there."""

from collections.abc import Iterable, Mapping

from msgspec import Struct
from msgspec.structs import replace

from aigw import catalog
from aigw.catalog.options import OptionValue, option_value
from aigw.catalog.provider_type import ProviderType
from aigw.catalog.target import resolve
from aigw.errors import BadUsage
from aigw.operations.draft import Draft
from aigw.operations.near import meant
from aigw.spec.contradictions import placed_by_option, unusable
from aigw.spec.gateway import EngineName, GatewaySpec
from aigw.spec.provider import ModelPattern, Provider
from aigw.spec.secret import KeySource, Secret, Stored


class ProviderWanted(Struct, frozen=True, kw_only=True):
    """What was asked for; whatever is empty stays as it is.

    `type` is an id or alias of the catalogue, empty where `id` names a configured provider; `id`
    is empty for the type's own. `secrets` are kept in `credentials.yaml`, `references` are where
    other keys are; both replace the keys that are there unless `append`. `options` are texts; an
    empty text takes an option, and an empty target a mapping, away. `by_flags` says that it was
    asked for by flags of `start`.
    """

    type: str = ""
    id: str = ""
    secrets: tuple[Secret, ...] = ()
    references: tuple[KeySource, ...] = ()
    append: bool = False
    models: tuple[str, ...] = ()
    url: str = ""
    options: Mapping[str, str] = {}
    model_map: Mapping[str, str] = {}
    by_flags: bool = False


class Meant(Struct, frozen=True, kw_only=True):
    """The id and the type that a request is about, and the provider if it is configured."""

    id: str
    type: ProviderType
    configured: Provider | None


def meaning(spec: GatewaySpec, wanted: ProviderWanted) -> Meant:
    """Say which provider is meant; raises BadUsage for an unknown type, or another one's id."""
    if spec.provider(wanted.type) and catalog.find(wanted.type) is None:
        name = wanted.type
        message = f"`{name}` is the id of a provider here: --id {name}"
        raise BadUsage(message, hint=f"aigw config add --id {name}")
    configured = spec.provider(wanted.id) if wanted.id else None
    if not wanted.type and configured is None:
        there = f"there is no provider `{wanted.id}` yet; " if wanted.id else ""
        raise BadUsage(f"{there}name a type with --provider", hint="aigw config providers")
    ptype = _usable_type(wanted.type or (configured.type if configured else ""), spec.engine)
    provider_id = wanted.id or ptype.id
    configured = spec.provider(provider_id)
    if configured is not None and configured.type != ptype.id:
        raise BadUsage(
            f"provider `{provider_id}` is of type {configured.type}, not {ptype.id}",
            hint=f"aigw config add --provider {ptype.id} --id OTHER",
        )
    return Meant(id=provider_id, type=ptype, configured=configured)


def with_provider(draft: Draft, wanted: ProviderWanted) -> Draft:
    """Add the provider, or change the one that is there."""
    about = meaning(draft.spec, wanted)
    old = about.configured or _new(about)
    provider = replace(
        old,
        models=tuple(map(ModelPattern, wanted.models)) or old.models,
        patterns_given=bool(wanted.models) or old.patterns_given,
        keys=_sources(old, wanted),
        url=wanted.url or old.url,
        options=_options(about.type, old.options, wanted.options),
        model_map=_laid_over(old.model_map, wanted.model_map),
    )
    if not placed_by_option(about.type, provider.options, draft.spec.engine):
        _check_place(about, provider, wanted)
    keys = {**draft.keys, about.id: _stored(draft.keys.get(about.id, ()), wanted)}
    return replace(draft, spec=draft.spec.with_provider(provider), keys=keys)


def known_type(name: str) -> ProviderType:
    """Return the type of that id or alias; raises BadUsage, naming those that are near."""
    ptype = catalog.find(name)
    if ptype is None:
        near = " or ".join(f"`{other}`" for other in catalog.near(name))
        question = f"; did you mean {near}?" if near else ""
        raise BadUsage(
            f"there is no provider type `{name}`{question}", hint="aigw config providers"
        )
    return ptype


def _check_place(about: Meant, provider: Provider, wanted: ProviderWanted) -> None:
    """Raise BadUsage where it cannot be known what address the provider has."""
    try:
        resolve(about.type, provider.options, provider.url)
    except BadUsage as error:
        if not error.hint:
            raise
        from aigw.operations.provider_hints import completing  # late: only this error needs it

        message = error.message
        if about.type.needs_url and not provider.url:
            where = ", for which `start` has no flag" if wanted.by_flags else ": --url"
            message = f"{about.type.id} needs a URL{where}"
        raise BadUsage(message, hint=completing(about, wanted)) from error


def _usable_type(name: str, engine: EngineName) -> ProviderType:
    ptype = known_type(name)
    if reason := unusable(ptype, engine):
        raise BadUsage(f"{ptype.id} {reason}")
    return ptype


def _new(about: Meant) -> Provider:
    return Provider(
        id=about.id,
        type=about.type.id,
        models=(),
        patterns_given=False,
        keys=(),
        url="",
        model_map={},
        options={},
    )


def _sources(old: Provider, wanted: ProviderWanted) -> tuple[KeySource, ...]:
    """Say where the keys are; without new ones the old ones stay."""
    new: tuple[KeySource, ...] = (*((Stored(),) if wanted.secrets else ()), *wanted.references)
    kept = old.keys if wanted.append or not new else ()
    return tuple(dict.fromkeys((*kept, *new)))


def _stored(old: tuple[Secret, ...], wanted: ProviderWanted) -> tuple[Secret, ...]:
    """Return the keys to keep; references that replace everything leave none."""
    if wanted.append:
        return tuple(dict.fromkeys((*old, *wanted.secrets)))
    replaced = wanted.secrets or wanted.references
    return tuple(dict.fromkeys(wanted.secrets)) if replaced else old


def _options(
    ptype: ProviderType, old: Mapping[str, OptionValue], texts: Mapping[str, str]
) -> dict[str, OptionValue]:
    values = dict(old)
    for name, text in texts.items():
        option = ptype.option(name)
        if option is None:
            known = [one.name for one in ptype.options]
            hint = f"aigw config providers {ptype.id}"
            raise BadUsage(f"{ptype.id} has no option `{name}`{meant(name, known)}", hint=hint)
        if text:
            values[name] = option_value(option, text)
        else:
            values.pop(name, None)
    return values


def _laid_over(old: Mapping[str, str], new: Mapping[str, str]) -> dict[str, str]:
    return {name: target for name, target in {**old, **new}.items() if target}


def split(texts: Iterable[str]) -> tuple[str, ...]:
    """Split comma lists, as the old script took them; blanks around an item are not part of it."""
    return tuple(part.strip() for text in texts for part in text.split(",") if part.strip())
