"""Folders of root's, closed files, full disks: an import does its part, or says what is wrong."""

import os
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from aigw.errors import AigwError
from aigw.operations.importing import take_over
from aigw.operations.importing_reading import ImportWanted
from aigw.operations.importing_undo import undo
from aigw.state.paths import Home
from tests.fakes import Heard, Process, world
from tests.old_installation import image_of, old_folder
from tests.unit.operations.old_docker import NAME, nowhere
from tests.unit.state.children import NOBODY, as_nobody, in_child, small_disk

SCENARIO = "02-dashscope-only"


@pytest.fixture
def shared() -> Iterator[Path]:
    """A folder that every user can enter, with a home of an ordinary user's in it."""
    with tempfile.TemporaryDirectory(prefix="aigw-shared-") as name:
        folder = Path(name)
        folder.chmod(0o755)
        (folder / "home").mkdir()
        if os.geteuid() == 0:
            os.chown(folder / "home", NOBODY, NOBODY)
        yield folder


def importing(folder: Path, *, back: bool = False) -> Callable[[], list[str]]:
    """Return what imports `higress` of a folder, takes it back if so wanted, and says what it said.

    Everything is imported before: an ordinary user may not enter the tester's Python.
    """

    def work() -> list[str]:
        heard = Heard()
        home = Home(folder=folder / "home" / "aigw", runtime=folder / "home" / "run")
        here = world(home, Process(), heard, {})
        try:
            take_over(here, NAME, ImportWanted(folder=folder / "higress"), nowhere)
            if back:
                undo(here, NAME, folder / "higress", nowhere)
        except AigwError as error:
            return [error.message, error.hint]
        return heard.notes

    with tempfile.TemporaryDirectory() as name:
        warm = Path(name)
        (warm / "home").mkdir()
        old_folder(warm / "higress", SCENARIO)
        here = world(Home(folder=warm / "home", runtime=warm / "r"), Process(), Heard(), {})
        take_over(here, NAME, ImportWanted(folder=warm / "higress"), nowhere)
        undo(here, NAME, warm / "higress", nowhere)
    return work


def said(value: object) -> list[str]:
    """Return the sentences of a child."""
    assert isinstance(value, list)
    return value


def test_what_belongs_to_root_is_taken_and_left_as_it_is(shared: Path) -> None:
    old = old_folder(shared / "higress", SCENARIO)
    before = image_of(old)
    (note,) = said(as_nobody(importing(shared)))
    assert f"sudo chmod 700 '{old}'" in note
    assert image_of(old) == before
    assert (shared / "home/aigw/gateways" / NAME / "gateway.yaml").exists()


def test_what_belongs_to_root_can_be_given_back(shared: Path) -> None:
    old = old_folder(shared / "higress", SCENARIO)
    before = image_of(old)
    as_nobody(importing(shared, back=True))
    assert image_of(old) == before
    assert list((shared / "home/aigw/gateways").iterdir()) == []


def test_a_file_that_may_not_be_read_is_named_with_what_to_do(shared: Path) -> None:
    old = old_folder(shared / "higress", SCENARIO)
    (old / "wasmplugins/ai-proxy.internal.yaml").chmod(0o600)
    message, hint = said(as_nobody(importing(shared)))
    assert "wasmplugins/ai-proxy.internal.yaml: you may not read it" in message
    assert hint == f"sudo chown -R \"$(id -un)\" '{old}'"
    assert not (shared / "home/aigw/gateways").exists()


def test_a_full_disk_leaves_everything_as_before(tmp_path: Path) -> None:
    old = old_folder(tmp_path / "higress", SCENARIO)
    (old / "wasmplugins/mine.yaml").write_text(f"kind: WasmPlugin\nspec: {{a: {'x' * 100_000}}}\n")
    before = image_of(old)
    (tmp_path / "home").mkdir()
    work = importing(tmp_path)

    def full() -> object:
        small_disk(tmp_path / "home")
        return [*work(), *map(str, (tmp_path / "home/aigw/gateways").iterdir())]

    message, _, *left = said(in_child(full))
    assert message.endswith("; everything is as before")
    assert (left, image_of(old)) == ([], before)
