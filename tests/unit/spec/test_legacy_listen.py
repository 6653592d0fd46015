"""Where clients reached the old gateway, they reach ours."""

import pytest

from aigw.spec.legacy_env import EnvFile
from aigw.spec.legacy_listen import listen
from aigw.spec.legacy_report import Findings

USUAL = {8080: 8080, 8443: 8443, 8001: 8001}


@pytest.mark.parametrize(
    ("published", "ports"),
    [
        pytest.param({}, (8080, 8443, 8001), id="no container"),
        pytest.param(USUAL, (8080, 8443, 8001), id="as it listens"),
        pytest.param({**USUAL, 8080: 80}, (80, 8443, 8001), id="another outside"),
        pytest.param({9090: 9090, 8443: 8443, 8001: 8001}, (9090, 8443, 8001), id="nobody listens"),
        pytest.param({9090: 9090, 9091: 9091, 8001: 8001}, (8080, 8443, 8001), id="two unknown"),
    ],
)
def test_a_published_port_counts(published: dict[int, int], ports: tuple[int, int, int]) -> None:
    found = listen(EnvFile(), published, Findings())
    assert (found.http, found.https, found.console) == ports
