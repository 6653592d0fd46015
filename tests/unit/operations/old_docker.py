"""A Docker engine with the container that get-ai-gateway.sh had made, or without."""

from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from types import MappingProxyType

from msgspec.structs import replace

from aigw.clients.containers import ContainerSeen, Mounted, Published
from aigw.errors import DockerMissing
from aigw.operations.importing import Imported, take_over
from aigw.operations.importing_container import Docker, OldContainers
from aigw.operations.importing_reading import ImportWanted
from aigw.operations.importing_undo import Undone, undo
from aigw.operations.world import World
from aigw.spec.secret import Secret

NAME = "higress-ai-gateway"


def container(
    folder: Path, *, running: bool, name: str = NAME, labels: Mapping[str, str] | None = None
) -> ContainerSeen:
    """Make a container as `docker run` of the script does."""
    now = datetime(2026, 1, 1, tzinfo=UTC)
    ports = tuple(
        Published(inner=f"{port}/tcp", address="127.0.0.1", port=port)
        for port in (8080, 8443, 8001)
    )
    return ContainerSeen(
        id="0123456789abcdef",
        name=name,
        status="running" if running else "exited",
        labels=labels or {},
        started=now,
        image="sha256:0",
        reference="higress-registry.cn-hangzhou.cr.aliyuncs.com/higress/all-in-one:latest",
        ports=ports if running else (),
        mounts=(Mounted(kind="bind", source=str(folder), target="/data"),),
        restart_policy="always",
        exit_code=0,
        out_of_memory=False,
        error="",
    )


class OldDocker:
    """Remembers what was done to its one container, which was made with the variables `given`.

    `breaks` names a call that ends the program.
    """

    def __init__(
        self,
        one: ContainerSeen | None = None,
        *,
        breaks: str = "",
        given: Mapping[str, str] = MappingProxyType({}),
    ) -> None:
        self.one = one
        self.breaks = breaks
        self.given = given
        self.done: list[str] = []

    def container(self, name: str) -> ContainerSeen | None:
        """Look at it."""
        there = self.one is not None and name in {self.one.id, self.one.name}
        return self.one if there else None

    def mounting(self, target: str) -> tuple[ContainerSeen, ...]:
        """Look at it, if it has something there."""
        there = self.one is not None and target in {one.target for one in self.one.mounts}
        return (self.one,) if there and self.one else ()

    def environment(self, name: str) -> Mapping[str, Secret]:
        """Show what it was made with."""
        assert self.one is not None
        assert name == self.one.id
        return {key: Secret(value) for key, value in self.given.items()}

    def copy_out(self, name: str, path: str) -> Mapping[str, bytes]:
        """Copy nothing: every file can be read by whoever runs the tests."""
        raise AssertionError((name, path))

    def start(self, name: str) -> None:
        """Start it."""
        self._do("start", name, status="running")

    def stop(self, name: str, *, seconds: int) -> None:  # noqa: ARG002 - it ends at once
        """Stop it."""
        self._do("stop", name, status="exited")

    def rename(self, name: str, new: str) -> None:
        """Give it another name."""
        self._do("rename", name, name=new)

    def set_restart_policy(self, name: str, policy: str) -> None:
        """Change when it comes back."""
        self._do("restart", name, restart_policy=policy)

    def _do(self, what: str, which: str, **changes: str) -> None:
        assert self.one is not None
        assert which == self.one.id
        if what == self.breaks:
            raise KeyboardInterrupt
        self.done.append(what)
        self.one = replace(self.one, **changes)


def nowhere() -> OldContainers:
    """Have no Docker engine."""
    raise DockerMissing("no Docker engine answers")


def taken(here: World, old: Path, docker: Docker = nowhere, **wanted: str) -> Imported:
    """Import the folder."""
    return take_over(here, NAME, ImportWanted(folder=old, **wanted), docker)  # type: ignore[arg-type]


def given_back(here: World, old: Path, docker: Docker = nowhere) -> Undone:
    """Undo the import."""
    return undo(here, NAME, old, docker)
