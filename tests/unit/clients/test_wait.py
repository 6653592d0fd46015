import time

import pytest

from aigw.clients.wait import until
from aigw.errors import NotReady


def test_it_returns_once_nothing_is_objected() -> None:
    seen = iter(["starting", "warming up", ""])
    until(lambda: next(seen), timeout=10, what="the gateway did not answer")
    assert list(seen) == []


def test_it_says_what_was_seen_last() -> None:
    seen = iter(["starting", *["connection refused"] * 1000])
    with pytest.raises(NotReady) as error:
        until(lambda: next(seen), timeout=0.1, what="the gateway did not answer")
    assert error.value.message == (
        "the gateway did not answer within 0.1 s; last seen: connection refused"
    )


def test_it_looks_once_even_without_time() -> None:
    until(lambda: "", timeout=0, what="nothing")


def test_it_does_not_wait_much_longer_than_it_may() -> None:
    begun = time.monotonic()
    with pytest.raises(NotReady):
        until(lambda: "no", timeout=0.05, what="nothing")
    assert 0.05 <= time.monotonic() - begun < 5
