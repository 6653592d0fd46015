"""Every error a user can meet: its words, its code word and the exit code of the program."""

from collections.abc import Iterable
from typing import ClassVar

from msgspec import Struct


class AigwError(Exception):
    """Something a user can understand and act on; `hint` is a command that can be pasted.

    `quoted` is what somebody else wrote, such as the end of a log: it stands behind all words.
    """

    code: ClassVar[str] = "failed"
    exit_code: ClassVar[int] = 1

    def __init__(self, message: str, *, hint: str = "", quoted: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint
        self.quoted = quoted


class CannotWrite(AigwError):
    """A file could not be written; the old one is whole."""

    code = "cannot_write"


class Busy(AigwError):
    """Another command holds the gateway's lock for longer than we wait."""

    code = "busy"


class BadUsage(AigwError):
    """An option has a value that cannot be used."""

    code = "usage"
    exit_code = 2


class Problem(Struct, frozen=True, kw_only=True):
    """One thing wrong in a spec: where (`providers[1].models[0]`) and what."""

    path: str
    message: str

    def __str__(self) -> str:
        return f"{self.path}: {self.message}" if self.path else self.message


class SpecInvalid(AigwError):
    """A `gateway.yaml` or `credentials.yaml` cannot be used; `problems` is all there is to mend."""

    code = "spec_invalid"
    exit_code = 3

    def __init__(self, source: str, problems: Iterable[Problem], *, hint: str = "") -> None:
        self.source = source
        self.problems = tuple(problems)
        lines = "".join(f"\n  {problem}" for problem in self.problems)
        super().__init__(f"{source} cannot be used:{lines}", hint=hint)


class UnknownGateway(AigwError):
    """There is no gateway of that name."""

    code = "unknown_gateway"
    exit_code = 4


class NotRunning(AigwError):
    """The gateway does not run, and only one that runs can be asked."""

    code = "not_running"
    exit_code = 4


class EngineMissing(AigwError):
    """The engine asked for cannot run on this machine."""

    code = "engine_missing"
    exit_code = 5


class DockerMissing(EngineMissing):
    """No Docker engine that can be used answers; the message says what was tried."""

    code = "docker_missing"


class DockerGone(AigwError):
    """The Docker engine stopped answering while it was asked for something."""

    code = "docker_gone"
    exit_code = 5


class DockerRefused(AigwError):
    """The Docker engine said no; `reason` has its words, the message also what was being done."""

    code = "docker_refused"
    exit_code = 5

    def __init__(self, message: str, *, reason: str = "", hint: str = "") -> None:
        super().__init__(message, hint=hint)
        self.reason = reason or message


class DiskFull(DockerRefused):
    """The disk that the Docker engine keeps images and containers on is full."""

    code = "disk_full"


class ContainerMissing(DockerRefused):
    """There is no such container, or no longer."""

    code = "container_missing"


class ContainerConflict(DockerRefused):
    """A container is not in a state, or has a name, that allows it."""

    code = "container_conflict"


class ImageMissing(AigwError):
    """The image is not here, and nobody serves it; `quoted` says why, registry by registry."""

    code = "image_missing"
    exit_code = 5


class ImageChanged(AigwError):
    """An image is not the one whose digest was pinned or recorded."""

    code = "image_changed"
    exit_code = 5


class EngineRefused(AigwError):
    """The engine did not take a configuration; what served before serves on."""

    code = "engine_refused"
    exit_code = 5


class NotReady(AigwError):
    """The engine did not answer in time; the message says what was last seen."""

    code = "not_ready"
    exit_code = 5


class OutcomeUnknown(NotReady):
    """The engine was asked for a change, and may still make it."""


class LeftAlone(NotReady):
    """What runs does not answer, and was left as it is, or as it was."""


class PortTaken(AigwError):
    """Another program listens where the gateway is to listen."""

    code = "port_taken"
    exit_code = 5


class NotOurs(AigwError):
    """Something of our name was not made by us; it is left alone."""

    code = "not_ours"
    exit_code = 6


class Interrupted(AigwError):
    """The person pressed Ctrl-C; the message says what became of it."""

    code = "interrupted"
    exit_code = 130
