"""Which Docker engine the user named: DOCKER_HOST, DOCKER_CONTEXT, `docker context use`."""

import hashlib
import json
from collections.abc import Mapping
from ipaddress import ip_address
from pathlib import Path
from urllib.parse import urlsplit

from msgspec import Struct

from aigw.clients.docker_api import Tls, exists

_DEFAULT = "default"


class Named(Struct, frozen=True, kw_only=True):
    """An engine that was named by `source`, and must be used if `must`; else it is only preferred.

    `problem` says why it cannot even be asked.
    """

    source: str
    must: bool
    url: str = ""
    tls: Tls | None = None
    problem: str = ""


def named(environ: Mapping[str, str], home: Path) -> Named | None:
    """Return what the `docker` command would talk to; None where that is its default.

    The same order as there: DOCKER_HOST, DOCKER_CONTEXT, `currentContext` in config.json.
    """
    url = environ.get("DOCKER_HOST", "")
    if url:
        tls = _tls_of_environment(environ, home)
        return _checked(Named(source="DOCKER_HOST", must=True, url=url, tls=tls))
    folder = Path(environ.get("DOCKER_CONFIG") or home / ".docker")
    asked = environ.get("DOCKER_CONTEXT", "")
    context = asked or _current(folder)
    if context in {"", _DEFAULT}:
        return None
    source = f"DOCKER_CONTEXT ({context})" if asked else f"the Docker context `{context}`"
    return _context(folder, context, Named(source=source, must=bool(asked)))


def _context(folder: Path, name: str, what: Named) -> Named:
    """Read an endpoint as `docker context create` wrote it (docker/cli, context/store)."""
    identity = hashlib.sha256(name.encode()).hexdigest()
    try:
        tree = json.loads((folder / "contexts/meta" / identity / "meta.json").read_text("utf-8"))
        endpoint = tree["Endpoints"]["docker"]
        url, skip = str(endpoint["Host"]), bool(endpoint.get("SkipTLSVerify"))
    except FileNotFoundError:
        return _with(what, problem=f"there is no such context in `{folder}`")
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return _with(what, problem=f"its file in `{folder}/contexts` cannot be read")
    tls = _tls_in(folder / "contexts/tls" / identity / "docker", verify=not skip)
    return _checked(Named(source=what.source, must=what.must, url=url, tls=tls))


def _checked(what: Named) -> Named:
    scheme, separator, rest = what.url.partition("://")
    if not separator or not rest or scheme not in {"unix", "tcp", "http", "https", "ssh"}:
        words = f"`{what.url}` is no address of the form unix:///path or tcp://127.0.0.1:port"
        return _with(what, problem=words)
    if scheme == "unix":
        return what
    if scheme == "ssh" or not _loopback(what.url):
        words = f"{what.url} is another machine, and the gateway's ports would be open there only"
        return _with(what, problem=words)
    tls = what.tls if scheme != "https" else what.tls or Tls()
    return Named(source=what.source, must=what.must, url=f"tcp://{rest.rstrip('/')}", tls=tls)


def _loopback(url: str) -> bool:
    try:
        parts = urlsplit(url)
        host = parts.hostname or ""
        return parts.port != 0 and (host == "localhost" or ip_address(host).is_loopback)
    except ValueError:
        return False


def _current(folder: Path) -> str:
    try:
        tree = json.loads((folder / "config.json").read_text("utf-8"))
    except (OSError, ValueError):
        return ""
    match tree:
        case {"currentContext": str(name)}:
            return name
        case _:
            return ""


def _tls_of_environment(environ: Mapping[str, str], home: Path) -> Tls | None:
    if not environ.get("DOCKER_TLS_VERIFY") and not environ.get("DOCKER_TLS"):
        return None
    folder = Path(
        environ.get("DOCKER_CERT_PATH") or environ.get("DOCKER_CONFIG") or home / ".docker"
    )
    return _tls_in(folder, verify=bool(environ.get("DOCKER_TLS_VERIFY"))) or Tls()


def _tls_in(folder: Path, *, verify: bool) -> Tls | None:
    files = {name: folder / f"{name}.pem" for name in ("ca", "cert", "key")}
    there = {name: str(path) for name, path in files.items() if exists(path)}
    return Tls(**there, verify=verify) if there else None


def _with(what: Named, *, problem: str) -> Named:
    return Named(source=what.source, must=what.must, url=what.url, problem=problem)
