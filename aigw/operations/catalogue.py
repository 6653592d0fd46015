"""What kinds of provider there are."""

from msgspec import Struct

from aigw import catalog
from aigw.catalog.provider_type import OptionField, ProviderType
from aigw.operations.provider_edit import known_type
from aigw.operations.world import World


class OptionShown(Struct, frozen=True, kw_only=True):
    """An option of a type: what `--set NAME=VALUE` takes."""

    name: str
    kind: str
    default: object
    required: bool
    choices: tuple[str, ...]
    help: str
    engines: tuple[str, ...]


class TypeShown(Struct, frozen=True, kw_only=True):
    """A type of provider; `unusable` says why the embedded engine cannot run it (empty: it can)."""

    id: str
    label: str
    aliases: tuple[str, ...]
    key_variables: tuple[str, ...]
    key_required: bool
    models: tuple[str, ...]
    apis: tuple[str, ...]
    url: str
    options: tuple[OptionShown, ...]
    unusable: str
    instead: str
    warning: str
    notes: tuple[str, ...]


class TypesListed(Struct, frozen=True, kw_only=True):
    """Types of provider in the order of the catalogue."""

    providers: tuple[TypeShown, ...]


def list_types(world: World, name: str | None) -> TypesListed:
    """Return all types, or the one of that name; raises BadUsage when there is none."""
    types = catalog.every() if name is None else (known_type(name),)
    return TypesListed(providers=tuple(_shown(ptype, world) for ptype in types))


def _shown(ptype: ProviderType, world: World) -> TypeShown:
    return TypeShown(
        id=ptype.id,
        label=ptype.label(chinese=world.chinese),
        aliases=ptype.aliases,
        key_variables=ptype.key_variables,
        key_required=ptype.key_required,
        models=ptype.patterns,
        apis=tuple(str(api) for api in ptype.endpoints),
        url="" if ptype.needs_url else ptype.base_url,
        options=tuple(map(_option, ptype.options)),
        unusable=ptype.engines.get("envoy", ""),
        instead=ptype.instead,
        warning=ptype.warning,
        notes=ptype.notes,
    )


def _option(field: OptionField) -> OptionShown:
    return OptionShown(
        name=field.name,
        kind=field.kind,
        default=field.default,
        required=field.required,
        choices=field.choices,
        help=field.help,
        engines=field.engines,
    )
