"""The store as the data plane sees it: good objects by kind and name, the last good one staying."""

import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

Json = dict[str, Any]
QUIET = 0.1
"""Seconds that a file must have been quiet before it is read, as the API server's watch does."""

KINDS = ("configmaps", "ingresses", "wasmplugins", "mcpbridges", "envoyfilters", "http2rpcs")
_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """What tells one state of a file from the next."""

    stamp: int
    size: int
    inode: int


@dataclass(slots=True, kw_only=True)
class Store:
    """A view of the folder that is brought up to date by `look`."""

    root: Path
    objects: dict[tuple[str, str], Json] = field(default_factory=dict)
    seen: dict[Path, Seen] = field(default_factory=dict)

    def differs(self) -> bool:
        """Tell whether any file is not as it was seen last."""
        return dict(self._files()) != self.seen

    def look(self, *, hurry: bool = False) -> bool:
        """Take in what changed and has been quiet, in a hurry all; tell whether anything did."""
        now = dict(self._files())
        changed = False
        for path in self.seen.keys() - now.keys():
            del self.seen[path]
            changed |= self.objects.pop(_name(path), None) is not None
        for path, seen in now.items():
            quiet = abs(time.time() - seen.stamp / 1e9) >= QUIET
            if self.seen.get(path) != seen and (quiet or hurry):
                self.seen[path] = seen
                changed |= self._read(path)
        return changed

    def _files(self) -> Iterable[tuple[Path, Seen]]:
        for kind in KINDS:
            for path in (self.root / kind).glob("*.yaml"):
                try:
                    status = path.stat()
                except OSError:
                    continue
                yield path, Seen(stamp=status.st_mtime_ns, size=status.st_size, inode=status.st_ino)

    def _read(self, path: Path) -> bool:
        try:
            value = next(yaml.load_all(path.read_bytes(), Loader=_LOADER), None)
        except (OSError, yaml.YAMLError):
            return False  # the old object stays live, nothing is said
        if value is not None and not isinstance(value, dict):
            return False
        kind, name = _name(path)
        found: Json = dict(value or {})
        metadata = found.get("metadata") or {}
        found["metadata"] = {**metadata, "name": name, "namespace": "higress-system"}
        before, self.objects[kind, name] = self.objects.get((kind, name)), found
        return _meaning(before) != _meaning(found)

    def all(self, kind: str) -> list[Json]:
        """Return the objects of a kind by creation time and name."""
        found = [value for (of, _), value in self.objects.items() if of == kind]
        return sorted(found, key=lambda value: (created(value), value["metadata"]["name"]))

    def get(self, kind: str, name: str) -> Json:
        """Return one object; an empty one when it is not there."""
        return self.objects.get((kind, name), {})


def _name(path: Path) -> tuple[str, str]:
    return path.parent.name, path.name.removesuffix(".yaml")


def _meaning(value: Json | None) -> Json | None:
    """Leave out what only counts writes."""
    if value is None:
        return None
    metadata = {
        key: part
        for key, part in value["metadata"].items()
        if key not in {"resourceVersion", "managedFields"}
    }
    return {**value, "metadata": metadata}


def created(value: Json) -> str:
    """Return the creation time as text that sorts; none comes first."""
    return str(value["metadata"].get("creationTimestamp") or "")


def annotations(value: Json) -> Mapping[str, str]:
    """Return the `higress.io/` annotations without that prefix."""
    found = value["metadata"].get("annotations") or {}
    return {
        name.partition("/")[2]: str(text)
        for name, text in found.items()
        if name.startswith(("higress.io/", "nginx.ingress.kubernetes.io/"))
    }
