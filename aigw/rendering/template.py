"""Fill YAML templates by structure: a value is put in as a node, never pasted as text."""

import re
from collections.abc import Mapping
from functools import cache

import yaml

from aigw.rendering import assets

Tree = object
"""What JSON can hold: mappings with text keys, lists, text, numbers, truth values and None."""

_NAME = re.compile(r"\$\{(\w+)\}")


class TemplateMismatch(Exception):
    """A template and its values do not belong together; a fault in aigw, not the user's."""


def filled(template: str, /, **values: Tree) -> dict[str, Tree]:
    """Return the template of that name below `templates/` with every `${name}` filled in.

    A scalar that is only `${name}` becomes the value, whatever that is; within longer text only
    text and numbers can stand. Raises TemplateMismatch for a name without value, or unused ones.
    """
    tree, used = fill(_load(template), values)
    if unused := values.keys() - used:
        raise TemplateMismatch(f"{template} does not use {', '.join(sorted(unused))}")
    if not isinstance(tree, dict):
        raise TemplateMismatch(f"{template} is no mapping")
    return tree


def fill(tree: Tree, values: Mapping[str, Tree]) -> tuple[Tree, set[str]]:
    """Return a copy of the tree with every `${name}` filled in, and the names that were used."""
    used: set[str] = set()

    def value(name: str) -> Tree:
        if name not in values:
            raise TemplateMismatch(f"nothing is given for ${{{name}}}")
        used.add(name)
        return values[name]

    def inline(match: re.Match[str]) -> str:
        found = value(match[1])
        if not isinstance(found, str | int) or isinstance(found, bool):
            raise TemplateMismatch(
                f"${{{match[1]}}} stands within text and is {type(found).__name__}"
            )
        return str(found)

    def node(old: Tree) -> Tree:
        match old:
            case str():
                whole = _NAME.fullmatch(old)
                return value(whole[1]) if whole else _NAME.sub(inline, old)
            case dict():
                return {key: node(child) for key, child in old.items()}
            case list():
                return [node(child) for child in old]
            case _:
                return old

    return node(tree), used


@cache
def _load(name: str) -> Tree:
    tree: Tree = yaml.load(assets.text(name), Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))
    return tree
