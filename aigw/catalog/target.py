"""Where a configured provider is reached, and with which headers."""

import re
from collections.abc import Mapping
from urllib.parse import SplitResult, urlsplit

from msgspec import Struct

from aigw.catalog.options import option_problem
from aigw.catalog.provider_type import Api, AuthHeader, Endpoint, ProviderType
from aigw.errors import BadUsage

LONGEST_URL = 2048
PORTS = {"http": 80, "https": 443}
ENDPOINT_ENDINGS = (
    "/chat/completions",
    "/completions",
    "/embeddings",
    "/responses",
    "/rerank",
    "/images/generations",
    "/images/edits",
    "/images/variations",
    "/audio/speech",
    "/audio/transcriptions",
    "/audio/translations",
    "/moderations",
    "/messages",
)
HOST = re.compile(
    r"(?=.{1,253}$)[a-z0-9_]([a-z0-9_-]*[a-z0-9_])?(\.[a-z0-9_]([a-z0-9_-]*[a-z0-9_])?)*"
)
IPV6 = re.compile(r"[0-9a-f:.]*:[0-9a-f:.]*")
PATH = re.compile(r"(/[A-Za-z0-9._~!$&'()*+,;=:@%/-]*)?")
PLACEHOLDER = re.compile(r"\$\{(\w+)\}")


class Target(Struct, frozen=True, kw_only=True):
    """The upstream of a provider.

    `host` is a name or an address, without brackets; `socket` is `demo` for the demo provider,
    which is behind a unix socket of the gateway's, and else empty; `paths`, `auth` and `headers`
    have a value for each API that the provider serves, paths with their query; header names are
    in lower case.
    """

    scheme: str
    host: str
    port: int
    socket: str
    paths: Mapping[Api, str]
    auth: Mapping[Api, AuthHeader | None]
    headers: Mapping[Api, Mapping[str, str]]


def url_problem(url: str) -> str:
    """Say why `url` cannot be a base URL, in words to follow its path; empty if it can."""
    if len(url) > LONGEST_URL:
        return f"has {len(url)} characters; {LONGEST_URL} is the most"
    if not url.isascii() or not url.isprintable() or " " in url:
        return "holds a space, a control character or one that is not ASCII"
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        return "is no URL: its host or port is malformed"
    name = IPV6 if parts.netloc.startswith("[") else HOST
    checks = (
        (parts.scheme not in PORTS, "must begin with http:// or https://"),
        ("@" in parts.netloc, "must not hold a user or password; give the key as a key"),
        ("?" in url or "#" in url, "must end before any `?` or `#`"),
        (not name.fullmatch(parts.hostname or ""), "names no valid host"),
        (port == 0 or parts.netloc.endswith(":"), "names no valid port"),
    )
    return next((problem for wrong, problem in checks if wrong), _path_problem(parts.path))


def resolve(ptype: ProviderType, options: Mapping[str, object], url: str) -> Target:
    """Return where a provider of that type with these options is reached.

    `url` is the user's, or empty: it replaces scheme, host and port, and also the base path when
    it has one. Options not given have their defaults. Raises BadUsage for a bad URL, a bad or
    missing option, and a missing URL.
    """
    if url and (problem := url_problem(url)):
        raise BadUsage(f"the url of a provider of type {ptype.id} {problem}")
    if ptype.needs_url and not url:
        raise BadUsage(f"a provider of type {ptype.id} needs a url", hint="--url https://HOST/v1")
    values = _texts(ptype, options)
    base = _base(ptype, options, url, values)
    endpoints = _endpoints(ptype, options)
    path = base.path.rstrip("/")
    return Target(
        scheme="https" if base.scheme == "https" else "http",
        host=base.hostname or "",
        port=base.port or PORTS.get(base.scheme, 80),
        socket=base.hostname or "" if base.scheme == "unix" else "",
        paths={
            api: (path if endpoint.path.startswith("./") else "")
            + _filled(ptype, endpoint.path.removeprefix("."), values)
            for api, endpoint in endpoints.items()
        },
        auth={api: endpoint.auth or ptype.auth for api, endpoint in endpoints.items()},
        headers={
            api: {
                name: _filled(ptype, value, values)
                for name, value in {**ptype.headers, **endpoint.headers}.items()
            }
            for api, endpoint in endpoints.items()
        },
    )


def _path_problem(path: str) -> str:
    if not PATH.fullmatch(path):
        return "has a path with characters that a URL cannot have"
    ending = next((end for end in ENDPOINT_ENDINGS if path.rstrip("/").endswith(end)), "")
    return f"must be the base URL, without `{ending}`" if ending else ""


def _texts(ptype: ProviderType, options: Mapping[str, object]) -> dict[str, str]:
    """Return the options with their defaults as they stand in a URL."""
    for name, value in options.items():
        field = ptype.option(name)
        problem = option_problem(field, value) if field else "is unknown"
        if problem:
            raise BadUsage(f"option `{name}` of type {ptype.id} {problem}")
    return {name: str(value) for name, value in ptype.effective(options).items()}


def _endpoints(ptype: ProviderType, options: Mapping[str, object]) -> dict[Api, Endpoint]:
    endpoints = dict(ptype.endpoints)
    for variant in ptype.chosen_variants(options):
        endpoints |= variant.endpoints
    return endpoints


def _base(
    ptype: ProviderType, options: Mapping[str, object], url: str, values: Mapping[str, str]
) -> SplitResult:
    """Return the base URL with everything filled in."""
    given = urlsplit(url)
    if given.path.strip("/"):
        return given
    templates = [variant.base_url for variant in ptype.chosen_variants(options) if variant.base_url]
    template = templates[-1] if templates else ptype.base_url
    known = urlsplit(template)
    path = _filled(ptype, known.path, values)
    if url:
        return given._replace(path=path)
    return urlsplit(_filled(ptype, f"{known.scheme}://{known.netloc}", values))._replace(path=path)


def _filled(ptype: ProviderType, template: str, values: Mapping[str, str]) -> str:
    """Put the values of the options where the template names them."""

    def value(match: re.Match[str]) -> str:
        name = match[1]
        if not values.get(name):
            raise BadUsage(
                f"a provider of type {ptype.id} needs option `{name}`", hint=f"--set {name}=..."
            )
        return values[name]

    return PLACEHOLDER.sub(value, template)
