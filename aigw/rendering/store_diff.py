"""How objects of a store differ from what they are to be, for people: no key is in it."""

import re
from collections.abc import Iterable, Mapping

from aigw.rendering.concealing import keys_in, visited
from aigw.rendering.higress import Resources
from aigw.rendering.merging import held
from aigw.rendering.reconcile import ours
from aigw.rendering.store_yaml import dump
from aigw.rendering.template import Tree
from aigw.spec.secret import SHORTEST_HIDDEN, Secret

_CARRIED = re.compile(
    r"(?P<head>\b(?:bearer|basic)\s+|//(?=[^/\s]+@)|[?&](?!api-version=)[^=&\s]+=)"
    r"(?P<key>[^@&\s\"']+)",
    re.IGNORECASE,
)
"""What carries a key in any text: a scheme of authorization, a URL's user, its parameters."""


MOST_LINES = 200
"""Of one object: the filters of ours are programs."""


def difference(there: Resources, wanted: Resources, paths: Iterable[str]) -> str:
    """Return the unified diffs of those objects; a path that is not wanted is removed.

    For every key stands its number, the same on both sides: what it is stays hidden, that it is
    another does not.
    """
    shown = _Shown(keys_in([*there.values(), *wanted.values()]))
    return "\n".join(
        line
        for path in paths
        for line in _one(path, shown.lines(there, path), shown.lines(wanted, path))
    )


def _one(path: str, there: list[str], wanted: list[str]) -> list[str]:
    from difflib import unified_diff  # slow to import

    names = f"{path} as it is", f"{path} as it is to be"
    lines = [*unified_diff(there, wanted, *names, lineterm="")]
    more = len(lines) - MOST_LINES
    return [*lines[:MOST_LINES], f"... and {more} more lines"] if more > 0 else lines


def _sorted(tree: Tree) -> Tree:
    """Order the members: whoever wrote an object last had an order of his own."""
    match tree:
        case Mapping():
            return {name: _sorted(tree[name]) for name in sorted(tree)}
        case list():
            return [_sorted(one) for one in tree]
        case _:
            return tree


class _Shown:
    """Objects as lines: texts that hold trees or lines are laid open, and keys have numbers."""

    def __init__(self, keys: Iterable[Secret]) -> None:
        values = {key.reveal() for key in keys}
        self._known = sorted((one for one in values if len(one) >= SHORTEST_HIDDEN), key=len)[::-1]
        self._numbers: dict[str, int] = {}

    def lines(self, resources: Resources, path: str) -> list[str]:
        """Return the lines of an object; none where there is no such object."""
        if path not in resources:
            return []
        tree = _sorted(visited(ours(resources[path]), self._leaf))
        assert isinstance(tree, dict)
        return dump(tree).splitlines()

    def _leaf(self, text: str, key: bool) -> Tree:  # noqa: FBT001 -- a Leaf
        if key:
            return self._number(text) if text else text
        if (inner := held(text)) is not None:
            return visited(inner, self._leaf)
        for known in self._known:
            if known in text:
                text = text.replace(known, self._number(known))
        text = _CARRIED.sub(lambda found: f"{found['head']}{self._number(found['key'])}", text)
        return text.splitlines() if "\n" in text else text

    def _number(self, key: str) -> str:
        return f"[hidden {self._numbers.setdefault(key, len(self._numbers) + 1)}]"
