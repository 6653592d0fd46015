"""A spec and its stored keys while they are changed: read, checked, kept, and put back."""

from collections.abc import Callable
from pathlib import Path

from msgspec import Struct
from msgspec.structs import replace

from aigw.errors import BadUsage, SpecInvalid
from aigw.spec.gateway import GatewaySpec
from aigw.spec.reading import parse
from aigw.spec.writing import to_tree
from aigw.state.document import load, save
from aigw.state.files import write_atomically
from aigw.state.paths import GatewayPaths
from aigw.state.secrets import KeyRing, load_credentials, save_credentials


class Draft(Struct, frozen=True, kw_only=True):
    """What is wanted of a gateway; `keys` are those of `credentials.yaml`, by provider id.

    `document` is a file whose comments and order are to be taken over with what it says.
    """

    spec: GatewaySpec
    keys: KeyRing
    document: Path | None = None

    def says_the_same(self, other: "Draft") -> bool:
        """Say whether both want the same; a provider without keys may be named there or not."""
        keys, others = (
            {id: kept for id, kept in one.keys.items() if kept} for one in (self, other)
        )
        return self.spec == other.spec and keys == others


Edit = Callable[[Draft], Draft]


class Saved(Struct, frozen=True, kw_only=True):
    """The two files of a draft as they stand, byte for byte; None where there is none."""

    spec: str | None
    credentials: str | None


def read(paths: GatewayPaths, note: Callable[[str], None]) -> Draft:
    """Read both files; raises SpecInvalid. `note` hears when keys could be read by others."""
    credentials = load_credentials(paths.credentials)
    for warning in credentials.warnings:
        note(warning)
    spec = load(paths) if paths.spec.exists() else GatewaySpec()
    return Draft(spec=spec, keys=credentials.keys)


def edited(before: Draft, edit: Edit) -> Draft:
    """Return the changed draft, checked; raises BadUsage with all that is wrong with it."""
    wanted = edit(before)
    try:
        spec = parse(to_tree(wanted.spec, defaults=False), source="the change")
    except SpecInvalid as error:
        problems = "".join(f"\n  {problem}" for problem in error.problems)
        raise BadUsage(f"with this change gateway.yaml would be wrong:{problems}") from error
    return replace(wanted, spec=spec)


def keep(paths: GatewayPaths, before: Draft, wanted: Draft) -> None:
    """Write both files in such an order that a kill in between leaves no provider without keys."""
    both = {**before.keys, **wanted.keys}
    if both != before.keys:
        save_credentials(paths.credentials, both)
    if wanted.spec != before.spec or wanted.document or not paths.spec.exists():
        save(paths, wanted.spec, base=wanted.document)
    if wanted.keys != both:
        save_credentials(paths.credentials, wanted.keys)


def saved(paths: GatewayPaths) -> Saved:
    """Remember both files."""
    files = (paths.spec, paths.credentials)
    spec, credentials = (file.read_text("utf-8") if file.exists() else None for file in files)
    return Saved(spec=spec, credentials=credentials)


def put_back(paths: GatewayPaths, files: Saved) -> None:
    """Make both files be what they were."""
    for path, text in ((paths.spec, files.spec), (paths.credentials, files.credentials)):
        if text is None:
            path.unlink(missing_ok=True)
        elif path.read_text("utf-8") != text:
            write_atomically(path, text)
