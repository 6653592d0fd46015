"""URLs as Java's `URI` takes them apart, which is stricter than ours in some places."""

import ipaddress
import re
from dataclasses import dataclass

SYNTAX = re.compile(r"(?:([^:/?#]+):)?(?://([^/?#]*))?([^?#]*)(?:\?([^#]*))?(?:#.*)?", re.DOTALL)
ILLEGAL = re.compile(r'[\x00-\x20"<>\\^`{|}\x7f]|%(?![0-9A-Fa-f]{2})')
SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*")
LABEL = r"[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?"
TOP = r"[A-Za-z](?:[A-Za-z0-9-]*[A-Za-z0-9])?"
AUTHORITY = re.compile(
    rf"(?:[^@]*@)?(\[[0-9A-Fa-f:.%]+\]|\d+\.\d+\.\d+\.\d+|(?:{LABEL}\.)*{TOP}\.?)(?::(\d*))?"
)
DOMAIN = re.compile(rf"(?:{LABEL}\.)*{LABEL}")


class WrongSyntax(Exception):
    """What Java would refuse to read as a URI."""


@dataclass(frozen=True, kw_only=True)
class Uri:
    """The parts; a host that Java cannot make out is None."""

    scheme: str | None
    host: str | None
    port: int
    path: str
    query: str


def parse(text: str) -> Uri:
    """Take a URI apart."""
    found = SYNTAX.fullmatch(text)
    if not found or ILLEGAL.search(text) or not text:
        raise WrongSyntax
    scheme, authority, path, query = found.groups()
    if scheme is not None and not SCHEME.fullmatch(scheme):
        raise WrongSyntax
    server = AUTHORITY.fullmatch(authority or "")
    host, port = server.groups() if server else (None, None)
    return Uri(
        scheme=scheme, host=host, port=int(port) if port else -1, path=path, query=query or ""
    )


def is_ip(host: str) -> bool:
    """Tell an IPv4 address."""
    try:
        ipaddress.IPv4Address(host)
    except ValueError:
        return False
    return True


def is_domain(text: str) -> bool:
    """Tell a bare host name from anything with a scheme, a port, or an underscore."""
    return bool(DOMAIN.fullmatch(text))
