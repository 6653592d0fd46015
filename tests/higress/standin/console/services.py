"""Services that routes can lead to, as pilot's debug API lists them."""

import http.client
import json
from typing import Any

from ..ports import PILOT_DEBUG
from . import registries
from .errors import BusinessException, ConsoleError
from .kube import Kube, Object

HOST = "localhost"
PROTECTED = {"kube-system", "higress-system"}
OK = 200


def every(kube: Kube, pilot: int) -> list[Object]:
    """List every service with each of its ports; `pilot` is the port of the debug API."""
    listed = _ask(pilot, "/debug/registryz", "gateway service list") or []
    if not listed:
        return []
    shards = _ask(pilot, "/debug/endpointShardz", "service endpoints") or {}
    domains = {
        f"{registry['name']}.dns": registry.get("domain")
        for registry in registries.registries(kube)
        if registry.get("type") == "dns"
    }
    found = [
        view
        for service in listed
        if service["Attributes"]["Namespace"] not in PROTECTED
        for view in _views(service, _endpoints(service, shards, domains))
    ]
    return sorted(found, key=lambda one: (one["namespace"], one["name"], one["port"] or 0))


def _views(service: Object, endpoints: list[str] | None) -> list[Object]:
    ports = {each["port"]: each.get("protocol") for each in reversed(service.get("ports") or [])}
    same = {"name": service["hostname"], "namespace": service["Attributes"]["Namespace"]}
    return [
        same | {"port": number, "version": None, "endpoints": endpoints, "protocol": protocol}
        for number, protocol in (ports or {None: None}).items()
    ]


def _endpoints(service: Object, shards: Object, domains: dict[str, str | None]) -> list[str] | None:
    """Give the addresses; a name in the DNS has none, so the registry's domain stands for them."""
    namespace = service["Attributes"]["Namespace"]
    groups = (shards.get(service["hostname"]) or {}).get(namespace, {}).get("Shards") or {}
    addresses = [
        address
        for endpoints in groups.values()
        for endpoint in endpoints
        for address in endpoint.get("Addresses") or []
    ]
    domain = domains.get(service["Attributes"]["Name"]) if namespace == "mcp" else None
    return addresses or ([domain] if domain else None)


def _ask(pilot: int, path: str, what: str) -> Any:  # noqa: ANN401 - any JSON
    connection = http.client.HTTPConnection("127.0.0.1", pilot, timeout=10)
    try:
        connection.request("GET", path)
        response = connection.getresponse()
        body = response.read()
    except OSError as error:
        raise ConsoleError(
            f"Failed to connect to {HOST}/127.0.0.1:{PILOT_DEBUG}", java="java.net.ConnectException"
        ) from error
    finally:
        connection.close()
    if response.status != OK:
        raise BusinessException(f"Failed to get {what} from controller. Code={response.status}")
    return json.loads(body) if body else None
