"""What a request may ask of the demo provider, and the bounds it is held within."""

import pytest

from aigw.engines.demo.directions import NONE, Directions, directions, without_directions


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("hello", NONE),
        ("demo:slow=2 hello", Directions(slow=2.0)),
        ("hello demo:chunks=200 demo:delay=0.05", Directions(chunks=200, delay=0.05)),
        ("你好 demo:status=503", Directions(status=503)),
        ("demo:cut=3", Directions(cut=3)),
        ("demo:cut=0", Directions(cut=0)),
        ("demo:slow=1 demo:slow=2", Directions(slow=2.0)),
        ("demo:slow=-1", NONE),
        ("demo:slow=x demo:slow= demo:fast=1", NONE),
        ("demo:slow=1.2.3", NONE),
        ("xdemo:slow=2", NONE),
    ],
)
def test_directions_are_found_in_a_prompt(text: str, wanted: Directions) -> None:
    assert directions(text, "") == wanted


@pytest.mark.parametrize(
    ("header", "wanted"),
    [
        ("slow=2 chunks=5", Directions(slow=2.0, chunks=5)),
        ("slow=2,chunks=5", Directions(slow=2.0, chunks=5)),
        ("status=429", Directions(status=429)),
        ("demo:slow=2", NONE),
        ("nothing", NONE),
    ],
)
def test_directions_are_found_in_a_header(header: str, wanted: Directions) -> None:
    assert directions("", header) == wanted


def test_the_header_wins_over_the_prompt() -> None:
    assert directions("demo:slow=1 demo:cut=4", "slow=2") == Directions(slow=2.0, cut=4)


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("demo:slow=999999", Directions(slow=120.0)),
        ("demo:delay=999999", Directions(delay=10.0)),
        ("demo:chunks=999999", Directions(chunks=10_000)),
        ("demo:chunks=10000 demo:delay=10", Directions(chunks=10_000, delay=0.06)),
        ("demo:status=200", NONE),
        ("demo:status=399", NONE),
        ("demo:status=600", NONE),
        ("demo:chunks=99999999999", NONE),
    ],
)
def test_nobody_gets_more_than_the_bounds(text: str, wanted: Directions) -> None:
    assert directions(text, "") == wanted


def test_directions_are_not_part_of_what_was_said() -> None:
    assert without_directions("demo:slow=2 why is demo:chunks=3 the sky blue?") == (
        "why is the sky blue?"
    )
