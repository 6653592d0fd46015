"""An ordinary user of the Docker group has a gateway, and what root writes in it is in no way."""

import os
import pwd
import sys
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from tests.higress.higress_machine import KEY, HigressMachine, openai
from tests.higress.upstreams import Upstream, eventually
from tests.world import ROOT

pytestmark = pytest.mark.docker

SYSTEM_PYTHON = Path(f"/usr/bin/python{sys.version_info.major}.{sys.version_info.minor}")
SECOND = "sk-second-9876543210"


class OrdinaryMachine(HigressMachine):
    """A machine whose user is not root, if the tester is: one who may use Docker, and no more."""

    def take(self) -> None:
        """Give the user his home."""
        if not os.geteuid():
            nobody = pwd.getpwnam("nobody")
            os.chown(self.folder, nobody.pw_uid, nobody.pw_gid)

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


@pytest.fixture
def user() -> Iterator[OrdinaryMachine]:
    """A machine of an ordinary user, where nothing runs yet."""
    with (
        tempfile.TemporaryDirectory(prefix="aigw-user-") as name,
        OrdinaryMachine(folder=Path(name)) as one,
    ):
        one.take()
        yield one


def test_everything_works_for_an_ordinary_user_of_the_docker_group(
    user: OrdinaryMachine, provider: Upstream
) -> None:
    file = user.document(openai(provider))
    user.start("--file", str(file), "--openai-key", KEY)
    assert used(user, provider) == KEY
    assert [path for path in user.data.iterdir() if path.stat().st_mode & 0o077] == []
    user.run("config", "add", "--provider", "openai", "--key", SECOND, "--no-check")
    assert used(user, provider) == SECOND
    user.run("route", "default", "gpt-4o-mini")
    assert user.ask("auto")[0] == 200
    assert user.run("status").code == 0
    assert user.run("plan").code == 0
    shown = eventually(lambda: user.run("logs").out)
    assert " 200 POST /v1/chat/completions " in shown
    user.run("logs", "--engine")
    name, password = user.account()
    changed = {"oldPassword": password, "newPassword": "their-own-password"}
    assert user.console_as(name, password, "POST", "/user/changePassword", changed)[0] == 200
    assert user.account()[1] == "their-own-password"
    user.run("restart")
    user.run("stop")
    user.run("config", "add", "--provider", "openai", "--key", KEY, "--no-check")
    user.start()
    assert used(user, provider) == KEY
    user.run("delete", "--purge", "--yes")
    assert user.containers() == []
    assert not user.data.exists()


@pytest.mark.parametrize("before", ["remove", "delete"])
def test_folders_that_root_made_are_purged_too(user: OrdinaryMachine, before: str) -> None:
    user.start()
    closed = ("/data/theirs", "/var/log/proxy/old")
    user.sh("".join(f"mkdir -m 700 {one}; touch {one}/file;" for one in closed))
    if before == "remove":
        user.container.remove(force=True)
    elif before == "delete":
        user.run("delete", "--yes")
    user.run("delete", "--purge", "--yes")
    assert not user.data.exists()


def used(machine: HigressMachine, provider: Upstream) -> str:
    """Ask once, and say with which key the provider was asked."""
    status, _, body = machine.ask("gpt-4o")
    assert status == 200, body
    return (provider.last().header("authorization") or "").removeprefix("Bearer ")
