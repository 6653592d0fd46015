"""Keys: kept in `credentials.yaml`, found where a spec says, told apart without being shown."""

import os
import re
from collections.abc import Iterator, Mapping
from hashlib import blake2b
from pathlib import Path

from msgspec import Struct

from aigw import catalog
from aigw.errors import BadUsage, Problem, SpecInvalid
from aigw.spec.gateway import GatewaySpec
from aigw.spec.provider import Provider
from aigw.spec.secret import FromEnvironment, FromFile, Secret, Stored
from aigw.state.document import load_tree
from aigw.state.files import absolute, reason, tighten, write_atomically
from aigw.state.writing import entries

KeyRing = Mapping[str, tuple[Secret, ...]]

MAX_KEY_BYTES = 16 * 1024
PLACEHOLDER = re.compile(r"YOUR_[A-Z0-9_]+_API_KEY")
MOST_KEYS = 64
"""Envoy has an inotify instance for each, of which Linux allows a user 128, and dies without."""

_SALT_BYTES = 32
_HEADER = "# Keys of the providers, written by aigw. Keep this file to yourself.\n"


class Credentials(Struct, frozen=True, kw_only=True):
    """What `credentials.yaml` holds, by provider id; `warnings` says if others could read it."""

    keys: KeyRing
    warnings: tuple[str, ...]


def load_credentials(path: Path) -> Credentials:
    """Read the stored keys, none where there is no file; a file open to others is tightened first.

    Raises SpecInvalid, which never quotes a key, and CannotWrite when the file cannot be tightened.
    """
    if not path.exists():
        return Credentials(keys={}, warnings=())
    warning = tighten(path)
    tree = load_tree(path)
    problems = tuple(_malformed(tree))
    if problems or not isinstance(tree, dict):
        raise SpecInvalid(str(path), problems)
    keys = {name: tuple(Secret(key) for key in kept) for name, kept in tree.items()}
    return Credentials(keys=keys, warnings=(warning,) if warning else ())


def _malformed(tree: object) -> Iterator[Problem]:
    if not isinstance(tree, dict):
        yield Problem(path="", message="must be a mapping of provider id to a list of keys")
        return
    for name, keys in tree.items():
        if not isinstance(keys, list):
            yield Problem(path=name, message="must be a list of keys")
            continue
        for index, key in enumerate(keys):
            words = key_problem(key) if isinstance(key, str) else "must be text; put it in quotes"
            if words:
                yield Problem(path=f"{name}[{index}]", message=words)


def save_credentials(path: Path, keys: KeyRing) -> None:
    """Replace the stored keys; raises SpecInvalid for what is no key, and CannotWrite."""
    tree = {name: [key.reveal() for key in kept] for name, kept in keys.items() if kept}
    if problems := tuple(_malformed(tree)):
        raise SpecInvalid(str(path), problems)
    text = entries(tree, (), frozenset((name,) for name in tree), indent=0) or "{}\n"
    write_atomically(path, _HEADER + text)


def key_problem(text: str) -> str:
    """Say why this cannot be a key, empty when it can: what an HTTP header carries exactly.

    That is visible ASCII with blanks inside (RFC 9110, 5.5): what other bytes mean is left open
    there, and they are nearly always a slip of the clipboard.
    """
    if not text:
        return "is empty"
    if PLACEHOLDER.fullmatch(text):
        return "is the placeholder of the old script, and no key"
    if len(text) > MAX_KEY_BYTES:
        return f"is longer than {MAX_KEY_BYTES} characters"
    for position, sign in enumerate(text, start=1):
        if not " " <= sign <= "~":
            kind = "a control character" if sign < " " or sign == "\x7f" else "not plain ASCII"
            return f"cannot be sent: character {position} (U+{ord(sign):04X}) is {kind}"
    return "begins or ends with a blank" if text != text.strip() else ""


def resolve(
    spec: GatewaySpec, credentials: KeyRing, environ: Mapping[str, str], *, exists: bool = True
) -> KeyRing:
    """Find every provider's keys; raises SpecInvalid with all that are not to be had.

    A provider whose type needs no key may have none. A gateway that does not exist yet is given
    keys by `start`, any other by `config add`.
    """
    ring: dict[str, tuple[Secret, ...]] = {}
    problems: list[Problem] = []
    for index, provider in enumerate(spec.providers):
        path = f"providers[{index}].keys"
        stored = credentials.get(provider.id, ())
        found = tuple(_keys(provider, stored, environ, path=path, exists=exists))
        problems += [key for key in found if isinstance(key, Problem)]
        ring[provider.id] = tuple(key for key in found if isinstance(key, Secret))
        if not found and _needs_key(provider):
            way = _way(provider, exists=exists) or "its `keys` can be `env:VARIABLE`"
            words = f"no key is kept for `{provider.id}`: {way}"
            problems.append(Problem(path=path, message=words))
    if (number := sum(map(len, ring.values()))) > MOST_KEYS:
        words = f"{number} keys in all; Envoy watches each of them, and {MOST_KEYS} is the most"
        problems.append(Problem(path="providers", message=words))
    if problems:
        raise SpecInvalid("the list of keys", problems)
    return ring


