"""Values: where a provider is, seen from Higress' container, and what Higress is told of it."""

from collections.abc import Mapping
from functools import cache
from ipaddress import IPv4Address, IPv6Address, ip_address

from msgspec import Struct

from aigw.catalog.target import PORTS
from aigw.errors import BadUsage
from aigw.rendering.template import Tree
from aigw.spec.secret import Secret

DOCKER_HOST = "host.docker.internal"
"""The user's own machine, seen from the container."""

STATIC_PORT = 80
AUTH_REGISTRY: dict[str, Tree] = {
    "domain": "oauth2.googleapis.com",
    "name": "vertex-auth.internal",
    "port": 443,
    "protocol": "https",
    "type": "dns",
}
"""What the console adds for Vertex: where ai-proxy makes tokens of a service account."""

# ai-proxy puts no `Authorization` of its own into requests of these types; a client's would pass.
NO_AUTHORIZATION = frozenset(("azure", "gemini", "generic", "ollama", "triton"))


class Place(Struct, frozen=True, kw_only=True):
    """Where requests leave the container for."""

    scheme: str
    host: str
    port: int

    @property
    def fixed(self) -> bool:
        """Say whether the host is an address and no name."""
        return isinstance(_address(self.host), IPv4Address)

    @property
    def authority(self) -> str:
        """The host, with its port where that is not the usual one."""
        return self.host if self.port == PORTS[self.scheme] else f"{self.host}:{self.port}"

    def url(self, path: str) -> str:
        """Return the URL of a path there; raises BadUsage where the console could not read it."""
        if "_" in self.host:
            raise BadUsage(f"Higress takes no host with `_` in a URL: `{self.host}`")
        return f"{self.scheme}://{self.authority}{path}"


def place(scheme: str, host: str, port: int) -> Place:
    """Return where that is from inside the container; raises BadUsage for an IPv6 address."""
    address = _address(host)
    own = host == "localhost" or host.endswith(".localhost")
    if own or (address and (address.is_loopback or address.is_unspecified)):
        return Place(scheme=scheme, host=DOCKER_HOST, port=port)
    if isinstance(address, IPv6Address):
        raise BadUsage(
            f"Higress reaches no provider by an IPv6 address: `{host}`; "
            "give a name or an IPv4 address"
        )
    return Place(scheme=scheme, host=host, port=port)


class Upstream(Struct, frozen=True, kw_only=True):
    """A provider on Higress: ai-proxy's `fields` (without id, protocol, keys) and its place."""

    id: str
    fields: Mapping[str, Tree]
    place: Place
    keys: tuple[Secret, ...]

    @property
    def service(self) -> str:
        """The name of its service in routes and rules."""
        return f"llm-{self.id}.internal.{'static' if self.place.fixed else 'dns'}"

    @property
    def destination(self) -> str:
        """Its service with the port, which an address carries itself."""
        return f"{self.service}:{STATIC_PORT if self.place.fixed else self.place.port}"

    @property
    def sends_authorization(self) -> bool:
        """Say whether the header `Authorization` that leaves is the provider's own."""
        if self.fields["type"] == "claude":
            return self.fields.get("claudeCodeMode") is True
        signed = bool({"awsSecretKey", "vertexAuthKey"} & self.fields.keys())
        return signed or (bool(self.keys) and self.fields["type"] not in NO_AUTHORIZATION)

    def entry(self) -> dict[str, Tree]:
        """Return what ai-proxy's configuration holds of it, keys included."""
        tokens = {"apiTokens": [key.reveal() for key in self.keys]} if self.keys else {}
        return {**tokens, "id": self.id, "protocol": "openai", **self.fields}

    def registries(self) -> list[dict[str, Tree]]:
        """Return what the McpBridge holds of it."""
        where = self.place
        own: dict[str, Tree] = {
            "domain": f"{where.host}:{where.port}" if where.fixed else where.host,
            "name": f"llm-{self.id}.internal",
            "port": STATIC_PORT if where.fixed else where.port,
            "protocol": where.scheme,
            "type": "static" if where.fixed else "dns",
        }
        return [own, AUTH_REGISTRY] if "vertexAuthKey" in self.fields else [own]


@cache
def _address(host: str) -> IPv4Address | IPv6Address | None:
    try:
        return ip_address(host)
    except ValueError:
        return None
