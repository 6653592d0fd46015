"""Folders as people have them: odd names, no rights, no room."""

import os
import pwd
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.envoy.upstream import Upstream
from tests.world import ROOT, Ended, Machine

pytestmark = pytest.mark.envoy
TOO_LARGE = "the file would be larger than is allowed"
ADD = ("config", "add", "--provider", "openai", "--no-check")


@dataclass(frozen=True, slots=True, kw_only=True)
class Disk:
    """A folder with room for one megabyte; without `own`, one where the machine's disk is."""

    folder: Path
    own: bool


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Disk]:
    """A file system of its own, where this user may mount one."""
    folder = tmp_path / "small"
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", str(folder)]
    mounted = subprocess.run(mount, capture_output=True, check=False).returncode == 0
    try:
        yield Disk(folder=folder, own=mounted)
    finally:
        if mounted:
            subprocess.run(["umount", "--lazy", folder], check=True)


@dataclass(kw_only=True)
class MachineWithoutRoom(Machine):
    """A machine whose commands can write no file longer than 64 bytes."""

    def command(self, *arguments: str) -> Sequence[str]:
        """Spell a command as it is run."""
        return ("prlimit", "--fsize=64", *super().command(*arguments))


def fill(folder: Path) -> Path:
    """Leave no byte free."""
    ballast = folder / "ballast"
    with ballast.open("wb", buffering=0) as file:
        try:
            while file.write(b"\0" * 512):
                pass
        except OSError:
            return ballast
    raise AssertionError("the disk has no end")


@pytest.mark.parametrize(
    "name", ["with space", "with,comma", "数据 ünïcode", "quote'and\"quote", "a" * 120]
)
def test_a_gateway_lives_in_a_folder_of_any_name(tmp_path: Path, name: str) -> None:
    folder = tmp_path / name
    folder.mkdir()
    with Upstream() as upstream, Machine(folder=tmp_path / "machine") as machine:
        machine.folder.mkdir()
        machine.start("--data-folder", str(folder))
        machine.run(*ADD, "--url", f"{upstream.url}/v1", "--key", "sk-odd-0123456789")
        status, _, _ = machine.ask("gpt-4o")
        assert status == 200
        assert upstream.only().values("authorization") == ["Bearer sk-odd-0123456789"]
        machine.run("delete", "--purge", "--yes")


def test_a_full_disk_leaves_the_old_files_whole(small_disk: Disk, tmp_path: Path) -> None:
    data = small_disk.folder / "data"
    with Machine(folder=tmp_path / "m") as machine:
        machine.folder.mkdir()
        machine.start("--data-folder", str(data))
        machine.run(*ADD, "--key", "sk-first-0123456789")
        before = {path.name: path.read_bytes() for path in data.glob("*.yaml")}
        with no_room(small_disk, machine) as full:
            refused = full.run(*ADD, "--key", "sk-second-" + "0123456789" * 50, expect=1)
        why = "no space is left on the disk" if small_disk.own else TOO_LARGE
        assert refused.err == f"error: `{data}/credentials.yaml` could not be written: {why}\n"
        assert {path.name: path.read_bytes() for path in data.glob("*.yaml")} == before
        machine.run(*ADD, "--key", "sk-second-0123456789")
        machine.run("delete", "--purge", "--yes")


@contextmanager
def no_room(disk: Disk, machine: Machine) -> Iterator[Machine]:
    """Leave no byte free on the disk; where it is everybody's, give the machine's commands none."""
    if disk.own:
        ballast = fill(disk.folder)
        yield machine
        ballast.unlink()
    else:
        yield MachineWithoutRoom(folder=machine.folder, port=machine.port)


def as_nobody(home: Path, *arguments: str) -> Ended:
    """Run a command as an ordinary user, if we are none: root may do everything.

    Where Python itself lies in a closed folder, this user may read everything; never write it.
    """
    drop: Sequence[str] = () if os.geteuid() else _to_nobody()
    done = subprocess.run(
        [*drop, sys.executable, "-m", "aigw", *arguments],
        cwd="/",
        env={"AIGW_HOME": str(home), "HOME": "/nonexistent", "PYTHONPATH": str(ROOT)}
        | {"PATH": os.environ["PATH"]},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    return Ended(code=done.returncode, out=done.stdout, err=done.stderr)


def _to_nobody() -> Sequence[str]:
    nobody = pwd.getpwnam("nobody")
    drop = ("setpriv", f"--reuid={nobody.pw_uid}", f"--regid={nobody.pw_gid}", "--clear-groups")
    needed = (Path(sys.executable), Path(sys.base_prefix), ROOT)
    if all(folder.stat().st_mode & 0o001 for path in needed for folder in path.parents):
        return drop
    return (*drop, "--inh-caps=-all,+dac_read_search", "--ambient-caps=-all,+dac_read_search")


@pytest.fixture
def shared() -> Iterator[Path]:
    """A folder that every user can enter."""
    with tempfile.TemporaryDirectory(prefix="aigw-shared-") as name:
        Path(name).chmod(0o755)
        yield Path(name)


@pytest.mark.parametrize("mode", [0o500, 0o555], ids=["closed", "readable"])
def test_a_home_that_may_not_be_written_is_refused_in_a_sentence(shared: Path, mode: int) -> None:
    home = shared / "home"
    home.mkdir()
    home.chmod(mode)
    refused = as_nobody(home, "start", "--non-interactive", "--demo")
    assert refused.code == 1
    assert refused.out == ""
    assert str(home) in refused.err
    assert "Traceback" not in refused.err
    assert not list(home.iterdir())


def test_an_ordinary_user_has_a_gateway_of_his_own(shared: Path) -> None:
    home = shared / "home"
    home.mkdir()
    if not os.geteuid():
        nobody = pwd.getpwnam("nobody")
        os.chown(home, nobody.pw_uid, nobody.pw_gid)
    with Machine(folder=shared) as machine:
        started = as_nobody(
            home, "start", "--non-interactive", "--demo", "--http-port", str(machine.port)
        )
        assert started.code == 0, started
        status, _, _ = machine.ask("demo")
        assert status == 200
        for path in home.rglob("*"):
            assert path.is_symlink() or path.stat().st_mode & 0o077 == 0, path
        assert as_nobody(home, "delete", "--purge", "--yes").code == 0
