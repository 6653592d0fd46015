"""Options of `start` for every provider of the catalogue, and what their values say."""

from collections.abc import Iterator
from typing import Annotated, Any

import typer
from msgspec import Struct, defstruct

from aigw import catalog
from aigw.catalog.provider_type import OptionField, ProviderType
from aigw.cli.keys import secrets_of
from aigw.errors import BadUsage
from aigw.operations.provider_edit import ProviderWanted, split

KEYS = "Keys, several with commas; other users see them in the list of processes"
MODELS = "Models, as patterns with commas"
OPTIONS = "Options of providers"


def with_provider_flags(base: type[Struct]) -> type[Any]:
    """Add a field for every flag of the catalogue to a Struct of options."""
    fields = [
        (name, annotation, None) for ptype in catalog.every() for name, annotation in _flags(ptype)
    ]
    return defstruct(base.__name__, fields, bases=(base,), frozen=True, kw_only=True)


def providers_wanted(options: object) -> tuple[ProviderWanted, ...]:
    """Return what the flags say, one value for each type that was named; raises BadUsage."""
    found = (_wanted(ptype, options) for ptype in catalog.every())
    return tuple(wanted for wanted in found if wanted is not None)


def _wanted(ptype: ProviderType, options: object) -> ProviderWanted | None:
    keys: list[str] | None = getattr(options, _name(ptype, "key"), None)
    models: list[str] | None = getattr(options, _name(ptype, "models"), None)
    settings = dict(_settings(ptype, options))
    if not (keys or models or settings):
        return None
    patterns = split(models or ())
    if models and not patterns:
        raise BadUsage(f"{ptype.models_flags[0]} names no model")
    return ProviderWanted(
        type=ptype.id,
        secrets=secrets_of(keys or ()),
        models=patterns,
        options=settings,
        by_flags=True,
    )


def _settings(ptype: ProviderType, options: object) -> Iterator[tuple[str, str]]:
    for field in ptype.options:
        value = getattr(options, _name(ptype, field.name), None)
        if value is not None:
            yield field.name, str(value).lower() if isinstance(value, bool) else str(value)


def _flags(ptype: ProviderType) -> Iterator[tuple[str, object]]:
    if ptype.key_flags:
        key = typer.Option(
            *ptype.key_flags, metavar="KEY", help=ptype.label_en, rich_help_panel=KEYS
        )
        yield _name(ptype, "key"), Annotated[list[str] | None, key]
    if ptype.models_flags:
        models = typer.Option(
            *ptype.models_flags, metavar="PATTERNS", help=_patterns(ptype), rich_help_panel=MODELS
        )
        yield _name(ptype, "models"), Annotated[list[str] | None, models]
    for field in ptype.options:
        if field.flags:
            yield _name(ptype, field.name), _option(field)


def _option(field: OptionField) -> object:
    flag = typer.Option(
        *field.flags, metavar=_metavar(field), help=field.help, rich_help_panel=OPTIONS
    )
    return Annotated[bool | None, flag] if field.kind == "boolean" else Annotated[str | None, flag]


def _metavar(field: OptionField) -> str | None:
    return None if field.kind == "boolean" else "VALUE"


def _patterns(ptype: ProviderType) -> str:
    return f"Else {', '.join(ptype.patterns)}." if ptype.patterns else f"Of {ptype.label_en}."


def _name(ptype: ProviderType, what: str) -> str:
    """Return a name that Python takes and no other option has."""
    return f"of_{ptype.id}_{what}".replace("-", "_")
