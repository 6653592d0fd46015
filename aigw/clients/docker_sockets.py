"""The programs that bring a Docker engine, where each listens, and how each is started."""

import os
import shutil
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

from msgspec import Struct

from aigw.clients.docker_api import DEFAULT_SOCKET, exists

_MAC = "darwin"


class Runtime(Struct, frozen=True, kw_only=True):
    """One program that may listen: its sockets in the order to try, and the command to start it.

    `signs` are paths and names of programs; one of them there, and it is installed.
    """

    name: str
    sockets: tuple[Path, ...]
    start: str
    signs: tuple[Path | str, ...]


class Machine(Struct, frozen=True, kw_only=True):
    """Where to look: the user's home and environment, the root of the files, the system."""

    environ: Mapping[str, str]
    home: Path
    root: Path = Path("/")
    platform: str = sys.platform

    @property
    def user_sockets(self) -> Path:
        """Where the sockets of the user's own services are."""
        there = self.environ.get("XDG_RUNTIME_DIR")
        return Path(there) if there else self.root / "run" / "user" / str(os.getuid())

    def installed(self, runtime: Runtime) -> bool:
        """Say whether a program is there, running or not."""
        path = self.environ.get("PATH", os.defpath)
        return any(
            exists(sign) if isinstance(sign, Path) else bool(shutil.which(sign, path=path))
            for sign in runtime.signs
        )

    def service(self, unit: str, *, user: bool = False) -> str:
        """Spell the command that starts a service here."""
        if user:
            return f"systemctl --user start {unit}"
        systemd = (self.root / "run/systemd/system").is_dir()
        return f"sudo systemctl start {unit}" if systemd else f"sudo service {unit} start"


def runtimes(machine: Machine) -> Iterator[Runtime]:
    """Name every program we know, in the order in which they are tried."""
    yield from _of_docker(machine)
    yield from _in_a_vm(machine)
    yield from _of_podman(machine)


def default(machine: Machine) -> Runtime:
    """Return the engine behind the default socket."""
    mac = machine.platform == _MAC
    return Runtime(
        name="the default socket",
        sockets=(machine.root / DEFAULT_SOCKET,),
        start="" if mac else machine.service("docker"),
        signs=() if mac else ("dockerd",),
    )


def _of_docker(machine: Machine) -> Iterator[Runtime]:
    home, mac = machine.home, machine.platform == _MAC
    yield Runtime(
        name="Docker Desktop",
        sockets=(home / ".docker/run/docker.sock", home / ".docker/desktop/docker.sock"),
        start="open -a Docker" if mac else machine.service("docker-desktop", user=True),
        signs=(machine.root / "Applications/Docker.app", home / ".docker/desktop"),
    )
    yield Runtime(
        name="Docker rootless",
        sockets=(machine.user_sockets / "docker.sock",),
        start=machine.service("docker", user=True),
        signs=(home / ".config/systemd/user/docker.service",),
    )


def _in_a_vm(machine: Machine) -> Iterator[Runtime]:
    home, environ = machine.home, machine.environ
    yield Runtime(
        name="Rancher Desktop",
        sockets=(home / ".rd/docker.sock",),
        start="rdctl start",
        signs=("rdctl", home / ".rd"),
    )
    config = Path(environ.get("XDG_CONFIG_HOME") or home / ".config")
    colima = _folders(environ.get("COLIMA_HOME", ""), home / ".colima", config / "colima")
    yield Runtime(
        name="Colima",
        sockets=_found(colima, "docker.sock", "default/docker.sock", "*/docker.sock"),
        start="colima start",
        signs=("colima", *colima),
    )
    yield Runtime(
        name="OrbStack",
        sockets=(home / ".orbstack/run/docker.sock",),
        start="orb start",
        signs=("orb", home / ".orbstack"),
    )
    lima = _folders(environ.get("LIMA_HOME", ""), home / ".lima")
    yield Runtime(
        name="Lima",
        sockets=_found(lima, "docker/sock/docker.sock", "*/sock/docker.sock", "*/sock/podman.sock"),
        start="limactl start docker",
        signs=(*(folder / "docker" for folder in lima),),
    )


def _of_podman(machine: Machine) -> Iterator[Runtime]:
    home, user = machine.home, machine.user_sockets
    temporary = Path(machine.environ.get("TMPDIR") or machine.root / "tmp")
    kept = home / ".local/share/containers/podman/machine"
    vm = _found((temporary / "podman", user / "podman"), "podman-machine-*-api.sock")
    yield Runtime(
        name="podman machine",
        sockets=(*vm, *_found((kept,), "podman.sock", "*/podman.sock")),
        start="podman machine start",
        signs=(kept,),
    )
    linux = machine.platform != _MAC
    yield Runtime(
        name="podman rootless",
        sockets=(user / "podman/podman.sock",),
        start=machine.service("podman.socket", user=True),
        signs=("podman",) if linux else (),
    )
    yield Runtime(
        name="podman rootful",
        sockets=(machine.root / "run/podman/podman.sock",),
        start="sudo systemctl start podman.socket",
        signs=(),
    )


def _folders(named: str, *usual: Path) -> tuple[Path, ...]:
    return (Path(named),) if named else usual


def _found(folders: tuple[Path, ...], *patterns: str) -> tuple[Path, ...]:
    """Return the sockets there, those of earlier patterns first, none twice."""
    paths = (
        path
        for pattern in patterns
        for folder in folders
        if exists(folder)
        for path in sorted(folder.glob(pattern))
    )
    return tuple(dict.fromkeys(paths))
