"""The file store: `<root>/<plural>/<name>.yaml`, one object a file, read again on every request."""

import contextlib
import json
import os
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import yaml

from .goyaml import dump, load
from .kinds import KINDS, NAMESPACE
from .managed import note
from .objects import decode
from .schema import WrongType
from .status import StatusError, conflict, internal, not_found

Object = dict[str, Any]
Event = tuple[str, Object]
STALE_TEMPORARY = 5
CHANGED = (
    "the object has been modified; please apply your changes to the latest version and try again"
)
BASE64 = set("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/\r\n")


class Malformed(Exception):
    """A file that cannot be decoded; its words are those of the real store."""

    def __init__(self, path: Path, reason: str, content: str) -> None:
        """Keep the file's content, which the run-time error shows in full."""
        super().__init__(f"failed to decode data read from file [{path}]: {reason}")
        self.content = content


class Store:
    """Reads, writes and counts; tells listeners of its own writes at once."""

    def __init__(self, root: Path) -> None:
        """Make the folders that are missing."""
        self.root = root
        self.listeners: list[Callable[[str, str, Object], None]] = []
        self._lock = threading.RLock()
        self._decoded: dict[Path, tuple[str, str]] = {}
        for plural in KINDS:
            if not self.folder(plural).exists():
                self.folder(plural).mkdir(mode=0o700, parents=True)

    def folder(self, plural: str) -> Path:
        """Give the folder of a kind."""
        return self.root / plural

    def path(self, plural: str, name: str) -> Path:
        """Give the file of an object."""
        return Path(f"{self.folder(plural)}/{name}.yaml")

    def check(self) -> None:
        """Read everything once, as the real one does at boot, where one bad file ends it."""
        for plural in KINDS:
            try:
                list(self._all(plural))
            except Malformed as error:
                load_error = f"failed to sync file cache [{self.folder(plural)}]: {error}"
                raise SystemExit(
                    f"panic: unable to create REST storage for a resource due to {load_error}"
                ) from error

    def get(self, plural: str, name: str) -> Object:
        """Read one object."""
        path = self.path(plural, name)
        if not self._exists(path):
            raise not_found(plural, name)
        try:
            return self.read(plural, path)
        except Malformed as error:
            raise internal(f"{error}\n{error.content}") from error

    def list(self, plural: str) -> list[Object]:
        """Read every object of a kind; one malformed file fails them all."""
        try:
            return list(self._all(plural))
        except Malformed as error:
            raise internal(f"{error}\n{error.content}") from error

    def create(self, plural: str, body: Object, manager: str) -> Object:
        """Write a new object; a name that is taken is a conflict."""
        with self._lock:
            name = _name(body)
            path = self.path(plural, name)
            if self._exists(path):
                raise conflict(plural, name, CHANGED)
            value = decode(plural, body)
            value["metadata"]["creationTimestamp"] = _now()
            stored = self._write(plural, value, (None, "1"), manager)
        self._tell("ADDED", plural, stored)
        return stored

    def update(self, plural: str, name: str, body: Object, manager: str) -> Object:
        """Write over a stored object, if the version that was sent is its version."""
        with self._lock:
            old = self.get(plural, name)
            value = decode(plural, body)
            value["metadata"]["name"] = name
            version = _next(plural, old, value)
            stored = self._write(plural, value, (old, version), manager)
        self._tell("MODIFIED", plural, stored)
        return stored

    def delete(self, plural: str, name: str) -> Object:
        """Remove an object and give what it was."""
        with self._lock:
            old = self.get(plural, name)
            self.path(plural, name).unlink()
        self._tell("DELETED", plural, old)
        return old

    def read(self, plural: str, path: Path) -> Object:
        """Decode one file; the file's name wins over the object's."""
        content = path.read_bytes().decode("utf-8", "replace")
        if self._decoded.get(path, ("", ""))[0] != content or not content:
            try:
                text = json.dumps(decode(plural, load(content)))
            except (yaml.YAMLError, WrongType) as error:
                raise Malformed(path, _reason(plural, content, error), content) from error
            self._decoded[path] = (content, text)
        value: Object = json.loads(self._decoded[path][1])
        value["metadata"]["name"] = path.name.removesuffix(".yaml")
        value["metadata"].pop("namespace", None)
        if KINDS[plural].namespaced:
            value["metadata"]["namespace"] = NAMESPACE
        return value

    def _all(self, plural: str) -> Iterator[Object]:
        for path in sorted(self.folder(plural).rglob("*.yaml")):
            try:
                yield self.read(plural, path)
            except Malformed as error:
                error.args = (f"failed to load data from file [{path}]: {error}",)
                raise

    def _exists(self, path: Path) -> bool:
        try:
            path.stat()
        except FileNotFoundError:
            return False
        except OSError as error:
            words = f"stat {path}: {os.strerror(error.errno or 0).lower()}"
            raise internal(f"failed to stat file [{path}]: {words}") from error
        return True

    def _write(
        self, plural: str, value: Object, before: tuple[Object | None, str], manager: str
    ) -> Object:
        old, version = before
        metadata = value["metadata"]
        metadata.pop("managedFields", None)
        metadata["resourceVersion"] = version
        if KINDS[plural].namespaced:
            metadata["namespace"] = NAMESPACE
        managed = note(old, value, manager, _now())
        if managed:
            metadata["managedFields"] = managed
        replace(self.path(plural, metadata["name"]), dump(value))
        return value

    def _tell(self, event: str, plural: str, stored: Object) -> None:
        for listener in self.listeners:
            listener(event, plural, stored)


