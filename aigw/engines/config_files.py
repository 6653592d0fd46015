"""The files that Envoy reads, as texts by their name below the folder `envoy/`."""

import json
from collections.abc import Collection, Iterable
from contextlib import suppress
from pathlib import Path

from msgspec import Struct

from aigw.engines.file_names import BOOTSTRAP, CLUSTERS, LISTENERS, ROUTES, SECRETS, Files
from aigw.errors import CannotWrite
from aigw.rendering.envoy import EnvoyConfig
from aigw.rendering.resource import Discovery
from aigw.spec.secret import Secret
from aigw.state.files import reason, write_atomically
from aigw.state.paths import GatewayPaths


def wanted_files(config: EnvoyConfig) -> Files:
    """Write out a whole configuration."""
    secrets = {f"{SECRETS}{name}.json": text_of(each) for name, each in config.secrets.items()}
    return {
        BOOTSTRAP: json.dumps(config.bootstrap),
        LISTENERS: text_of(config.listeners),
        **secrets,
        CLUSTERS: text_of(config.clusters),
        ROUTES: text_of(config.routes),
    }


def text_of(resources: Discovery) -> str:
    """Write out one file of resources."""
    return json.dumps(resources.tree())


def version_of(text: str) -> str:
    """Return the version that Envoy reports once it has taken a file."""
    return str(json.loads(text)["version_info"])


def read_files(paths: GatewayPaths) -> Files:
    """Return what lies in the folder now."""
    found = (paths.bootstrap, *sorted(paths.xds.glob("*/*.json")))
    files: dict[str, str] = {}
    for path in found:
        with suppress(FileNotFoundError, UnicodeDecodeError):
            files[str(path.relative_to(paths.envoy))] = path.read_text(encoding="utf-8")
    return files


def write_files(paths: GatewayPaths, files: Files, names: Iterable[str]) -> None:
    """Replace files one after the other, in the order of `names`."""
    for name in names:
        write_atomically(paths.envoy / name, files[name], durable=False)


def remove_others(paths: GatewayPaths, files: Files) -> None:
    """Remove keys that are in no configuration any more."""
    try:
        for path in paths.sds.iterdir():
            if str(path.relative_to(paths.envoy)) not in files:
                path.unlink()
    except OSError as error:
        raise CannotWrite(f"`{paths.sds}` could not be cleaned: {reason(error)}") from error


def forget_keys(paths: GatewayPaths, keys: Collection[Secret]) -> None:
    """Remove every file in which one of the keys stands."""
    try:
        for path in paths.envoy.rglob("*.json"):
            text = path.read_text(encoding="utf-8", errors="replace")
            if any(key.stands_in(text) for key in keys):
                path.unlink()
    except OSError as error:
        raise CannotWrite(f"`{paths.envoy}` could not be cleaned: {reason(error)}") from error


class Good(Struct, frozen=True, kw_only=True):
    """A configuration that was proved in use."""

    generation: str
    files: Files


def keep_good(paths: GatewayPaths, good: Good) -> None:
    """Remember a configuration, to go back to."""
    text = json.dumps({"generation": good.generation, "files": good.files})
    write_atomically(_good(paths), text, durable=False)


def last_good(paths: GatewayPaths) -> Good | None:
    """Return the configuration that was proved last."""
    with suppress(OSError, ValueError, KeyError, TypeError):
        tree = json.loads(_good(paths).read_text(encoding="utf-8"))
        return Good(generation=str(tree["generation"]), files=dict(tree["files"]))
    return None


def _good(paths: GatewayPaths) -> Path:
    return paths.envoy / "good.json"
