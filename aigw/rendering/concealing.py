"""Keys in the objects of a store: found by the names of their fields, whoever put them there."""

import re
from collections.abc import Callable, Iterable, Mapping

from aigw.rendering.merging import held
from aigw.rendering.template import Tree
from aigw.spec.secret import HIDDEN, Secret, hide

_FIELDS = re.compile(
    r"token|secret|passw|credential|authorization|cookie|.keys?$"
    r"|request-header-control-(?:add|update|set)",
    re.IGNORECASE,
)
_OURS = "x-aigw-"

Leaf = Callable[[str, bool], Tree]
"""What is to stand for a text; True for one that is a key by the name of its field."""


def visited(tree: Tree, leaf: Leaf, *, key: bool = False) -> Tree:
    """Return a tree with something else in the place of each text, and of each number in a key."""
    match tree:
        case Mapping():
            return {
                name: visited(one, leaf, key=key or _is_key(tree, name))
                for name, one in tree.items()
            }
        case list() | tuple():
            return [visited(one, leaf, key=key) for one in tree]
        case str():
            return leaf(tree, key)
        case int() | float() if key and not isinstance(tree, bool):
            left = leaf(str(tree), key)
            return tree if left == str(tree) else left
        case _:
            return tree


def keys_in(tree: Tree) -> frozenset[Secret]:
    """Return what stands in the fields of keys and passwords, also within texts that hold trees."""
    found: set[Secret] = set()

    def leaf(text: str, key: bool) -> Tree:  # noqa: FBT001 -- a Leaf
        if key and text:
            found.update(map(Secret, (text, text.rpartition(" ")[2])))  # "Bearer KEY"
        elif not key and (inner := held(text)) is not None:
            visited(inner, leaf)
        return text

    visited(tree, leaf)
    return frozenset(found)


def cut_out(tree: Tree, keys: Iterable[Secret]) -> Tree:
    """Return a tree in which none of the keys stands any more, nor a half of a pair."""
    whole = [*keys]
    alone = {one for secret in whole for one in (secret.reveal(), *secret.reveal().split(":"))}

    def leaf(text: str, key: bool) -> Tree:  # noqa: FBT001 -- a Leaf
        return HIDDEN if key and text in alone else hide(text, whole)

    return visited(tree, leaf)


def _is_key(tree: Mapping[str, Tree], name: str) -> bool:
    """Say whether a member holds keys: by its name, or as the value of a header or a setting."""
    if name in {"value", "values"} and isinstance(tree[name], str | list):
        of = tree.get("key", tree.get("name"))
        return of is not None and not str(of).startswith(_OURS)
    if name in {"data", "stringData"} and tree.get("kind") == "Secret":
        return True
    return bool(_FIELDS.search(name))
