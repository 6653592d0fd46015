"""What an image is made of, asked of its registry (OCI distribution API)."""

import json
import re
from http import HTTPStatus
from ipaddress import ip_address
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlencode, urlsplit

from msgspec import Struct

from aigw.clients.registries import Reference

if TYPE_CHECKING:  # slow to import
    import httpx

_SECONDS = 5.0
_MOST_BYTES = 4 * 1024 * 1024
_ACCEPT: Final = ", ".join(
    (
        "application/vnd.oci.image.index.v1+json",
        "application/vnd.oci.image.manifest.v1+json",
        "application/vnd.docker.distribution.manifest.list.v2+json",
        "application/vnd.docker.distribution.manifest.v2+json",
        "*/*",
    )
)
_Tree = Any  # JSON of a stranger: a wrong shape is caught as such
_PARAMETER = re.compile(r'(\w+)="([^"]*)"')


class Layer(Struct, frozen=True, kw_only=True):
    """One layer: its digest as it is sent, and that of its content (`diff_id`)."""

    digest: str
    diff_id: str


def layers(reference: Reference, architecture: str) -> tuple[Layer, ...]:
    """Return the layers of an image for Linux, from the bottom; none when they cannot be had.

    Asked without a login. `architecture` is as Go has it: `amd64`, `arm64`.
    """
    import httpx  # late: only a pull that takes long needs it

    local = _is_loopback(reference.host)
    base = f"{'http' if local else 'https'}://{reference.host}/v2/{reference.repository}"
    try:
        # Proxies are for the world outside.
        with httpx.Client(timeout=_SECONDS, trust_env=not local, follow_redirects=True) as client:
            manifest = _manifest(client, base, reference, architecture)
            config = _get(client, f"{base}/blobs/{manifest['config']['digest']}")
            pairs = zip(manifest["layers"], config["rootfs"]["diff_ids"], strict=True)
            return tuple(Layer(digest=sent["digest"], diff_id=own) for sent, own in pairs)
    except (httpx.HTTPError, httpx.InvalidURL, OSError, ImportError):
        return ()  # the last three are of proxies and certificates that the environment names
    except (ValueError, KeyError, TypeError, AttributeError):
        return ()


def _manifest(client: "httpx.Client", base: str, reference: Reference, architecture: str) -> _Tree:
    tree = _get(client, f"{base}/manifests/{reference.digest or reference.tag}")
    for one in tree.get("manifests", ()):
        platform = one.get("platform", {})
        if (platform.get("os"), platform.get("architecture")) == ("linux", architecture):
            return _get(client, f"{base}/manifests/{one['digest']}")
    return tree


def _get(client: "httpx.Client", url: str) -> _Tree:
    with client.stream("GET", url, headers={"accept": _ACCEPT}) as answer:
        unknown = answer.status_code == HTTPStatus.UNAUTHORIZED
        if not unknown or "authorization" in client.headers:
            return _read(answer.raise_for_status())
        asked = dict(_PARAMETER.findall(answer.headers.get("www-authenticate", "")))
    query = urlencode({name: asked[name] for name in ("service", "scope") if name in asked})
    with client.stream("GET", f"{asked['realm']}?{query}") as answer:
        token = _read(answer.raise_for_status())
    client.headers["authorization"] = f"Bearer {token.get('token') or token['access_token']}"
    return _get(client, url)


def _read(answer: "httpx.Response") -> _Tree:
    content = bytearray()
    for chunk in answer.iter_bytes():
        content += chunk
        if len(content) > _MOST_BYTES:
            raise ValueError(answer.url)
    return json.loads(content)


def _is_loopback(host: str) -> bool:
    """Say whether Docker speaks to that registry without TLS."""
    try:
        name = urlsplit(f"//{host}").hostname or ""
        return name == "localhost" or ip_address(name).is_loopback
    except ValueError:
        return False
