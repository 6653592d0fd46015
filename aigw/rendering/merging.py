"""Three trees made one: what is there, what we want, and what we had put there."""

import json
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from enum import Enum
from typing import Any, Final

from msgspec import Struct

from aigw.rendering.gson import gson
from aigw.rendering.store_yaml import dump_text, load
from aigw.rendering.template import Tree


class Nothing(Enum):
    """Stands where there is no value, not even null."""

    NOTHING = 0


NOTHING: Final = Nothing.NOTHING
NAMES = ("id", "name", "key")
SCOPES = ("service", "ingress", "domain")
"""What the console sorts rules by, in this order; a rule without one stands behind."""

Identity = tuple[object, ...]


class Merge(Struct, frozen=True, kw_only=True):
    """How trees are merged; `edited` hears each path where our own value was changed.

    With `known` it is known what we had applied: then any other value in our place is an edit.
    """

    edited: Callable[[str], None]
    known: bool

    def node(self, path: str, there: Tree, wanted: Tree, was: Tree) -> Tree:
        """Return what is to stand at a path."""
        if wanted is NOTHING:
            return there if was is NOTHING else self._rest(path, there, was)
        if there is NOTHING:
            if was is not NOTHING:
                self.edited(path)
            return wanted
        match there, wanted:
            case Mapping(), Mapping():
                return self._mapping(path, there, wanted, was if isinstance(was, Mapping) else {})
            case [list(), list()] if _named(there) and _named(wanted):
                return self._list(path, there, wanted, was if isinstance(was, list) else [])
            case [str(), str()] if (text := self._text(path, there, wanted, was)) is not None:
                return text
            case _:
                return self._value(path, there, wanted, was)

    def _rest(self, path: str, there: Tree, was: Tree) -> Tree:
        """Return what is left where we had put something that we want no more."""
        if isinstance(there, Mapping) and isinstance(was, Mapping):
            return self._mapping(path, there, {}, was) or NOTHING
        if isinstance(there, list) and isinstance(was, list) and _named(there) and _named(was):
            return self._list(path, there, [], was) or NOTHING
        if there is not NOTHING and not alike(there, was):
            self.edited(path)
        return NOTHING

    def _value(self, path: str, there: Tree, wanted: Tree, was: Tree) -> Tree:
        if alike(there, wanted):
            return there
        if self.known and (was is NOTHING or not alike(there, was)):
            self.edited(path)
        return wanted

    def _mapping(
        self,
        path: str,
        there: Mapping[str, Tree],
        wanted: Mapping[str, Tree],
        was: Mapping[str, Tree],
    ) -> dict[str, Tree]:
        merged = {
            name: self.node(
                f"{path}.{name}" if path else name,
                there.get(name, NOTHING),
                wanted.get(name, NOTHING),
                was.get(name, NOTHING),
            )
            for name in {**there, **wanted}
        }
        return {name: child for name, child in merged.items() if child is not NOTHING}

    def _list(
        self, path: str, there: Sequence[Tree], wanted: Sequence[Tree], was: Sequence[Tree]
    ) -> list[Tree]:
        """Merge objects by their names; new ones go to the end, as where the console adds them."""
        old, new, own = _by_identity(there), _by_identity(wanted), _by_identity(was)
        for identity in old:
            going = identity in own and identity not in new
            if going and not alike(old[identity], own[identity]):
                self.edited(f"{path}[{_shown(identity)}]")
        kept = [identity for identity in old if identity in new or identity not in own]
        order = [*kept, *(identity for identity in new if identity not in old)]
        merged = [
            self.node(
                f"{path}[{_shown(identity)}]",
                old.get(identity, NOTHING),
                new.get(identity, NOTHING),
                own.get(identity, NOTHING),
            )
            for identity in order
        ]
        return sorted(merged, key=_rule_order) if all(map(_is_rule, merged)) else merged

    def _text(self, path: str, there: str, wanted: str, was: Tree) -> str | None:
        """Merge what two texts hold; None where they hold no trees."""
        holds = _json if wanted.startswith("{") else _yaml
        old, new = holds(there), holds(wanted)
        if old is None or new is None:
            return None
        own = (holds(was) if isinstance(was, str) else None) or {}
        merged = self._mapping(path, old, new, own)
        if alike(merged, old):
            return there
        if alike(merged, new):
            return wanted
        return gson(merged) if holds is _json else dump_text(merged)


