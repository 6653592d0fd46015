"""Domains: a ConfigMap each, which says whether and with which certificate HTTPS is spoken."""

from typing import Any

from . import writes
from .annotations import PREFIX, Annotations
from .errors import IllegalArgument, ValidationException
from .kube import Kube, Object

LABEL = "higress.io/domain_"


def label(domain: str) -> str:
    """Name the label by which routes of a domain are found."""
    return LABEL + _plain(domain)


def _plain(domain: str) -> str:
    return f"wildcard{domain[1:]}" if domain.startswith("*") else domain


def config_map(domain: str) -> str:
    """Name the ConfigMap of a domain."""
    return f"domain-{_plain(domain)}"


def to_config_map(domain: Object) -> Object:
    """Make the ConfigMap of a domain."""
    return {
        "metadata": {
            "name": config_map(domain["name"]),
            "resourceVersion": domain["version"],
            "labels": {"higress.io/config-map-type": "domain"},
        },
        "data": {
            "domain": domain["name"],
            "cert": domain["certIdentifier"],
            "enableHttps": domain["enableHttps"],
        },
    }


def to_domain(found: Object) -> Object:
    """Read a domain out of its ConfigMap."""
    data = found.get("data")
    if data is None:
        raise IllegalArgument("No data is found in the ConfigMap.")
    return {
        "name": data.get("domain"),
        "version": found["metadata"].get("resourceVersion"),
        "enableHttps": data.get("enableHttps"),
        "certIdentifier": data.get("cert"),
    }


def find(kube: Kube, name: str) -> Object | None:
    """Read one domain."""
    found = kube.find("configmaps", config_map(name))
    return to_domain(found) if found else None


def every(kube: Kube) -> list[Object]:
    """Read all domains, in order of their ConfigMaps' names."""
    maps = kube.list("configmaps", {"higress.io/resource-definer": "higress"})
    maps = [found for found in maps if found["metadata"]["name"].startswith("domain-")]
    return [to_domain(found) for found in sorted(maps, key=lambda one: one["metadata"]["name"])]


def add(kube: Kube, domain: Object) -> Object:
    """Write a new domain."""
    return to_domain(writes.create(kube, "configmaps", to_config_map(domain)))


def update(kube: Kube, domain: Object) -> Object:
    """Write a domain over the stored one."""
    return to_domain(writes.replace(kube, "configmaps", to_config_map(domain)))


def tls_of(kube: Kube, names: list[str]) -> tuple[list[Object], Annotations]:
    """Give an Ingress's TLS entries, and the redirect when HTTPS is forced."""
    there = {name: find(kube, name) for name in names if name}
    secure = {name: domain for name, domain in there.items() if domain and _has_tls(domain)}
    if secure and len(secure) != len(names):
        raise ValidationException("Currently only supports domains with the same protocol")
    modes = {domain["enableHttps"] for domain in secure.values()}
    if len(modes) > 1:
        raise ValidationException("All domains must use consistent HTTPS configuration")
    redirect = {f"{PREFIX}ssl-redirect": "true"} if modes == {"force"} else {}
    return [_tls(name, domain) for name, domain in secure.items()], redirect


def _has_tls(domain: Object) -> bool:
    return domain["enableHttps"] != "off" and bool(domain["certIdentifier"])


def _tls(name: str, domain: Object) -> dict[str, Any]:
    hosts = {} if name == "higress-default-domain" else {"hosts": [name]}
    return hosts | {"secretName": domain["certIdentifier"]}
