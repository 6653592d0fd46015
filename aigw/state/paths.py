"""Where everything of a gateway lies."""

import os
import re
from collections.abc import Mapping
from hashlib import sha256
from pathlib import Path

from msgspec import Struct

from aigw.errors import BadUsage, CannotWrite, UnknownGateway
from aigw.state.files import absolute, private_folder, reason, write_atomically
from aigw.state.folders import platform_folder, refuse_foreign
from aigw.state.runtime import LONGEST_SOCKET, noted_runtime, runtime_base

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,63}\Z")


class GatewayPaths(Struct, frozen=True, kw_only=True):
    """Every file of one gateway: `folder` holds its data, without links, `runtime` its sockets."""

    name: str
    folder: Path
    runtime: Path

    @property
    def spec(self) -> Path:
        """The truth about the gateway."""
        return self.folder / "gateway.yaml"

    @property
    def credentials(self) -> Path:
        """Provider id -> list of keys."""
        return self.folder / "credentials.yaml"

    @property
    def lock(self) -> Path:
        """Held by a command while it changes the gateway."""
        return self.folder / "lock"

    @property
    def run(self) -> Path:
        """What is known of the running gateway."""
        return self.folder / "run"

    @property
    def choice(self) -> Path:
        """The engine that was chosen and why."""
        return self.run / "choice.json"

    @property
    def supervisor(self) -> Path:
        """Process id and start of the supervisor."""
        return self.run / "supervisor.json"

    @property
    def supervisor_lock(self) -> Path:
        """Held by the supervisor as long as it lives."""
        return self.run / "supervisor.lock"

    @property
    def salt(self) -> Path:
        """What keys are fingerprinted with."""
        return self.run / "salt"

    @property
    def runtime_note(self) -> Path:
        """Where the sockets are, for commands that come from another environment."""
        return self.run / "runtime"

    @property
    def logs(self) -> Path:
        """Folder of all logs."""
        return self.folder / "logs"

    @property
    def access_log(self) -> Path:
        """One JSON object a request."""
        return self.logs / "access.log"

    @property
    def envoy_log(self) -> Path:
        """Envoy's own words."""
        return self.logs / "envoy.log"

    @property
    def supervisor_log(self) -> Path:
        """The supervisor's own words."""
        return self.logs / "supervisor.log"

    @property
    def envoy(self) -> Path:
        """Folder of Envoy's files."""
        return self.folder / "envoy"

    @property
    def bootstrap(self) -> Path:
        """What Envoy is started with."""
        return self.envoy / "bootstrap.json"

    @property
    def staging(self) -> Path:
        """Folder where a configuration is validated before it replaces the last."""
        return self.envoy / "staging"

    @property
    def xds(self) -> Path:
        """Folder of the resources that Envoy watches, one folder a type."""
        return self.envoy / "xds"

    @property
    def lds(self) -> Path:
        """Folder of the listeners."""
        return self.xds / "lds"

    @property
    def cds(self) -> Path:
        """Folder of the clusters."""
        return self.xds / "cds"

    @property
    def rds(self) -> Path:
        """Folder of the routes."""
        return self.xds / "rds"

    @property
    def sds(self) -> Path:
        """Folder of the keys."""
        return self.xds / "sds"

    @property
    def higress(self) -> Path:
        """The file store of a Higress container, and all of the gateway that it can see."""
        return self.folder / "higress"

    @property
    def higress_run(self) -> Path:
        """What is known of the container: what was applied or begun, and what was overwritten."""
        return self.run / "higress"

    @property
    def higress_log(self) -> Path:
        """One line a request, written by the container."""
        return self.logs / "higress" / "access.log"

    @property
    def part_logs(self) -> Path:
        """Folder of the logs of the container's parts."""
        return self.logs / "parts"

    @property
    def admin_socket(self) -> Path:
        """Envoy's admin interface."""
        return self.runtime / LONGEST_SOCKET

    @property
    def demo_socket(self) -> Path:
        """The demo provider."""
        return self.runtime / "demo.sock"

    def prepare(self) -> None:
        """Make every folder, private, and remember where the sockets are; raises CannotWrite."""
        for folder in (self.folder, self.run, self.logs, self.envoy, self.staging, self.xds):
            private_folder(folder)
        for folder in (self.lds, self.cds, self.rds, self.sds):
            private_folder(folder)
        private_folder(self.runtime.parent)
        private_folder(self.runtime)
        if noted_runtime(self.runtime_note) != self.runtime:
            write_atomically(self.runtime_note, os.fspath(self.runtime))

    @property
    def exists(self) -> bool:
        """Say whether there is a gateway: a spec, or what is left of a run."""
        return self.spec.is_file() or self.run.is_dir()


