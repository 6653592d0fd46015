"""The wheel is the whole program: what it needs is in it, and nothing else."""

import subprocess
import sys
import sysconfig
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from zipfile import ZipFile

import pytest

from tests.world import ROOT, Machine

LIMIT = 120
"""Seconds for each command of the making."""


@dataclass(kw_only=True)
class MachineWithWheel(Machine):
    """A machine where the program was installed, and where there is no checkout."""

    program: Path

    def command(self, *arguments: str) -> Sequence[str]:
        """Spell a command as a person types it."""
        return (str(self.program), *arguments)

    def environ(self) -> dict[str, str]:
        """Return an environment that does not lead to the checkout."""
        return {name: value for name, value in super().environ().items() if name != "PYTHONPATH"}


def run(*command: str) -> None:
    """Run a command of the making; its words are shown when it fails."""
    subprocess.run([sys.executable, "-m", *command], cwd=ROOT, check=True, timeout=LIMIT)


def files_below(folder: Path) -> set[str]:
    """Name the files that people keep in a folder, from the root of the checkout."""
    found = (path for path in folder.rglob("*") if path.is_file() and path.suffix != ".pyc")
    return {path.relative_to(ROOT).as_posix() for path in found}


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Build the wheel of this checkout, without the network."""
    folder = tmp_path_factory.mktemp("wheel")
    run("build", "--wheel", "--no-isolation", "--outdir", str(folder))
    return next(folder.glob("*.whl"))


@pytest.fixture(scope="module")
def program(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Install the wheel by itself; what it depends on is borrowed, but no checkout with it.

    Python reads `.pth` files in the environment's own folder only, so that an editable
    installation beside the borrowed packages is not seen.
    """
    venv = tmp_path_factory.mktemp("venv")
    run("uv", "venv", "--quiet", "--clear", "--python", sys.executable, str(venv))
    python = venv / "bin" / "python"
    run(
        "uv",
        "pip",
        "install",
        "--quiet",
        "--offline",
        "--no-deps",
        "--python",
        str(python),
        str(wheel),
    )
    own = Path(sysconfig.get_path("purelib", vars={"base": str(venv)}))
    (own / "borrowed.pth").write_text(sysconfig.get_path("purelib"), encoding="utf-8")
    return venv / "bin" / "aigw"


def test_the_wheel_holds_the_package_and_its_templates_only(wheel: Path) -> None:
    wanted = {
        name if name.startswith("aigw/") else f"aigw/{name}"
        for folder in ("aigw", "templates")
        for name in files_below(ROOT / folder)
    }
    with ZipFile(wheel) as archive:
        held = {name for name in archive.namelist() if ".dist-info/" not in name}
    assert held == wanted


@pytest.mark.envoy
def test_a_gateway_runs_from_the_installed_wheel(program: Path, tmp_path: Path) -> None:
    with MachineWithWheel(folder=tmp_path, program=program) as machine:
        assert machine.run("--version").out.startswith("aigw ")
        machine.start("--demo")
        assert machine.ask("demo")[0] == 200
        machine.run("delete", "--purge", "--yes")
        assert not machine.data.exists()
        assert machine.processes() == []
