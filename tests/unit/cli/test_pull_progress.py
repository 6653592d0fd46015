import io
from collections.abc import Iterator

import pytest

from aigw.cli.pull_progress import Pulls
from aigw.clients.pulling import PullProgress
from aigw.errors import DockerRefused

VALUES = [
    PullProgress(layers=1),
    PullProgress(layers=2),
    *(PullProgress(layers=2, done_bytes=n * 1_000_000, bytes=100_000_000) for n in range(51)),
    PullProgress(layers=2, done_layers=1, done_bytes=50_000_000, bytes=100_000_000),
    PullProgress(layers=2, bytes=100_000_000, note="Retrying in 5 seconds"),
    PullProgress(layers=2, done_layers=2, done_bytes=100_000_000, bytes=100_000_000),
]


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_elsewhere_than_on_a_terminal_a_step_is_a_line() -> None:
    stream = io.StringIO()
    Pulls(stream=stream, shown=True)("pulling r.io/x:1", iter(VALUES))
    assert stream.getvalue().splitlines() == [
        "pulling r.io/x:1 ...",
        "  0 of 1 layers ...",
        "  0 of 2 layers, 10 of 100 MB ...",
        "  0 of 2 layers, 20 of 100 MB ...",
        "  0 of 2 layers, 30 of 100 MB ...",
        "  0 of 2 layers, 40 of 100 MB ...",
        "  0 of 2 layers, 50 of 100 MB ...",
        "  1 of 2 layers, 50 of 100 MB ...",
        "  Retrying in 5 seconds ...",
        "  2 of 2 layers, 100 of 100 MB ...",
    ]


def test_a_terminal_shows_bars_that_are_gone_afterwards() -> None:
    stream = Terminal()
    Pulls(stream=stream, shown=True)("pulling [::1]:5000/x:1", iter(VALUES))
    assert "pulling [::1]:5000/x:1" in stream.getvalue()
    assert "2 of 2 layers, 100 of 100 MB" in stream.getvalue()
    assert stream.getvalue().endswith("\x1b[2K")


@pytest.mark.parametrize("stream", [io.StringIO(), Terminal()], ids=["file", "terminal"])
def test_who_wants_no_words_gets_the_pull_alone(stream: io.StringIO) -> None:
    values = iter(VALUES)
    Pulls(stream=stream, shown=False)("pulling", values)
    assert (stream.getvalue(), [*values]) == ("", [])


@pytest.mark.parametrize("stream", [io.StringIO(), Terminal()], ids=["file", "terminal"])
def test_an_error_of_the_pull_comes_through(stream: io.StringIO) -> None:
    def broken() -> Iterator[PullProgress]:
        yield PullProgress(layers=1)
        raise DockerRefused("no")

    with pytest.raises(DockerRefused):
        Pulls(stream=stream, shown=True)("pulling", broken())
