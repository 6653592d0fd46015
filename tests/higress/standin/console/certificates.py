"""TLS certificates: Secrets of the type `kubernetes.io/tls`."""

import base64
from datetime import datetime

from . import domains, writes, x509
from .errors import ValidationException
from .http import Reply, Request, RouteTable, bare, created, deleted, envelope, paged
from .kube import Object

routes = RouteTable()

TYPE = "kubernetes.io/tls"
CERTIFICATE = {"name": str, "version": str, "cert": str, "key": str}


@routes.get("/v1/tls-certificates")
def every(request: Request) -> Reply:
    """List the certificates, without the secret in them."""
    there = [found for found in request.kube.list("secrets") if found.get("type") == TYPE]
    there.sort(key=lambda found: str(found["metadata"]["name"]))
    return paged(request, [_view(found) for found in there])


@routes.get("/v1/tls-certificates/{name}")
def one(request: Request) -> Reply:
    """Show a certificate."""
    found = request.kube.find("secrets", request.params["name"])
    return envelope(_view(found) if found and found.get("type") == TYPE else None)


@routes.post("/v1/tls-certificates", shape=CERTIFICATE)
def add(request: Request) -> Reply:
    """Write a new certificate."""
    return created(_view(writes.create(request.kube, "secrets", _secret(request.json()))))


@routes.put("/v1/tls-certificates/{name}", shape=CERTIFICATE)
def update(request: Request) -> Reply:
    """Write a certificate over the stored one; a name must be sent, that of the path counts."""
    certificate = request.json()
    if not certificate["name"]:
        raise ValidationException(
            "TlsCertificate name in the URL doesn't match the one in the body."
        )
    certificate["name"] = request.params["name"]
    return bare(_view(writes.replace(request.kube, "secrets", _secret(certificate))))


@routes.delete("/v1/tls-certificates/{name}")
def delete(request: Request) -> Reply:
    """Remove a certificate."""
    request.kube.delete("secrets", request.params["name"])
    return deleted()


def _secret(certificate: Object) -> Object:
    data = {"tls.crt": certificate["cert"], "tls.key": certificate["key"]}
    names = _read(certificate["cert"] or "")["domains"] or []
    return {
        "metadata": {
            "name": certificate["name"],
            "resourceVersion": certificate["version"],
            "labels": {domains.label(name): "true" for name in names},
        },
        "type": TYPE,
        "data": {k: base64.b64encode(v.encode()).decode() for k, v in data.items() if v},
    }


def _view(secret: Object) -> Object:
    text = base64.b64decode((secret.get("data") or {}).get("tls.crt", "")).decode()
    metadata = secret["metadata"]
    return {
        "name": metadata["name"],
        "version": metadata.get("resourceVersion"),
        "cert": None,
        "key": None,
        **_read(text),
    }


def _read(pem: str) -> Object:
    """Read names and validity out of a certificate; one that is none says nothing."""
    found = x509.read(pem)
    if found is None:
        return {"domains": None, "validityStart": None, "validityEnd": None}
    names, start, end = found
    return {"domains": names, "validityStart": _text(start), "validityEnd": _text(end)}


def _text(moment: datetime) -> str:
    return moment.strftime("%Y/%m/%d %H:%M:%SZ")
