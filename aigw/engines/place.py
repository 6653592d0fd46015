"""Where Envoy listens, and whether it can."""

import json
from collections.abc import Container, Mapping
from contextlib import suppress
from shlex import quote

from msgspec import Struct

from aigw.clients import ports, process
from aigw.clients.http import Answer, ask_gateway
from aigw.engines.file_names import LISTENERS, Files
from aigw.engines.record import read_record
from aigw.errors import PortTaken
from aigw.state.paths import GatewayPaths, Home

_EVERYWHERE = {"0.0.0.0": "127.0.0.1", "::": "::1"}
_ANSWER_SECONDS = 2.0


class Place(Struct, frozen=True, kw_only=True):
    """An address and a port."""

    address: str
    port: int

    def __str__(self) -> str:
        return _joined(self.address, self.port)

    @property
    def origin(self) -> str:
        """Where a client on this machine reaches it, as a URL without a path."""
        return f"http://{_joined(_EVERYWHERE.get(self.address, self.address), self.port)}"

    def generation(self) -> str:
        """Return the generation that answers there; empty when nobody answers as we do."""
        return self.health(seconds=_ANSWER_SECONDS).headers.get("x-aigw-generation", "")

    def health(self, *, seconds: float) -> Answer:
        """Ask once whether anybody answers there."""
        return ask_gateway(f"{self.origin}/health", timeout=seconds)

    def refuse_taken(self) -> None:
        """Raise PortTaken when nobody could listen there now."""
        if not ports.free(self.address, self.port):
            raise PortTaken(f"port {self.port} of {self.address} is taken")

    def refuse_taken_naming(
        self, environ: Mapping[str, str], *, avoiding: Container[int] = ()
    ) -> None:
        """Raise PortTaken when nobody could, saying who listens and which other port is free."""
        if ports.free(self.address, self.port):
            return
        near = ports.suggest(self.address, self.port, avoiding=avoiding)
        who = self._gateway(environ) or ports.holder(self.port, environ)
        raise PortTaken(
            f"port {self.port} of {self.address} is taken by {who}",
            hint=f"aigw start --http-port {near}" if near else "aigw start --http-port PORT",
        )

    def _gateway(self, environ: Mapping[str, str]) -> str:
        """Say which gateway of this user listens there; empty where none does."""
        home = Home.find(environ)
        for name in home.names():
            paths = home.gateway(name)
            record = read_record(paths)
            envoy = record.envoy if record is not None else None
            if envoy is not None and process.alive(envoy) and place(paths) == self:
                return f"your gateway `{name}`, which `aigw stop -g {quote(name)}` stops"
        return ""


def place(paths: GatewayPaths) -> Place | None:
    """Read where the listener on disk is to listen."""
    with suppress(OSError, ValueError, LookupError, TypeError):
        return _read((paths.envoy / LISTENERS).read_text(encoding="utf-8"))
    return None


def place_of(files: Files) -> Place:
    """Read where a configuration is to listen."""
    return _read(files[LISTENERS])


def _read(listeners: str) -> Place:
    found = json.loads(listeners)["resources"][0]["address"]["socket_address"]
    return Place(address=str(found["address"]), port=int(found["port_value"]))


def _joined(address: str, port: int) -> str:
    return f"[{address}]:{port}" if ":" in address else f"{address}:{port}"
