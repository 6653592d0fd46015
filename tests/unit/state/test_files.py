import os
import random
import signal
import stat
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from aigw.errors import Busy, CannotWrite
from aigw.state.files import locked, private_folder, tighten, write_atomically
from tests.unit.state.children import as_nobody, begin_child, in_child, small_disk

OLD = "old: 1\n"
EVERYBODY, ONLY_US = 0o000, 0o077


def mode(path: Path) -> int:
    return stat.S_IMODE(path.lstat().st_mode)


def files(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def refusal(work: Callable[[], object]) -> str:
    """Return the words with which a write is refused."""
    try:
        work()
    except CannotWrite as error:
        return error.message
    return ""


@pytest.fixture(params=[EVERYBODY, ONLY_US], ids=["umask 000", "umask 077"])
def _umask(request: pytest.FixtureRequest) -> Iterator[None]:
    before = os.umask(request.param)
    yield
    os.umask(before)


@pytest.mark.usefixtures("_umask")
def test_files_and_folders_are_ours_alone_whatever_the_umask(tmp_path: Path) -> None:
    folder = private_folder(tmp_path / "a" / "b")
    write_atomically(folder / "key", "sk-1")
    with locked(folder / "lock", timeout=1):
        pass
    modes = [mode(path) for path in (folder.parent, folder, folder / "key", folder / "lock")]
    assert modes == [0o700, 0o700, 0o600, 0o600]


def test_a_new_text_replaces_the_old_one(tmp_path: Path) -> None:
    path = tmp_path / "file"
    for text in (OLD, "深 new\n"):
        write_atomically(path, text)
    assert path.read_text(encoding="utf-8") == "深 new\n"
    assert files(tmp_path) == ["file"]


def test_a_looser_file_is_private_once_it_was_written(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_text(OLD)
    path.chmod(0o666)
    write_atomically(path, "new")
    assert mode(path) == 0o600


def test_a_link_to_a_file_of_ours_stays_a_link(tmp_path: Path) -> None:
    real, link = tmp_path / "repository" / "gateway.yaml", tmp_path / "gateway.yaml"
    real.parent.mkdir()
    link.symlink_to(real)
    write_atomically(link, OLD)
    assert link.is_symlink()
    assert real.read_text() == OLD
    assert files(tmp_path) == ["gateway.yaml", "repository"]


def test_a_link_in_a_circle_is_refused(tmp_path: Path) -> None:
    link = tmp_path / "link"
    link.symlink_to(link)
    assert "links" in refusal(lambda: write_atomically(link, OLD))


def test_a_link_to_somebody_elses_file_is_refused() -> None:
    def work() -> str:
        with tempfile.TemporaryDirectory() as folder:
            link = Path(folder) / "gateway.yaml"
            link.symlink_to("/etc/passwd")
            return refusal(lambda: write_atomically(link, OLD))

    assert str(as_nobody(work)).endswith("`/etc/passwd`, which belongs to another user")


def test_a_full_disk_leaves_the_old_file_whole(tmp_path: Path) -> None:
    path = tmp_path / "file"

    def work() -> list[object]:
        small_disk(tmp_path)
        write_atomically(path, OLD)
        words = refusal(lambda: write_atomically(path, "x" * 100_000))
        return [words.removeprefix(f"`{path}` "), path.read_text(), files(tmp_path)]

    assert in_child(work) in (
        ["could not be written: no space is left on the disk", OLD, ["file"]],
        ["could not be written: the file would be larger than is allowed", OLD, ["file"]],
    )


@pytest.mark.parametrize(
    ("rights", "words"),
    [
        pytest.param(0o500, "permission denied", id="read-only"),
        pytest.param(0o000, "permission denied", id="closed"),
    ],
)
def test_a_folder_that_cannot_be_written_says_so(rights: int, words: str) -> None:
    def work() -> str:
        with tempfile.TemporaryDirectory() as folder:
            Path(folder).chmod(rights)
            try:
                return refusal(lambda: write_atomically(Path(folder) / "file", OLD))
            finally:
                Path(folder).chmod(0o700)

    assert str(as_nobody(work)).endswith(f"could not be written: {words}")


@pytest.mark.parametrize(
    ("path", "words"),
    [
        pytest.param("/usr", "folder `/usr` belongs to another user", id="another user's"),
        pytest.param(
            "/usr/aigw-test",
            "folder `/usr/aigw-test` could not be made: permission denied",
            id="in another user's",
        ),
    ],
)
def test_a_folder_of_another_user_is_refused(path: str, words: str) -> None:
    assert as_nobody(lambda: refusal(lambda: private_folder(Path(path)))) == words


def test_a_looser_folder_of_ours_is_tightened(tmp_path: Path) -> None:
    folder = tmp_path / "folder"
    folder.mkdir()
    folder.chmod(0o755)
    assert mode(private_folder(folder)) == 0o700


@pytest.mark.parametrize("kind", ["link", "file", "shared"])
def test_what_is_no_folder_of_ours_alone_is_refused(tmp_path: Path, kind: str) -> None:
    path, elsewhere = tmp_path / kind, tmp_path / "elsewhere"
    elsewhere.mkdir(mode=0o755)
    match kind:
        case "link":
            path.symlink_to(elsewhere)
        case "file":
            path.write_text(OLD)
        case _:
            path.mkdir()
            path.chmod(0o1777)
    before = mode(path), mode(elsewhere)
    with pytest.raises(CannotWrite, match=kind if kind == "shared" else "is not a folder"):
        private_folder(path)
    assert (mode(path), mode(elsewhere)) == before


def test_a_file_open_to_others_is_tightened_and_named(tmp_path: Path) -> None:
    path = tmp_path / "credentials.yaml"
    path.write_text(OLD)
    path.chmod(0o644)
    assert tighten(path) == (f"`{path}` could be read by other users (mode 0644); it is 0600 now")
    assert (mode(path), tighten(path)) == (0o600, "")


def test_a_writer_killed_at_any_moment_leaves_a_whole_file(tmp_path: Path) -> None:
    path = tmp_path / "file"
    texts = ["a" * 300_000, "b" * 300_000]
    write_atomically(path, texts[0])

    def write_on() -> None:
        while True:
            for text in texts:
                write_atomically(path, text)

    seed = random.SystemRandom().randrange(1 << 31)
    chance = random.Random(seed)
    cut_short = 0
    for attempt in range(200):
        moment = chance.uniform(0.001, 0.03)
        child = begin_child(write_on)
        time.sleep(moment)
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
        assert path.read_text() in texts, (seed, attempt, moment)
        cut_short = len(files(tmp_path)) - 1
        if cut_short >= 3 and attempt >= 20:
            break
    assert cut_short >= 3, f"no writer was killed while it wrote (seed {seed})"


def test_what_a_killed_writer_left_is_removed_after_a_minute(tmp_path: Path) -> None:
    path = tmp_path / "file[1]"
    old, young, other = (
        tmp_path / name for name in (".file[1].00.tmp", ".file[1].01.tmp", ".another.00.tmp")
    )
    theirs = tmp_path / ".file[1].tmp"
    for left in (old, young, other, theirs):
        left.write_text("sk-1")
    for left in (old, other, theirs):
        os.utime(left, (time.time() - 61, time.time() - 61))
    write_atomically(path, OLD)
    kept = sorted(one.name for one in (young, other, theirs))
    assert files(tmp_path) == [*kept, "file[1]"]


def test_who_waits_for_the_lock_learns_who_has_it(tmp_path: Path) -> None:
    lock = tmp_path / "lock"
    with (
        locked(lock, timeout=1),
        pytest.raises(Busy, match=rf"this gateway \(process {os.getpid()}\)"),
        locked(lock, timeout=0.1),
    ):
        pass
    assert files(tmp_path) == ["lock"]


def test_who_waits_does_not_get_in_by_a_lock_file_that_was_removed(tmp_path: Path) -> None:
    lock, got_in = tmp_path / "lock", threading.Event()

    def wait() -> None:
        with locked(lock, timeout=20):
            got_in.set()

    waiter = threading.Thread(target=wait)
    with ExitStack() as first:
        first.enter_context(locked(lock, timeout=1))
        waiter.start()
        assert not got_in.wait(0.2)
        lock.unlink()
        with locked(lock, timeout=1):
            first.close()
            assert not got_in.wait(0.2)
    assert got_in.wait(20)
    waiter.join()


def test_a_killed_holder_holds_no_lock(tmp_path: Path) -> None:
    lock, held = tmp_path / "lock", tmp_path / "held"

    def hold() -> None:
        with locked(lock, timeout=5):
            held.touch()
            signal.pause()

    child = begin_child(hold)
    limit = time.monotonic() + 10
    while not held.exists() and time.monotonic() < limit:
        time.sleep(0.01)
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    with locked(lock, timeout=1):
        assert (tmp_path / "lock.holder").read_text() == str(os.getpid())


def test_a_lock_where_nothing_can_be_written_says_so() -> None:
    def work() -> str:
        def lock() -> None:
            with locked(Path("/usr/lock"), timeout=1):
                pass

        return refusal(lock)

    assert as_nobody(work) == "`/usr/lock` could not be locked: permission denied"
