"""Facts about the kinds of LLM provider, read from `providers.json` only when asked for."""

from collections.abc import Mapping
from functools import cache
from pathlib import Path

from msgspec import json

from aigw.catalog.provider_type import ProviderType

COMPILED = Path(__file__).with_name("providers.json")
SHORTEST_PART = 3  # letters that say enough to be searched for inside other names


@cache
def _types() -> Mapping[str, ProviderType]:
    """Return the types by id."""
    return json.decode(COMPILED.read_bytes(), type=dict[str, ProviderType])


@cache
def _ids() -> Mapping[str, str]:
    """Return the id behind every name in lower case."""
    return {name.lower(): type_id for type_id, ptype in _types().items() for name in ptype.names()}


def find(name: str) -> ProviderType | None:
    """Return the type of that id or alias, whatever its case."""
    type_id = _ids().get(name.lower())
    return None if type_id is None else _types()[type_id]


def every() -> tuple[ProviderType, ...]:
    """Return all types in the order of the catalogue."""
    return tuple(_types().values())


def near(name: str) -> tuple[str, ...]:
    """Return the ids of up to three types that an unknown `name` may mean, the likeliest first."""
    from difflib import get_close_matches  # slow to import, and only an error needs it

    ids, wanted = _ids(), name.lower()
    long = [known for known in ids if min(len(wanted), len(known)) >= SHORTEST_PART]
    begun = [known for known in long if known.startswith(wanted)]
    alike = get_close_matches(wanted, ids, n=6, cutoff=0.6)
    inside = [known for known in long if wanted in known or known in wanted]
    return tuple(dict.fromkeys(ids[known] for known in (*begun, *alike, *inside)))[:3]
