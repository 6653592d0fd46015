"""What runs of a gateway, as a person is told of it, whichever engine runs it."""

from enum import StrEnum

from msgspec import Struct


class State(StrEnum):
    """How a gateway is."""

    RUNNING = "running"
    STOPPED = "stopped"
    DEGRADED = "degraded"


class Trouble(Struct, frozen=True, kw_only=True):
    """Something that is wrong while the gateway runs; `hint` is a command."""

    code: str
    message: str
    hint: str


class Seen(Struct, frozen=True, kw_only=True):
    """What runs: 0, None and empty for what does not.

    `generation` is the one that answered just now; `address` and `port` are where it listens, `pid`
    or `container` what to name to a person. `troubles` are why it is degraded, `notes` what a
    person should know though it serves as it should.
    """

    state: State
    generation: str
    address: str
    port: int
    pid: int
    container: str
    uptime_seconds: int | None
    troubles: tuple[Trouble, ...]
    notes: tuple[Trouble, ...] = ()
