"""Where Envoy listens, and whether it can."""

import errno
import json
import socket
from contextlib import suppress
from dataclasses import dataclass

from aigw.errors import EngineRefused, PortTaken
from aigw.state.files import reason
from aigw.state.paths import GatewayPaths


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """An address and a port."""

    address: str
    port: int

    def __str__(self) -> str:
        return (
            f"[{self.address}]:{self.port}"
            if ":" in self.address
            else f"{self.address}:{self.port}"
        )


def place(paths: GatewayPaths) -> Place | None:
    """Read where the listener on disk is to listen."""
    with suppress(OSError, ValueError, LookupError, TypeError):
        for file in paths.lds.glob("*.json"):
            tree = json.loads(file.read_text(encoding="utf-8"))
            found = tree["resources"][0]["address"]["socket_address"]
            return Place(address=str(found["address"]), port=int(found["port_value"]))
    return None


def refuse_taken(place: Place) -> None:
    """Raise PortTaken when another program listens there, EngineRefused when nobody could."""
    family = socket.AF_INET6 if ":" in place.address else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        # As Envoy does: connections left over from a listener that has ended do not count.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((place.address, place.port))
        except OSError as error:
            if error.errno == errno.EADDRINUSE:
                raise PortTaken(f"`{place}` is taken by another program") from error
            raise EngineRefused(f"`{place}` cannot be listened on: {reason(error)}") from error
