"""What the console checks of a service source."""

import re
from collections.abc import Callable

from .errors import ValidationException
from .kube import Object

NAME = re.compile(r"(?!-)[A-Za-z0-9-]{0,62}[A-Za-z0-9]")
DOMAIN = re.compile(r"(?:(?!-)[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z]{2,63}")
BYTE = r"(?:25[0-5]|2[0-4]\d|[01]?\d\d?)"
IPV4 = re.compile(rf"{BYTE}(?:\.{BYTE}){{3}}", re.ASCII)
TYPES = ("nacos", "nacos2", "nacos3", "zookeeper", "consul", "eureka", "static", "dns")
PROXIED = ("static", "dns")
LARGEST_PORT = 65535


def is_port(number: int | None) -> bool:
    """Tell a port number."""
    return number is not None and 0 < number <= LARGEST_PORT


def is_host(text: str | None) -> bool:
    """Tell an IPv4 address, or a domain in small letters with a top level of letters."""
    return bool(text and (IPV4.fullmatch(text) or DOMAIN.fullmatch(text)))


def validate(source: Object) -> None:
    """Refuse what the console refuses, in its order."""
    for field, words in (("name", "name"), ("type", "type"), ("domain", "domain/IP")):
        if not (source[field] or "").strip():
            raise ValidationException(f"Service source {words} is required.")
    if not NAME.fullmatch(source["name"]):
        raise ValidationException(
            "Invalid service source name format. Name can only contain letters, numbers, and"
            " hyphens(-), cannot start or end with a hyphen, and must be 1-63 characters long."
        )
    _validate_type(source)
    if source["port"] is None:
        raise ValidationException("Service source port is required.")
    if not is_port(source["port"]):
        raise ValidationException("Invalid port range. Port must be an integer between 1-65535.")
    if source["type"] in OF_TYPE:
        OF_TYPE[source["type"]](source)
    if source["proxyName"] and source["type"] not in PROXIED:
        raise ValidationException("Proxy server name is only supported for static and dns types.")


def _validate_type(source: Object) -> None:
    kind = source["type"]
    if kind not in TYPES:
        raise ValidationException(
            f"Unsupported service source type: {kind}. Supported types: [{', '.join(TYPES)}]"
        )
    if kind not in PROXIED and not is_host(source["domain"]):
        raise ValidationException(
            f"Invalid domain format. For {kind} type, domain must be a valid domain name or"
            " IP address."
        )


def _parts(source: Object) -> list[str]:
    return [part.strip() for part in source["domain"].split(",") if part.strip()]


def _static(source: Object) -> None:
    addresses = _parts(source)
    if not addresses:
        raise ValidationException(
            "Static service source domain format is invalid. Must provide a list of IP:Port"
            " addresses separated by commas."
        )
    for address in addresses:
        host, colon, number = address.partition(":")
        if not colon or not number or ":" in number:
            raise ValidationException(
                f"Invalid address format: {address}. Correct format is IP:Port,"
                " e.g., 192.168.1.1:8080"
            )
        if not IPV4.fullmatch(host):
            raise ValidationException(f"Invalid IP address format: {host}")
        _port_of_address(number)


def _port_of_address(text: str) -> None:
    if not re.fullmatch(r"[+-]?\d+", text):
        raise ValidationException(f"Invalid port number: {text}. Port must be an integer.")
    if not is_port(int(text)):
        raise ValidationException(f"Invalid port range: {int(text)}. Port must be between 1-65535.")


def _dns(source: Object) -> None:
    domains = _parts(source)
    if not domains:
        raise ValidationException(
            "DNS service source domain format is invalid. Must provide a list of domain names"
            " separated by commas."
        )
    for domain in domains:
        if not DOMAIN.fullmatch(domain):
            raise ValidationException(f"Invalid domain format: {domain}")


def _nacos(source: Object) -> None:
    if not source["properties"]:
        raise ValidationException("Nacos service source requires properties configuration.")
    groups = source["properties"].get("nacosGroups")
    if not isinstance(groups, list) or not groups:
        raise ValidationException(
            "Nacos service source requires at least one group in nacosGroups."
        )


def _consul(source: Object) -> None:
    if not source["properties"]:
        raise ValidationException("Consul service source requires properties configuration.")
    center = source["properties"].get("consulDatacenter")
    if not isinstance(center, str) or not center.strip():
        raise ValidationException("Consul service source requires consulDatacenter configuration.")


OF_TYPE: dict[str, Callable[[Object], None]] = {
    "static": _static,
    "dns": _dns,
    "nacos": _nacos,
    "nacos2": _nacos,
    "nacos3": _nacos,
    "consul": _consul,
}