class Home(Struct, frozen=True, kw_only=True):
    """The folder of all gateways of a user, and the folder under which their sockets are made."""

    folder: Path
    runtime: Path

    @classmethod
    def find(cls, environ: Mapping[str, str]) -> "Home":
        """Take `AIGW_HOME`, else the platform's data folder, and choose a place for sockets."""
        named = environ.get("AIGW_HOME", "")
        folder = absolute(Path(named)) if named else platform_folder()
        return cls(folder=folder, runtime=runtime_base(environ))

    @property
    def gateways(self) -> Path:
        """The folder with an entry for each gateway."""
        return self.folder / "gateways"

    def gateway(self, name: str) -> GatewayPaths:
        """Say where the files of that gateway are or would be; raises BadUsage for a bad name."""
        folder = Path(os.path.realpath(self.gateways / checked_name(name)))
        runtime = noted_runtime(folder / "run" / "runtime")
        if runtime is None:
            runtime = self.runtime / sha256(os.fsencode(folder)).hexdigest()[:12]
        return GatewayPaths(name=name, folder=folder, runtime=runtime)

    def existing(self, name: str) -> GatewayPaths:
        """Say where the files of a gateway are; raises UnknownGateway, naming those that exist."""
        paths = self.gateway(name)
        if paths.exists:
            return paths
        if (self.gateways / name).is_symlink() and not paths.folder.exists():
            raise UnknownGateway(f"the data folder of gateway `{name}` is gone: `{paths.folder}`")
        others = ", ".join(f"`{other}`" for other in self.names())
        there = f"there is {others}" if others else "there is none yet"
        hint = "aigw list" if others else "aigw start"
        raise UnknownGateway(f"there is no gateway `{name}`; {there}", hint=hint)

    def names(self) -> tuple[str, ...]:
        """Return the names of all gateways that exist, in their order."""
        try:
            entries = sorted(entry.name for entry in self.gateways.iterdir())
        except (FileNotFoundError, NotADirectoryError):
            return ()
        except OSError as error:
            raise CannotWrite(f"`{self.gateways}` could not be read: {reason(error)}") from error
        return tuple(name for name in entries if _NAME.match(name) and self.gateway(name).exists)

    def prepare(self, name: str) -> GatewayPaths:
        """Make the data folder of that gateway, with nothing in it, and say where it is."""
        paths = self.gateway(name)
        private_folder(self.gateways)
        private_folder(paths.folder)
        return paths

    def link(self, name: str, data_folder: Path) -> GatewayPaths:
        """Let a gateway live in a folder of the user's choice; the same again changes nothing.

        Raises BadUsage when the gateway or the folder is taken, and NotOurs when the folder holds
        other things.
        """
        entry, target = (
            self.gateways / checked_name(name),
            Path(os.path.realpath(absolute(data_folder))),
        )
        if Path(os.path.realpath(entry)) == target:
            return self.prepare(name)
        if entry.is_symlink() or self.gateway(name).exists:
            raise BadUsage(
                f"gateway `{name}` lives in `{os.path.realpath(entry)}`, not in `{target}`"
            )
        self._refuse_shared(target)
        refuse_foreign(target)
        private_folder(self.gateways)
        private_folder(target)
        try:
            if entry.is_dir():
                entry.rmdir()
            entry.symlink_to(target, target_is_directory=True)
        except OSError as error:
            raise CannotWrite(f"`{entry}` could not be made: {reason(error)}") from error
        return self.gateway(name)

    def unlink(self, name: str) -> None:
        """Remove the link to a data folder, or an empty folder of ours; what holds data stays."""
        entry = self.gateways / checked_name(name)
        try:
            if entry.is_symlink():
                entry.unlink()
            elif entry.is_dir() and not any(entry.iterdir()):
                entry.rmdir()
        except OSError as error:
            raise CannotWrite(f"`{entry}` could not be removed: {reason(error)}") from error

    def _refuse_shared(self, target: Path) -> None:
        for other in self.names():
            if self.gateway(other).folder == target:
                raise BadUsage(f"`{target}` is the data folder of gateway `{other}`")


def checked_name(name: str) -> str:
    """Return the name if a gateway can have it; raises BadUsage."""
    if not _NAME.match(name):
        message = f"`{name[:80]}` cannot be a gateway's name"
        raise BadUsage(
            f"{message}: letters, digits, `_`, `.` and `-`, at most 64, a letter or digit first"
        )
    return name
