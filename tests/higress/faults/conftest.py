"""The gateway that the tests of a module do harm to, and its provider."""

from collections.abc import Iterator

import pytest

from tests.higress.faults.faulty import running
from tests.higress.higress_machine import HigressMachine
from tests.higress.upstreams import Upstream


@pytest.fixture(scope="module")
def upstream() -> Iterator[Upstream]:
    """The provider of all gateways here."""
    with Upstream() as provider:
        yield provider


@pytest.fixture(scope="module")
def machine(
    tmp_path_factory: pytest.TempPathFactory, upstream: Upstream
) -> Iterator[HigressMachine]:
    """One gateway for all tests of a module."""
    with running(tmp_path_factory.mktemp("f"), upstream) as one:
        yield one
