"""A folder that is filled anew each time: all of it or nothing, and nobody else's files."""

import os
import signal
import stat
import time
from collections.abc import Mapping
from pathlib import Path
from shutil import rmtree

import pytest

from aigw.errors import CannotWrite, NotOurs
from aigw.state.export_folder import Replaced, replace
from tests.unit.state.children import begin_child, in_child, small_disk

FIRST = {"values.yaml": "a: 1\n", "manifests/a/x.yaml": "x: 1\n", "secrets/k.yaml": "k: 1\n"}
SECOND = {"values.yaml": "a: 2\n", "manifests/b/y.yaml": "y: 1\n", "secrets/k.yaml": "k: 2\n"}


def put(folder: Path, files: Mapping[str, str], *, owner: str = "one") -> Replaced:
    """Fill a folder."""
    return replace(folder, lambda _: files, owner=owner, secret="secrets/")


def held(folder: Path) -> dict[str, str]:
    """Return what a folder holds, but for the notes about it."""
    return {
        path.relative_to(folder).as_posix(): path.read_text(encoding="utf-8")
        for path in sorted(folder.rglob("*"))
        if path.is_file() and ".aigw-export" not in path.as_posix()
    }


def refusal(folder: Path, files: Mapping[str, str] = SECOND, *, owner: str = "one") -> str:
    """Return the words with which a folder is refused; it stays as it was."""
    before = held(folder)
    with pytest.raises(NotOurs) as refused:
        put(folder, files, owner=owner)
    assert held(folder) == before
    return str(refused.value)


def test_a_folder_holds_exactly_what_was_put_there_last(tmp_path: Path) -> None:
    folder = tmp_path / "new" / "out"
    assert put(folder, FIRST) == Replaced(first=True, added=(*sorted(FIRST),), removed=())
    assert held(folder) == FIRST
    done = put(folder, SECOND)
    assert done == Replaced(
        first=False, added=("manifests/b/y.yaml",), removed=("manifests/a/x.yaml",)
    )
    assert held(folder) == SECOND
    assert not (folder / "manifests" / "a").exists()


def test_all_of_it_is_ours_alone(tmp_path: Path) -> None:
    put(tmp_path / "out", FIRST)
    modes = {
        stat.S_IMODE(path.stat().st_mode) & 0o077
        for path in (tmp_path / "out", *(tmp_path / "out").rglob("*"))
    }
    assert modes == {0}


def test_what_others_put_beside_it_stays(tmp_path: Path) -> None:
    put(tmp_path / "out", FIRST)
    (tmp_path / "out" / "kustomization.yaml").write_text("mine")
    put(tmp_path / "out", SECOND)
    assert held(tmp_path / "out") == {**SECOND, "kustomization.yaml": "mine"}


def test_a_folder_with_other_things_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "letters").mkdir(mode=0o755)
    (tmp_path / "letters" / "a").write_text("x")
    words = refusal(tmp_path / "letters")
    assert words == (
        f"`{tmp_path / 'letters'}` holds other things (`a`); name an empty or a new folder"
    )
    assert stat.S_IMODE((tmp_path / "letters").stat().st_mode) == 0o755


def test_a_file_of_others_in_our_way_is_left_alone(tmp_path: Path) -> None:
    put(tmp_path / "out", FIRST)
    (tmp_path / "out" / "manifests" / "b").mkdir()
    (tmp_path / "out" / "manifests" / "b" / "y.yaml").write_text("mine")
    assert refusal(tmp_path / "out").endswith(
        "y.yaml` was not written by us; move it away, or name another folder"
    )


@pytest.mark.parametrize("name", ["values.yaml", "manifests/a/x.yaml"], ids=["kept", "going"])
def test_a_file_that_somebody_changed_is_left_alone(tmp_path: Path, name: str) -> None:
    put(tmp_path / "out", FIRST)
    (tmp_path / "out" / name).write_text("mine")
    assert f"{name}` was changed since it was written" in refusal(tmp_path / "out")


def test_a_file_that_is_gone_comes_again(tmp_path: Path) -> None:
    put(tmp_path / "out", FIRST)
    (tmp_path / "out" / "values.yaml").unlink()
    put(tmp_path / "out", FIRST)
    assert held(tmp_path / "out") == FIRST


def test_another_gateways_folder_is_left_alone(tmp_path: Path) -> None:
    put(tmp_path / "out", FIRST)
    words = refusal(tmp_path / "out", owner="two")
    assert words.endswith("holds the export of gateway `one`; name another folder")


@pytest.mark.parametrize("note", ["", "{", "[]", "{}", '{"gateway": "one", "files": 1}'])
def test_a_note_that_cannot_be_read_makes_nothing_ours(tmp_path: Path, note: str) -> None:
    put(tmp_path / "out", FIRST)
    (tmp_path / "out" / ".aigw-export").write_text(note)
    assert "does not say what is ours there" in refusal(tmp_path / "out")


def test_of_a_file_with_keys_not_even_a_hash_is_kept(tmp_path: Path) -> None:
    put(tmp_path / "out", FIRST)
    assert '"secrets/k.yaml": []' in (tmp_path / "out" / ".aigw-export").read_text()


def test_a_link_leads_to_the_folder_that_is_meant(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "real")
    put(tmp_path / "link", FIRST)
    assert held(tmp_path / "real") == FIRST
    assert (tmp_path / "link").is_symlink()


def test_a_file_is_no_folder(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    with pytest.raises(CannotWrite):
        put(tmp_path / "file", FIRST)


def test_a_full_disk_replaces_nothing(tmp_path: Path) -> None:
    def work() -> object:
        small_disk(tmp_path / "disk")
        folder = tmp_path / "disk" / "out"
        put(folder, FIRST)
        try:
            put(folder, {**SECOND, "manifests/large.yaml": "x" * 10_000_000})
        except CannotWrite:
            return held(folder)
        return "no refusal"

    assert in_child(work) == FIRST


def test_killed_at_any_moment_no_file_is_half_and_the_next_one_mends_it(tmp_path: Path) -> None:
    def work() -> object:
        while True:
            put(tmp_path / "out", FIRST)
            put(tmp_path / "out", SECOND)

    whole = {*FIRST.items(), *SECOND.items()}
    for number in range(30):
        if number % 3 == 0:
            rmtree(tmp_path / "out", ignore_errors=True)
        child = begin_child(work)
        time.sleep(0.005 + 0.003 * number)
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
        assert set(held(tmp_path / "out").items()) <= whole
        put(tmp_path / "out", SECOND)
        assert held(tmp_path / "out") == SECOND
