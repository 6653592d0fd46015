"""The file store of a Higress gateway on this machine's disk: one YAML file an object."""

import os
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from shlex import quote

from aigw.errors import CannotWrite, Problem, SpecInvalid
from aigw.rendering import higress_checks
from aigw.rendering.higress import Resources
from aigw.rendering.store_yaml import dump, load
from aigw.rendering.template import Tree
from aigw.state.files import list_durably, private_folder, reason, write_atomically

KINDS = (
    "configmaps",
    "secrets",
    "services",
    "endpoints",
    "pods",
    "nodes",
    "namespaces",
    "mutatingwebhookconfigurations",
    "validatingwebhookconfigurations",
    "endpointslices",
    "ingresses",
    "ingressclasses",
    "wasmplugins",
    "mcpbridges",
    "http2rpcs",
    "gatewayclasses",
    "gateways",
    "httproutes",
    "referencegrants",
    "envoyfilters",
)
"""Folders that the API server makes where they are missing: made by us, they are ours."""

_AGAIN = (
    'for one; do new="${one%/*}/.${one##*/}.tmp"; cp -p "$one" "$new" && mv "$new" "$one"; done'
)
_GONE = 'rm -f "$@"'


def _refused(file: Path, path: str, instead: dict[str, Tree] | None) -> Iterator[str]:
    """Yield why Higress could not start with a file; no word of its text is in it."""
    try:
        body = load(file.read_text(encoding="utf-8"))
    except OSError as error:
        yield f"cannot be read: {reason(error)}"
    except UnicodeDecodeError:
        yield "is no text in UTF-8"
    except ValueError as error:
        yield str(error)
    else:
        if path.partition("/")[0] in higress_checks.KINDS:
            checks = higress_checks
            found = checks.problems({path: instead}) if instead else checks.fatal(path, body)
            for problem in found:
                where = problem.path.removeprefix(path).removeprefix(": ")
                yield f"{where}: {problem.message}" if where else problem.message


def aside(file: str) -> str:
    """Spell the command that takes a file out of a store: only names that end in .yaml count."""
    return f"mv {quote(file)} {quote(f'{file}.aside')}"


class Store:
    """One store; object paths are relative to it: `wasmplugins/ai-proxy.internal.yaml`.

    `inside` runs a script over paths in the container, where its machine does not tell it of files
    that change: Docker's virtual machines share folders, but seldom that.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.inside: Callable[[str, Collection[str]], None] | None = None
        self._touched: set[Path] = set()
        self._written: list[str] = []
        # A change reads most objects several times; nobody changes what was read.
        self._bodies: dict[str, dict[str, Tree]] = {}

    def prepare(self) -> None:
        """Make every folder, private: the console leaves files that everybody could read."""
        for kind in KINDS:
            private_folder(self._folder / kind)

    def mended(self, file: str, ours: Collection[str]) -> str:
        """Say how to mend a broken file of a running gateway; what serves is not moved away."""
        path = os.path.relpath(file, self._folder)
        return "aigw console --open" if path in ours else aside(file)

    def read(self, paths: Iterable[str]) -> Resources:
        """Return those that are there; one that is empty or cannot be read is as good as none."""
        found: dict[str, dict[str, Tree]] = {}
        for path in paths:
            with suppress(OSError, ValueError):
                text = (self._folder / path).read_text(encoding="utf-8")
                if body := self._bodies.get(text) or load(text):
                    found[path] = self._bodies[text] = body
        return found

    def listed(self, *patterns: str) -> Resources:
        """Return those whose paths are of one of these patterns."""
        files = (file for pattern in patterns for file in sorted(self._folder.glob(pattern)))
        return self.read(file.relative_to(self._folder).as_posix() for file in files)

    def mute(self, ours: Resources) -> dict[str, str]:
        """Say of objects that cannot be read, though their files are there, what is wrong."""
        return {
            path: next(_refused(self._folder / path, path, body), "it is empty")
            for path, body in ours.items()
            if (self._folder / path).exists()
        }

    def broken(
        self, instead: Resources | None = None, *, but: Collection[str] = ()
    ) -> Iterator[Problem]:
        """Yield each file with which Higress could not start; `path` is always the file's.

        For objects of `instead` it is their bodies that count, once the file itself is readable.
        Objects of `but` are left out.
        """
        bodies = instead or {}
        for path, file in self._live():
            for message in () if path in but else _refused(file, path, bodies.get(path)):
                yield Problem(path=str(file), message=message)

    def copies(self) -> Iterator[Path]:
        """Yield each file that calls itself otherwise: an object beside the one it was made of."""
        for _, file in self._live():
            own = os.path.relpath(file, self._folder)
            metadata = _mapping(self.read((own,)).get(own, {}).get("metadata"))
            if metadata.get("name", file.stem) != file.stem:
                yield file

    def _live(self) -> Iterator[tuple[str, Path]]:
        """Yield the path of every object, and the file that it is read from."""
        for kind in KINDS:
            for file in sorted((self._folder / kind).rglob("*.yaml")):
                yield f"{kind}/{file.name}", file

    def plugin_texts(self) -> Iterator[str]:
        """Yield every text in the configuration of the plugins, unless it is switched off."""
        for body in self.listed("wasmplugins/*.yaml").values():
            spec = _mapping(body.get("spec"))
            rules = spec.get("matchRules")
            parts = [_mapping(one) for one in rules] if isinstance(rules, list) else []
            yield from _texts([one.get("config") for one in parts if not one.get("configDisable")])
            if not spec.get("defaultConfigDisable"):
                yield from _texts(spec.get("defaultConfig"))

    def refuse_broken(self, instead: Resources, *, but: Collection[str]) -> None:
        """Raise SpecInvalid for files with which Higress could not start; see `broken`."""
        problems = tuple(self.broken(instead, but=but))
        if problems:
            raise SpecInvalid("the gateway's store", problems, hint=aside(problems[0].path))

    def write(self, path: str, body: dict[str, Tree]) -> None:
        """Replace an object in one step, on disk after `settle`; raises CannotWrite."""
        file = self._folder / path
        text = dump(body)
        write_atomically(file, text, listed=False)
        self._bodies[text] = body
        self._touched.add(file.parent)
        self._written.append(path)

    def settle(self) -> None:
        """Bring to disk which objects there are, and have it seen; raises CannotWrite."""
        for folder in self._touched:
            try:
                list_durably(folder)
            except OSError as error:
                message = f"`{folder}` could not be written: {reason(error)}"
                raise CannotWrite(message) from error
        if self.inside and self._written:
            self.inside(_AGAIN, self._written)
        self._touched.clear()
        self._written.clear()

    def delete(self, path: str) -> None:
        """Remove an object; raises CannotWrite."""
        if self.inside:
            self.inside(_GONE, (path,))
        try:
            (self._folder / path).unlink(missing_ok=True)
        except OSError as error:
            message = f"`{self._folder / path}` could not be removed: {reason(error)}"
            raise CannotWrite(message) from error

    def copy(self, path: str, target: Path) -> bool:
        """Keep an object's file as it is at another place, if there is one; raises CannotWrite."""
        with suppress(OSError, UnicodeDecodeError):
            write_atomically(target, (self._folder / path).read_text(encoding="utf-8"))
            return True
        return False


def _mapping(tree: object) -> Mapping[str, Tree]:
    return tree if isinstance(tree, Mapping) else {}


def _texts(tree: object) -> Iterator[str]:
    match tree:
        case str():
            yield tree
        case Mapping():
            yield from _texts(list(tree.values()))
        case list():
            for child in tree:
                yield from _texts(child)
        case _:
            return
