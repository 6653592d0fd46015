"""How a list or a mapping of a document changed: items are told apart by id, name or value."""

from collections.abc import Iterator, Mapping, Sequence

from msgspec import Struct

from aigw.state.writing import inline

START = -1


class Difference(Struct, frozen=True, kw_only=True):
    """Places count the old items: `kept` says what each is now, `added` what follows it.

    What comes before all that stayed follows START.
    """

    removed: frozenset[int]
    kept: Mapping[int, object]
    added: Mapping[int, Sequence[object]]


def changed_keys(old: Mapping[str, object], new: Mapping[str, object]) -> Iterator[str]:
    """Yield the keys that came, went or have another value, those of `old` first."""
    for key in {**old, **new}:
        if key not in old or key not in new or old[key] != new[key]:
            yield key


def difference(old: Sequence[object], new: Sequence[object]) -> Difference | None:
    """Say how a list changed; None when items moved, are twice there, or none stayed."""
    before, after = [_identity(item) for item in old], [_identity(item) for item in new]
    places = {identity: place for place, identity in enumerate(before)}
    stayed = [places[identity] for identity in after if identity in places]
    unclear = len(places) < len(before) or len(set(after)) < len(after)
    if unclear or not stayed or stayed != sorted(stayed):
        return None
    added: dict[int, list[object]] = {}
    place = START
    for item, identity in zip(new, after, strict=True):
        place = places.get(identity, place)
        if identity not in places:
            added.setdefault(place, []).append(item)
    values = dict(zip(after, new, strict=True))
    return Difference(
        removed=frozenset(range(len(old))) - frozenset(stayed),
        kept={place: values[before[place]] for place in stayed},
        added=added,
    )


def _identity(item: object) -> str:
    match item:
        case {"id": str(name)} | {"name": str(name)}:
            return name
        case _:
            return inline(item)