def undo(there: Tree, attempt: Tree, was: Tree) -> Tree:
    """Return a tree without what an attempt did to it, where nobody has changed that since.

    Any of them may be NOTHING; `was` is what stood in our place before.
    """
    if alike(attempt, was):
        return there
    match there, attempt, was:
        case Mapping(), Mapping(), Mapping():
            return _undone(there, attempt, was)
        case [list(), list(), list()] if all(map(_named, (there, attempt, was))):
            return list(_undone(*map(_by_identity, (there, attempt, was))).values())
        case _:
            return was if alike(there, attempt) else there


def _undone(
    there: Mapping[Any, Tree], attempt: Mapping[Any, Tree], was: Mapping[Any, Tree]
) -> dict[Any, Tree]:
    left = {
        name: undo(there.get(name, NOTHING), attempt.get(name, NOTHING), was.get(name, NOTHING))
        for name in {**there, **was}
    }
    return {name: child for name, child in left.items() if child is not NOTHING}


def alike(one: Tree, other: Tree) -> bool:
    """Say whether two trees mean the same in a store; a null member is as good as none."""
    match one, other:
        case Mapping(), Mapping():
            return all(
                alike(one.get(name), other.get(name)) for name in dict.fromkeys((*one, *other))
            )
        case ((list() | tuple()), (list() | tuple())):
            return len(one) == len(other) and all(map(alike, one, other))
        case str(), str():
            if one == other or (held := _json(one)) is None:
                return one == other
            return alike(held, _json(other))
        case _:
            truths = isinstance(one, bool), isinstance(other, bool)  # to Python they are numbers
            return truths[0] == truths[1] and one == other


def held(text: str) -> dict[str, Any] | None:
    """Return the tree that a text holds, as JSON or as YAML; None where it holds none."""
    return _json(text) if text.startswith("{") else _yaml(text)


def _json(text: str) -> dict[str, Any] | None:
    if not text.startswith("{"):
        return None
    try:
        tree = json.loads(text)
    except (ValueError, RecursionError):
        return None
    return tree if isinstance(tree, dict) else None


def _yaml(text: str) -> dict[str, Any] | None:
    if "\n" not in text:
        return None
    try:
        return load(text)
    except ValueError:
        return None


def _named(items: Sequence[Tree]) -> bool:
    return all(_identity(item) for item in items)


def _identity(item: Tree) -> Identity:
    """Return what tells an object from others in its list; empty where nothing does."""
    if not isinstance(item, Mapping):
        return ()
    name = next((item[name] for name in NAMES if isinstance(item.get(name), str)), None)
    return _scopes(item) if name is None else (name,)


def _is_rule(item: Tree) -> bool:
    """Say whether it is known by what it is for; what has a name stands where it was put."""
    identity = _identity(item)
    return bool(identity) and identity == _scopes(item)


def _scopes(item: Tree) -> Identity:
    """Return which services, ingresses and domains a rule is for, each a list."""
    if not isinstance(item, Mapping):
        return ()
    found = (item.get(scope) for scope in SCOPES)
    scopes = tuple(tuple(map(str, one)) if isinstance(one, list) else () for one in found)
    return scopes if any(scopes) else ()


def _by_identity(items: Sequence[Tree]) -> dict[Identity, Tree]:
    """Return the objects by identity; the second of two alike has a number in it."""
    found: dict[Identity, Tree] = {}
    times: Counter[Identity] = Counter()
    for item in items:
        identity = _identity(item)
        found[(*identity, times[identity]) if times[identity] else identity] = item
        times[identity] += 1
    return found


def _shown(identity: Identity) -> str:
    parts = [part for part in identity if part]
    return ",".join(",".join(part) if isinstance(part, tuple) else str(part) for part in parts)


def _rule_order(item: Tree) -> tuple[object, ...]:
    scopes = _scopes(item)
    return (not scopes, *((not scope, scope) for scope in scopes))
