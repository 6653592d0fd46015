"""Old logs are kept up to a number, and nothing else is touched."""

from pathlib import Path

import pytest

from aigw.engines import rotation


def contents(folder: Path) -> dict[str, str]:
    """Return every file and what it holds."""
    return {path.name: path.read_text() for path in sorted(folder.iterdir())}


def test_older_logs_move_on_and_the_oldest_goes(tmp_path: Path) -> None:
    log = tmp_path / "a.log"
    for number in range(5):
        log.write_text(str(number))
        rotation.rotate(log, files=3, reopen=lambda: None)
    assert contents(tmp_path) == {"a.log.1": "4", "a.log.2": "3", "a.log.3": "2"}


def test_the_writer_is_told_once_the_log_is_renamed(tmp_path: Path) -> None:
    log = tmp_path / "a.log"
    log.write_text("old")

    def reopen() -> None:
        log.write_text("new")

    rotation.rotate(log, files=3, reopen=reopen)
    assert contents(tmp_path) == {"a.log": "new", "a.log.1": "old"}


def test_a_writer_that_appends_goes_on_at_the_start(tmp_path: Path) -> None:
    log = tmp_path / "a.log"
    with log.open("a") as writer:
        for text in ("one", "two", "three"):
            writer.write(text)
            writer.flush()
            rotation.copy_and_empty(log, files=2)
        writer.write("four")
    assert contents(tmp_path) == {"a.log": "four", "a.log.1": "three", "a.log.2": "two"}
    assert (tmp_path / "a.log.1").stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize(
    ("size", "limit", "larger"), [(4, 4, False), (5, 4, True)], ids=["as large", "larger"]
)
def test_only_larger_logs_are_rotated(
    tmp_path: Path, size: int, limit: int, *, larger: bool
) -> None:
    log = tmp_path / "a.log"
    assert not rotation.larger(log, limit)
    log.write_bytes(b"x" * size)
    assert rotation.larger(log, limit) is larger


def test_a_log_that_is_not_there_is_no_trouble(tmp_path: Path) -> None:
    rotation.rotate(tmp_path / "a.log", files=3, reopen=lambda: None)
    rotation.copy_and_empty(tmp_path / "a.log", files=3)
    assert contents(tmp_path) == {}
