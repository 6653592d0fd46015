"""Where a provider's API is, and the registry and the service that lead there."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl

from .errors import IllegalArgument, ValidationException
from .java_uri import Uri, WrongSyntax, is_ip, parse

STATIC_PORT = 80
PORTS = {"http": 80, "https": 443}
Configs = dict[str, Any]


@dataclass(frozen=True, kw_only=True)
class Endpoint:
    """One or, with addresses, several places that answer for a provider."""

    hosts: tuple[tuple[str, int], ...]
    protocol: str = "https"
    path: str = ""

    @property
    def is_static(self) -> bool:
        """Tell addresses from names."""
        return all(is_ip(host) for host, _ in self.hosts)

    @property
    def kind(self) -> str:
        """Give the type of the registry, which ends the service's name."""
        return "static" if self.is_static else "dns"

    @property
    def port(self) -> int:
        """Give the port of the service."""
        return STATIC_PORT if self.is_static else self.hosts[0][1]

    def registry(self, name: str, proxy: str | None) -> dict[str, Any]:
        """Make the registry."""
        places = [f"{host}:{port}" if self.is_static else host for host, port in self.hosts]
        found = {"name": name, "type": self.kind, "domain": ",".join(places), "port": self.port}
        return {**found, "protocol": self.protocol, **({"proxyName": proxy} if proxy else {})}


def at(host: str) -> Endpoint:
    """Make the endpoint of a vendor: HTTPS on its usual port."""
    return Endpoint(hosts=((host, PORTS["https"]),))


def of_uri(uri: Uri) -> Endpoint:
    """Make the endpoint of one URL; a host that Java cannot make out is its null address."""
    if not uri.host:
        raise IllegalArgument("Address cannot be null or empty.")
    scheme = (uri.scheme or "").lower()
    port = uri.port if uri.port > 0 else PORTS[scheme]
    return Endpoint(hosts=((uri.host, port),), protocol=scheme, path=uri.path)


def text(configs: Mapping[str, Any], key: str) -> str:
    """Read a setting that must not be empty."""
    value = configs.get(key)
    if not isinstance(value, str) or not value.strip():
        raise ValidationException(f"{key} cannot be empty.")
    return value


def custom_uri(key: str, url: str) -> Uri:
    """Read a URL that somebody chose."""
    try:
        uri = parse(url)
    except WrongSyntax as error:
        raise ValidationException(f"{key} contains an invalid URL: {url}") from error
    if not uri.scheme:
        raise ValidationException(f"Custom service URL must have a scheme: {url}")
    if uri.scheme.lower() not in PORTS:
        raise ValidationException(f"Custom service URL must have a valid scheme: {url}")
    return uri


def custom(name: str, configs: Configs, key: str, extra: str) -> Endpoint:
    """Give the endpoint of one URL and more beside it."""
    urls = [(key, text(configs, key))]
    urls += [(extra, url) for url in configs.get(extra) or [] if isinstance(url, str)]
    return together(name, [of_uri(custom_uri(*one)) for one in urls])


def together(name: str, found: Sequence[Endpoint]) -> Endpoint:
    """Join several endpoints, which must be addresses that differ in nothing else."""
    if len(found) == 1:
        return found[0]
    for words, values in (
        ("protocols", {one.protocol for one in found}),
        ("context paths", {one.path for one in found}),
    ):
        if len(values) > 1:
            raise ValidationException(
                f"Multiple {words} found in the endpoints of provider: {name}"
            )
    if not all(one.is_static for one in found):
        raise ValidationException(
            f"Multiple endpoints only work with static IP addresses, provider: {name}"
        )
    hosts = tuple(host for one in found for host in one.hosts)
    return Endpoint(hosts=hosts, protocol=found[0].protocol, path=found[0].path)


def azure(configs: Configs) -> Endpoint:
    """Give the endpoint of an Azure URL, which must say its API's version."""
    url = text(configs, "azureServiceUrl")
    try:
        uri = parse(url)
    except WrongSyntax as error:
        raise ValidationException("azureServiceUrl is not a valid URL.") from error
    if (uri.scheme or "").lower() not in PORTS:
        raise ValidationException("Invalid Azure service URL.")
    if not dict(parse_qsl(uri.query)).get("api-version"):
        raise ValidationException(
            "Azure service URL must have a non-empty api-version query parameter."
        )
    return of_uri(uri)
