"""An old installation, and a world with a fake engine to take it over into."""

from pathlib import Path

import pytest

from aigw.operations.world import World
from aigw.state.paths import Home
from tests.fakes import Heard, Process, world
from tests.old_installation import old_folder


@pytest.fixture
def old(tmp_path: Path) -> Path:
    """What the script left."""
    return old_folder(tmp_path / "higress", "03-dashscope-openai")


@pytest.fixture
def process() -> Process:
    """What runs of ours."""
    return Process()


@pytest.fixture
def heard() -> Heard:
    """What the person is told."""
    return Heard()


@pytest.fixture
def here(tmp_path: Path, process: Process, heard: Heard) -> World:
    """A world with a fake engine."""
    home = Home(folder=tmp_path / "home", runtime=tmp_path / "run")
    return world(home, process, heard, {})
