"""The machine of an ordinary user of the Docker group, whoever the tester is."""

import os
import pwd
import sys
from collections.abc import Sequence
from pathlib import Path

from tests.world import ROOT, Machine

SYSTEM_PYTHON = Path(f"/usr/bin/python{sys.version_info.major}.{sys.version_info.minor}")


class OrdinaryUser(Machine):
    """A machine whose user is not root, if the tester is: one who may use Docker, and no more."""

    def take(self, *paths: Path) -> None:
        """Give the user his home, and what else is his."""
        nobody = pwd.getpwnam("nobody")
        for path in (self.folder, *paths) if not os.geteuid() else ():
            os.chown(path, nobody.pw_uid, nobody.pw_gid)

    def command(self, *arguments: str) -> Sequence[str]:
        """Spell a command as the user runs it."""
        if os.geteuid():
            return super().command(*arguments)
        return (*_as_nobody(), "-m", "aigw", *arguments)

    def environ(self) -> dict[str, str]:
        """Return the environment its commands run with."""
        packages = os.pathsep.join(path for path in sys.path if path.endswith("site-packages"))
        return {**super().environ(), "PYTHONPATH": f"{ROOT}{os.pathsep}{packages}"}


def _as_nobody() -> Sequence[str]:
    """Drop to nobody; where Python lies in a closed folder, take the system's, or read anything."""
    nobody, group = pwd.getpwnam("nobody"), Path("/var/run/docker.sock").stat().st_gid
    ids = (f"--reuid={nobody.pw_uid}", f"--regid={nobody.pw_gid}", f"--groups={group}")
    drop = ("setpriv", *ids, "--bounding-set=-all", "--inh-caps=-all")
    needed = (Path(sys.executable), Path(sys.base_prefix))
    if all(folder.stat().st_mode & 0o001 for path in needed for folder in path.parents):
        return (*drop, sys.executable)
    if SYSTEM_PYTHON.exists():
        return (*drop, str(SYSTEM_PYTHON))
    caps = ("--inh-caps=-all,+dac_read_search", "--ambient-caps=-all,+dac_read_search")
    return ("setpriv", *ids, *caps, sys.executable)
