"""Folders as people have them: odd names, no rights, no room."""

import os
import pwd
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.envoy.upstream import Upstream
from tests.world import ROOT, Ended, Machine

pytestmark = pytest.mark.envoy
ADD = ("config", "add", "--provider", "openai", "--no-check")


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system with room for one megabyte."""
    folder = tmp_path / "small"
    folder.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", folder], check=True)
    try:
        yield folder
    finally:
        subprocess.run(["umount", "--lazy", folder], check=True)


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


def test_a_full_disk_leaves_the_old_files_whole(small_disk: Path, tmp_path: Path) -> None:
    with Machine(folder=tmp_path / "m") as machine:
        machine.folder.mkdir()
        data = small_disk / "data"
        machine.start("--data-folder", str(data))
        machine.run(*ADD, "--key", "sk-first-0123456789")
        before = {path.name: path.read_bytes() for path in data.glob("*.yaml")}
        ballast = fill(small_disk)
        refused = machine.run(*ADD, "--key", "sk-second-" + "0123456789" * 50, expect=1)
        assert refused.err == (
            f"error: `{data}/credentials.yaml` could not be written: no space is left on the disk\n"
        )
        assert {path.name: path.read_bytes() for path in data.glob("*.yaml")} == before
        ballast.unlink()
        machine.run(*ADD, "--key", "sk-second-0123456789")
        machine.run("delete", "--purge", "--yes")


def as_nobody(home: Path, *arguments: str) -> Ended:
    """Run a command as an ordinary user: root may do everything and would prove nothing.

    Where Python itself lies in a closed folder, this user may read everything; never write it.
    """
    nobody = pwd.getpwnam("nobody")
    drop = ("setpriv", f"--reuid={nobody.pw_uid}", f"--regid={nobody.pw_gid}", "--clear-groups")
    read = ("--inh-caps=-all,+dac_read_search", "--ambient-caps=-all,+dac_read_search")
    done = subprocess.run(
        [*drop, *read, sys.executable, "-m", "aigw", *arguments],
        cwd="/",
        env={"AIGW_HOME": str(home), "HOME": "/nonexistent", "PYTHONPATH": str(ROOT)}
        | {"PATH": os.environ["PATH"]},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    return Ended(code=done.returncode, out=done.stdout, err=done.stderr)


@pytest.fixture
def shared() -> Iterator[Path]:
    """A folder that every user can enter."""
    with tempfile.TemporaryDirectory(prefix="aigw-shared-") as name:
        Path(name).chmod(0o755)
        yield Path(name)


@pytest.mark.parametrize("mode", [0o700, 0o755], ids=["closed", "readable"])
def test_a_home_of_another_user_is_refused_in_a_sentence(shared: Path, mode: int) -> None:
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
    nobody = pwd.getpwnam("nobody")
    home = shared / "home"
    home.mkdir()
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
