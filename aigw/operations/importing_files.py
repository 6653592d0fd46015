"""Files of an import: what goes into the new store as it is, and the old folder made private."""

import os
from base64 import b64decode
from binascii import Error
from hashlib import sha256
from pathlib import Path

from aigw.errors import CannotWrite
from aigw.operations.importing_reading import Found
from aigw.operations.world import World
from aigw.rendering.store_yaml import dump, load
from aigw.spec.legacy_env import without
from aigw.spec.legacy_store import REGISTRIES
from aigw.state.files import private_folder, reason, write_atomically
from aigw.state.import_journal import CONFIG, Journal, put
from aigw.state.paths import GatewayPaths
from aigw.state.store_reading import KINDS

ADMIN = "secrets/higress-console.yaml"
PRIVATE_FILE, PRIVATE_FOLDER, OTHERS = 0o600, 0o700, 0o077
TAKEN = "aigw took this gateway over; `aigw import DIR --undo` gives it back"


def kept_files(found: Found) -> dict[str, str]:
    """Return the text of every file that goes into the new store, by its path there."""
    contents = found.store.contents
    files = {path: contents[path].decode() for path in found.meaning.files}
    if found.meaning.admin and _is_usable(found):
        files[ADMIN] = contents[ADMIN].decode()
    if found.meaning.registries:
        files[REGISTRIES] = _registries(found)
    return files


def copy_kept(paths: GatewayPaths, files: dict[str, str]) -> None:
    """Put them into the new store; raises CannotWrite."""
    for kind in KINDS if files else ():
        private_folder(paths.higress / kind)
    for path, text in files.items():
        write_atomically(paths.higress / path, text)


def make_private(world: World, found: Found, journal: Journal) -> None:
    """Take the keys that are kept elsewhere now out of `default.cfg`, and shut the folder."""
    folder, config = found.folder, found.folder / CONFIG
    if found.config is not None and journal.config is not None and _is_ours(config):
        moved = found.meaning.moved
        text = without(found.config, moved, TAKEN) if moved else found.config
        put(config, text, journal.config, mode=PRIVATE_FILE)
    if _is_ours(folder):
        _shut(folder)
    elif folder.stat().st_mode & OTHERS:
        world.note(
            f"`{folder}` belongs to another user and stays open: its keys can be read by others; "
            f"sudo chmod 700 {os.fspath(folder)!r}"
        )


def hashes(paths: GatewayPaths) -> dict[str, str]:
    """Return a hash of each file that says what the gateway is."""
    files = (paths.spec, paths.credentials)
    return {file.name: sha256(file.read_bytes()).hexdigest() for file in files if file.exists()}


def _shut(folder: Path) -> None:
    try:
        folder.chmod(PRIVATE_FOLDER)
    except OSError as error:
        raise CannotWrite(f"`{folder}` could not be made private: {reason(error)}") from error


def _is_ours(path: Path) -> bool:
    """Say whether we may change the mode of a file or a folder."""
    return os.geteuid() in {0, path.stat().st_uid}


def _is_usable(found: Found) -> bool:
    """Say whether people can log in with it: a session needs a key and iv of these lengths."""
    try:
        data = load(found.store.contents[ADMIN].decode()).get("data")
        texts = {
            name: b64decode(str(value)).decode()
            for name, value in (data.items() if isinstance(data, dict) else ())
        }
    except (ValueError, Error):
        return False
    lengths = len(texts.get("key", "")), len(texts.get("iv", ""))
    return bool(texts.get("adminPassword")) and lengths == (32, 16)


def _registries(found: Found) -> str:
    """Return the bridge with the services of people only: the others are ours to write."""
    body = load(found.store.contents[REGISTRIES].decode())
    spec = body.get("spec")
    known = spec.get("registries") if isinstance(spec, dict) else None
    own = [
        one
        for one in (known if isinstance(known, list) else ())
        if isinstance(one, dict) and one.get("name") in found.meaning.registries
    ]
    return dump({**body, "spec": {"registries": own}})
