"""Looking into trees of an old file store, where anything may be missing or of another kind."""

from collections.abc import Mapping

Trees = Mapping[str, object]
"""Path in the store (`wasmplugins/ai-proxy.internal.yaml`) -> its tree of texts."""


def at(tree: object, *path: str) -> object:
    """Return what stands under these keys, None where it is not there."""
    for key in path:
        tree = tree.get(key) if isinstance(tree, dict) else None
    return tree


def items(tree: object, *path: str) -> list[object]:
    """Return the items of a list, none where there is no list."""
    found = at(tree, *path)
    return found if isinstance(found, list) else []


def entries(tree: object, *path: str) -> dict[str, object]:
    """Return a mapping, an empty one where there is none."""
    found = at(tree, *path)
    return found if isinstance(found, dict) else {}


def text(tree: object, *path: str) -> str:
    """Return a text, empty where there is none."""
    found = at(tree, *path)
    return found if isinstance(found, str) else ""


def on(value: object) -> bool:
    """Say whether a text, or a boolean of JSON, means yes."""
    return value is True or (isinstance(value, str) and value.lower() in {"true", "1"})
