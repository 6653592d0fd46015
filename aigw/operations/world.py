"""What the verbs work with, handed in."""

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from typing import TYPE_CHECKING, Protocol

from msgspec import Struct

from aigw.state.paths import GatewayPaths, Home

if TYPE_CHECKING:  # slow to import, and few commands need them
    from aigw.clients.http import Answer
    from aigw.engines import AnyEngine
    from aigw.engines.choice import Look
    from aigw.engines.means import Means
    from aigw.spec.gateway import EngineName

DEFAULT_GATEWAY = "higress-ai-gateway"
"""The gateway that is meant when none is named; the old script's name."""


class Engines(Protocol):
    """Make an engine for a gateway."""

    def __call__(
        self, paths: GatewayPaths, engine: "EngineName", means: "Means | None" = None, /
    ) -> "AnyEngine":
        """Make it; it goes about it as `means` says."""


class Asks(Protocol):
    """Send a request to a gateway: POST `body` as JSON, or GET without one; never raises."""

    def __call__(
        self,
        url: str,
        /,
        *,
        timeout: float,
        body: object = None,
        headers: Mapping[str, str] | None = None,
    ) -> "Answer":
        """Send it; `timeout` is in seconds."""


class World(Struct, frozen=True, kw_only=True):
    """The user's home and environment, the engines, a way to ask a gateway, and a voice.

    `higress` says whether the Higress engine can be had.

    `step` hears of every step, `note` what the person should know though it is no error, and
    `waiting` says what is waited for while its block runs.
    """

    home: Home
    environ: Mapping[str, str]
    engine: Engines
    higress: "Look"
    ask: Asks
    step: Callable[[str], None]
    note: Callable[[str], None]
    waiting: Callable[[str], AbstractContextManager[None]]

    @property
    def chinese(self) -> bool:
        """Say whether the user's language is Chinese, as POSIX has it: the first that is set."""
        names = ("LC_ALL", "LC_MESSAGES", "LANG")
        language = next((self.environ[name] for name in names if self.environ.get(name)), "")
        return language.startswith("zh")
