"""What the console writes at its own start."""

import base64
from pathlib import Path

from . import domains, route_store, writes
from .auth import Admin
from .ingresses import DEFAULT_DOMAIN
from .kube import Kube, Object
from .settings import INITIALIZED, Settings
from .shapes import ROUTE

CERTIFICATE = Path(__file__).with_name("default-tls.pem")
FIRST = "default"


def prepare(kube: Kube) -> None:
    """Make the first route where there is none, and rewrite the console's own ConfigMap twice."""
    settings = Settings(kube)
    if not settings.all().get("route.default.initialized") and not kube.list("ingresses"):
        _first_route(kube)
    first = {"route.default.initialized": "true"}
    if Admin(kube).initialized():
        first[INITIALIZED] = "true"
    settings.write(first)
    settings.write({"dashboard.builtin": "false"})


def _first_route(kube: Kube) -> None:
    """Lead `/` to the landing page, over HTTPS too, with a certificate of the console's own."""
    pem = CERTIFICATE.read_text(encoding="ascii")
    key, certificate = pem.split("-----BEGIN CERTIFICATE-----")
    parts = {"tls.key": key, "tls.crt": f"-----BEGIN CERTIFICATE-----{certificate}"}
    data = {name: base64.b64encode(text.encode()).decode() for name, text in parts.items()}
    secret = {"metadata": {"name": FIRST}, "type": "kubernetes.io/tls", "data": data}
    writes.create(kube, "secrets", secret)
    domain = {"name": DEFAULT_DOMAIN, "version": None, "enableHttps": "on"}
    domains.add(kube, {**domain, "certIdentifier": FIRST})
    route_store.add(kube, _route())


def _route() -> Object:
    service = {"name": "higress-console.static", "port": 80, "version": None, "weight": None}
    return {
        **dict.fromkeys(ROUTE),
        "name": FIRST,
        "domains": [],
        "path": {"matchType": "EQUAL", "matchValue": "/", "caseSensitive": None},
        "services": [service],
        "rewrite": {"enabled": True, "path": "/landing", "host": None},
    }
