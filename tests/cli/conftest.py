"""What every test of the command line begins with."""

import os
from pathlib import Path

import pytest

from tests.cli.program import Program


@pytest.fixture
def aigw(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Program:
    """The program with an empty home; no variable of the tester's machine reaches it."""
    kept = ("PATH", "HOME", "TMPDIR")
    for name in [name for name in os.environ if name not in kept]:
        monkeypatch.delenv(name)
    return Program(home=tmp_path / "home")
