"""How long a supervisor waits before it starts Envoy again."""

import pytest

from aigw.engines.supervising import delay


@pytest.mark.parametrize(
    ("failures", "seconds"), [(0, 0.0), (1, 0.5), (2, 1.0), (3, 2.0), (7, 30.0), (5000, 30.0)]
)
def test_the_first_start_is_at_once_and_the_wait_grows_to_half_a_minute(
    failures: int, seconds: float
) -> None:
    assert delay(failures) == seconds
