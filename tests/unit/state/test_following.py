import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest

from aigw.state.following import follow, tail

PATIENCE = 20.0


class Follower:
    """Follows a log in a thread, as `aigw logs --follow` does in a terminal."""

    def __init__(self, log: Path, last: int) -> None:
        self.lines: list[str] = []
        self.pauses: list[float] = []
        self._end = threading.Event()
        self._thread = threading.Thread(target=self._read, args=(log, last))
        self._thread.start()

    def _read(self, log: Path, last: int) -> None:
        with closing(follow(log, last=last, stop=self._end.is_set, pause=self._pause)) as lines:
            for line in lines:
                self.lines.append(line)

    def _pause(self, seconds: float) -> None:
        self.pauses.append(seconds)
        self._end.wait(0.01)

    def idle(self) -> None:
        """Wait until it has looked again at least twice."""
        seen = len(self.pauses)
        self.until(lambda: len(self.pauses) >= seen + 2)

    def until(self, so: Callable[[], bool]) -> None:
        limit = time.monotonic() + PATIENCE
        while not so():
            assert time.monotonic() < limit, self.lines
            time.sleep(0.005)

    def ends_with(self, *lines: str) -> None:
        """Wait for the lines, and see that there are no others."""
        self.until(lambda: len(self.lines) >= len(lines))
        self.idle()
        assert self.lines == list(lines)

    def close(self) -> None:
        self._end.set()
        self._thread.join(PATIENCE)
        assert not self._thread.is_alive()


@pytest.fixture
def log(tmp_path: Path) -> Path:
    return tmp_path / "access.log"


@pytest.fixture
def following(log: Path) -> Iterator[Follower]:
    """A log with two lines and a half that is followed from its end."""
    log.write_text("a\nb\nc")
    with closing(Follower(log, 0)) as follower:
        follower.idle()
        yield follower


def append(log: Path, text: str) -> None:
    with log.open("a") as file:
        file.write(text)


@pytest.mark.parametrize(
    ("count", "lines"), [(0, []), (1, ["c"]), (2, ["b", "c"]), (3, ["a", "b", "c"]), (9, [*"abc"])]
)
def test_the_last_whole_lines_are_shown(log: Path, count: int, lines: list[str]) -> None:
    log.write_text("a\nb\nc\nhalf")
    assert tail(log, count) == lines


def test_long_lines_are_shown_whole(log: Path) -> None:
    lines = [letter * 700_000 for letter in "abc"]
    log.write_text("".join(f"{line}\n" for line in lines))
    assert tail(log, 2) == lines[1:]


def test_after_a_rotation_the_last_lines_come_from_both_files(log: Path) -> None:
    log.with_name("access.log.1").write_text("a\nb\n")
    log.write_text("c\n")
    assert tail(log, 2) == ["b", "c"]


@pytest.mark.parametrize("content", [None, "", "half"], ids=["missing", "empty", "half a line"])
def test_a_log_without_lines_has_none_to_show(log: Path, content: str | None) -> None:
    if content is not None:
        log.write_text(content)
    assert tail(log, 5) == []


def test_bytes_that_are_no_text_do_not_stop_it(log: Path) -> None:
    log.write_bytes(b"\xff\n")
    assert tail(log, 1) == ["\ufffd"]


def test_a_half_line_is_shown_when_it_is_whole(log: Path, following: Follower) -> None:
    append(log, "c")
    following.ends_with()
    append(log, "c\nd\n")
    following.ends_with("ccc", "d")


def test_a_rotated_log_is_followed_into_the_new_file(log: Path, following: Follower) -> None:
    log.rename(log.with_name("access.log.1"))
    append(log.with_name("access.log.1"), "\nlate\n")
    following.ends_with("c", "late")
    log.write_text("new\n")
    following.ends_with("c", "late", "new")


def test_two_rotations_between_two_looks_lose_only_the_file_between(
    log: Path, following: Follower
) -> None:
    append(log, "\n")
    log.rename(log.with_name("access.log.1"))
    log.write_text("new\n")
    following.ends_with("c", "new")


def test_an_emptied_log_is_read_from_its_beginning(log: Path, following: Follower) -> None:
    with log.open("r+") as file:
        file.truncate()
    following.idle()
    append(log, "d\n")
    following.ends_with("d")


def test_a_log_that_is_not_there_yet_is_waited_for(log: Path) -> None:
    with closing(Follower(log, 5)) as follower:
        follower.idle()
        log.write_text("a\n")
        follower.ends_with("a")


def test_the_last_lines_are_shown_before_the_new_ones(log: Path) -> None:
    log.write_text("a\nb\n")
    with closing(Follower(log, 1)) as follower:
        follower.ends_with("b")
        append(log, "c\n")
        follower.ends_with("b", "c")


def test_it_looks_again_at_most_ten_times_a_second(following: Follower) -> None:
    following.idle()
    assert min(following.pauses) >= 0.1
