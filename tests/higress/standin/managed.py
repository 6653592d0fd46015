"""`managedFields`: which fields a client has set, as the API server notes it on every write."""

from typing import Any

from .values import Json

Tree = dict[str, Any]
OWN = {"name", "namespace", "creationTimestamp", "resourceVersion", "managedFields", "generation"}
OWN |= {"uid", "selfLink", "deletionTimestamp"}
MAPS = {
    ("metadata", "labels"), ("metadata", "annotations"), ("data",), ("binaryData",),
    ("spec", "defaultConfig"), ("spec", "selector"),
}  # fmt: skip
STRUCTS = {("metadata",), ("spec",), ("spec", "defaultBackend"), ("spec", "workloadSelector")}


def note(old: Tree | None, new: Tree, manager: str, now: str) -> list[Tree]:
    """Give the managedFields of a write, from those of the stored object."""
    entries: list[Tree] = [
        dict(entry) for entry in ((old or {}).get("metadata") or {}).get("managedFields") or []
    ]
    before, after = _leaves(old or {}), _leaves(new)
    set_now = {path for path, value in after.items() if path not in before or before[path] != value}
    kept = []
    for entry in entries:
        mine = entry.get("manager") == manager
        paths = {path for path in _paths(entry.get("fieldsV1") or {}) if path in after}
        paths = paths | set_now if mine else paths - set_now
        if mine and set_now:
            entry["time"] = now
        if paths:
            kept.append({**entry, "fieldsV1": _tree(paths)})
    if set_now and not any(entry.get("manager") == manager for entry in kept):
        kept.append(_entry(new, manager, now, set_now))
    return kept


def _entry(new: Tree, manager: str, now: str, paths: set[tuple[str, ...]]) -> Tree:
    head = {"apiVersion": new["apiVersion"], "fieldsType": "FieldsV1", "fieldsV1": _tree(paths)}
    return {**head, "manager": manager, "operation": "Update", "time": now}


def _leaves(value: Tree) -> dict[tuple[str, ...], Any]:
    """Give every path that can be owned with its value; a map itself counts as one."""
    found: dict[tuple[str, ...], Any] = {}
    for key, item in value.items():
        if key not in {"apiVersion", "kind", "status"}:
            _collect((key,), item, found)
    return found


def _collect(path: tuple[str, ...], value: Json, found: dict[tuple[str, ...], Any]) -> None:
    if path[0] == "metadata" and len(path) == 2 and path[1] in OWN:
        return
    free = path[:2] == ("spec", "defaultConfig")
    if isinstance(value, dict) and value and (path in STRUCTS or path in MAPS or free):
        if path not in STRUCTS:
            found[*path, "."] = None
        for key, item in value.items():
            _collect((*path, key), item, found)
    else:
        found[path] = value


def _tree(paths: set[tuple[str, ...]]) -> Tree:
    root: Tree = {}
    for path in sorted(paths):
        node = root
        for part in path:
            node = node.setdefault("." if part == "." else f"f:{part}", {})
    return root


def _paths(tree: Tree, head: tuple[str, ...] = ()) -> set[tuple[str, ...]]:
    found: set[tuple[str, ...]] = set()
    for key, item in tree.items():
        path = (*head, "." if key == "." else key.removeprefix("f:"))
        found |= _paths(item, path) if item else {path}
    return found