def _needs_key(provider: Provider) -> bool:
    ptype = catalog.find(provider.type)
    return ptype is not None and ptype.key_required


def _keys(
    provider: Provider,
    stored: tuple[Secret, ...],
    environ: Mapping[str, str],
    *,
    path: str,
    exists: bool,
) -> Iterator[Secret | Problem]:
    for index, source in enumerate(provider.keys):
        match source:
            case Stored():
                yield from stored
            case FromEnvironment(variable):
                place = f"{path}[{index}]"
                yield _from_variable(provider, variable, environ, path=place, exists=exists)
            case FromFile(name):
                yield _from_file(Path(name), path=f"{path}[{index}]")


def _from_variable(
    provider: Provider, variable: str, environ: Mapping[str, str], *, path: str, exists: bool
) -> Secret | Problem:
    text = environ.get(variable, "")
    if text.strip():
        return _checked(text, f"variable `{variable}`", path=path)
    ways = filter(None, ("export it", _way(provider, exists=exists)))
    return Problem(
        path=path,
        message=f"provider `{provider.id}` takes its key from ${variable}, which is "
        f"{'empty' if variable in environ else 'not set'} here: "
        f"{', or '.join(ways)}",
    )


def _way(provider: Provider, *, exists: bool) -> str:
    """Say how a key is given: by `config add`, whether the provider is kept or refused just now.

    A gateway that is to be made has the flag of `start`, if there is one for this provider.
    """
    if not exists:
        ptype = catalog.find(provider.type)
        flags = ptype.key_flags if ptype and ptype.id == provider.id else ()
        return f"give one with {flags[0]}" if flags else ""
    from aigw.spec.adding import adding  # late: only this error needs it

    command = adding(
        type_id=provider.type,
        provider_id=provider.id,
        url=provider.url,
        options=provider.options,
    )
    return f"`{command} --key-stdin` keeps one"


def _from_file(file: Path, *, path: str) -> Secret | Problem:
    if not file.is_absolute() and not str(file).startswith("~"):
        return Problem(path=path, message=f"file `{file}` must be named by its whole path")
    try:
        if absolute(file).is_fifo():
            return Problem(path=path, message=f"file `{file}` is a pipe: it can be read only once")
        with absolute(file).open("rb") as opened:
            content = opened.read(MAX_KEY_BYTES + 2)
    except OSError as error:
        return Problem(path=path, message=f"file `{file}` cannot be read: {reason(error)}")
    except BadUsage as error:
        return Problem(path=path, message=error.message)
    # Latin-1 takes any byte; what is not ASCII is refused below, without being shown.
    return _checked(content.decode("latin-1"), f"file `{file}`", path=path)


def _checked(text: str, where: str, *, path: str) -> Secret | Problem:
    """Take the key of a reference; blanks and line ends around it are not part of it."""
    key = text.strip()
    if not key:
        return Problem(path=path, message=f"{where} is empty")
    words = key_problem(key)
    return Problem(path=path, message=f"{where}: the key {words}") if words else Secret(key)


def salt(path: Path) -> bytes:
    """Return what the keys of this gateway are fingerprinted with, making it at first use.

    Called while the gateway's lock is held; raises CannotWrite.
    """
    try:
        kept = bytes.fromhex(path.read_text(encoding="ascii"))
    except (OSError, ValueError):
        kept = b""
    if len(kept) == _SALT_BYTES:
        return kept
    made = os.urandom(_SALT_BYTES)
    write_atomically(path, made.hex())
    return made


def fingerprints(ring: KeyRing, salt: bytes) -> Mapping[str, tuple[str, ...]]:
    """Return 16 hexadecimal digits for each key: the same key, the same digits, under one salt."""
    return {
        name: tuple(
            blake2b(key.reveal().encode(), key=salt, digest_size=8).hexdigest() for key in keys
        )
        for name, keys in ring.items()
    }