def replace(path: Path, content: str) -> None:
    """Write a file through `.tmp` and a rename; it ends up 0755, whatever it was."""
    temporary = Path(f"{path}.tmp")
    with contextlib.suppress(OSError):
        if time.time() - temporary.stat().st_mtime > STALE_TEMPORARY:
            temporary.unlink()
    try:
        descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o755)
    except FileExistsError as error:
        raise conflict(path.parent.name, path.stem, CHANGED) from error
    except OSError as error:
        words = os.strerror(error.errno or 0).lower()
        raise internal(f"open {temporary}: {words}") from error
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(content)
    temporary.chmod(0o755)
    temporary.rename(path)


def _name(body: Object) -> str:
    metadata = body.get("metadata")
    name = metadata.get("name") if isinstance(metadata, dict) else None
    if not isinstance(name, str) or not name:
        raise StatusError(422, "Invalid", "name or generateName is required")
    return name


def _next(plural: str, old: Object, new: Object) -> str:
    stored = old["metadata"].get("resourceVersion", "")
    sent = new["metadata"].get("resourceVersion", "")
    if not stored:
        return "1"
    if sent and sent != stored:
        raise conflict(plural, old["metadata"]["name"], CHANGED)
    if not stored.isdigit():
        words = f'strconv.ParseUint: parsing "{stored}": invalid syntax'
        raise internal(words)
    return str(int(stored) + 1)


def _reason(plural: str, content: str, error: Exception) -> str:
    if plural == "ingresses" and isinstance(error, yaml.MarkedYAMLError):
        return f"yaml: {_line(error)}{error.problem}"
    wrong = (index for index, letter in enumerate(content) if letter not in BASE64)
    return f"illegal base64 data at input byte {next(wrong, len(content))}"


def _line(error: yaml.MarkedYAMLError) -> str:
    """Give the line that Go's library names, which is not always the right one."""
    marks = [mark.line if mark else 0 for mark in (error.problem_mark, error.context_mark)]
    scanned = marks[0] and isinstance(error, yaml.scanner.ScannerError)
    line = marks[0] + 1 if scanned else marks[0] or marks[1]
    return f"line {line}: " if line else ""


def _now() -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
