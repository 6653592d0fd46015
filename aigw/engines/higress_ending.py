"""Which start of a container was told to take no more requests: Envoy cannot be told otherwise.

While requests finish Envoy shows nowhere that it is so, and after 45 s it closes its listeners.
"""

from contextlib import suppress

from aigw.clients.containers import ContainerSeen
from aigw.errors import AigwError
from aigw.state.files import write_atomically
from aigw.state.paths import GatewayPaths

INTERRUPTED = "it takes no more requests since a stop was interrupted"
_FILE = "ending"


def note_ending(paths: GatewayPaths, container: ContainerSeen) -> None:
    """Remember, before it is told so, that it takes no more requests as it was started."""
    with suppress(AigwError):  # a full disk keeps nobody from stopping
        write_atomically(paths.higress_run / _FILE, _as_started(container), durable=False)


def is_ending(paths: GatewayPaths, container: ContainerSeen) -> bool:
    """Say whether it was told so, and not started again since."""
    with suppress(OSError, ValueError):
        noted = (paths.higress_run / _FILE).read_text(encoding="utf-8")
        return noted == _as_started(container)
    return False


def _as_started(container: ContainerSeen) -> str:
    return f"{container.id} {container.started}"
