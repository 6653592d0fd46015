"""Which model patterns a provider has when the user chose none."""

from collections.abc import Iterable

from msgspec.structs import replace

from aigw import catalog
from aigw.spec.provider import ModelPattern, Provider


def settled(providers: Iterable[Provider]) -> tuple[Provider, ...]:
    """Give every provider without patterns of its own the catalogue's, but for those taken already.

    Taken is what any provider was given, and what an earlier one has by default.
    """
    given = tuple(providers)
    taken = {
        pattern for provider in given if provider.patterns_given for pattern in provider.models
    }
    result = []
    for provider in given:
        if not provider.patterns_given:
            patterns = tuple(text for text in _defaults(provider) if text not in taken)
            taken.update(patterns)
            provider = replace(provider, models=patterns)
        result.append(provider)
    return tuple(result)


def _defaults(provider: Provider) -> tuple[ModelPattern, ...]:
    ptype = catalog.find(provider.type)
    return tuple(map(ModelPattern, ptype.default_patterns(provider.options))) if ptype else ()
