"""A strict provider and a real Envoy in front of it, for tests that need nothing special."""

from collections.abc import Iterator
from contextlib import closing

import pytest

from tests.envoy.gateway import Gateway, provider
from tests.envoy.upstream import Authority, Upstream


@pytest.fixture(scope="session")
def authority() -> Iterator[Authority]:
    """Who signs the certificates of providers."""
    with closing(Authority()) as authority:
        yield authority


@pytest.fixture(scope="module")
def shared_upstream() -> Iterator[Upstream]:
    """One provider for a whole module."""
    with Upstream() as upstream:
        yield upstream


@pytest.fixture(scope="module")
def shared_gateway(
    shared_upstream: Upstream, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Gateway]:
    """One gateway for a whole module, with provider `p` for every model."""
    folder = tmp_path_factory.mktemp("gateway")
    with Gateway([provider("p", shared_upstream.url)], folder) as gateway:
        yield gateway


@pytest.fixture
def upstream(shared_upstream: Upstream) -> Upstream:
    """The module's provider, with nothing received and its usual answer."""
    shared_upstream.reset()
    return shared_upstream


@pytest.fixture
def gateway(shared_gateway: Gateway, upstream: Upstream) -> Gateway:
    """The module's gateway, in front of `upstream`."""
    assert upstream.received == []
    return shared_gateway
