"""A page of somebody else, in the user's browser, does not spend the user's keys."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.envoy.gateway import Gateway, keys, provider
from tests.envoy.upstream import Upstream

pytestmark = pytest.mark.envoy
BODY = {"model": "m", "messages": [{"role": "user", "content": "hi"}]}


@pytest.fixture(scope="module")
def upstream() -> Iterator[Upstream]:
    """The provider whose key is wanted."""
    with Upstream() as one:
        yield one


@pytest.fixture(scope="module")
def gateway(upstream: Upstream, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Gateway]:
    """A gateway with that provider."""
    folder: Path = tmp_path_factory.mktemp("browsers")
    with Gateway([provider("p", upstream.url)], folder, ring=keys(p=["sk-1"])) as one:
        yield one


@pytest.mark.parametrize(
    "origin",
    [
        "http://evil.example",
        "https://evil.example:8080",
        "http://127.0.0.1.evil.example",
        "http://localhost.evil.example",
        "https://evil.example/localhost",
        "HTTP://EVIL.EXAMPLE",
        "null",
    ],
)
def test_a_foreign_page_is_refused(gateway: Gateway, upstream: Upstream, origin: str) -> None:
    upstream.received.clear()
    headers = {"origin": origin, "content-type": "text/plain"}
    answer = gateway.post("/v1/chat/completions", BODY, headers=headers)
    assert answer.status == 403
    assert answer.json()["error"]["code"] == "origin_not_allowed"
    assert upstream.received == []


@pytest.mark.parametrize(
    "origin",
    [
        "http://localhost:3000",
        "http://127.0.0.1:8080",
        "http://[::1]:5173",
        "https://app.localhost",
        "chrome-extension://abcdefgh",
    ],
)
def test_a_page_of_this_machine_is_served(
    gateway: Gateway, upstream: Upstream, origin: str
) -> None:
    upstream.received.clear()
    answer = gateway.post("/v1/chat/completions", BODY, headers={"origin": origin})
    assert answer.status == 200
    assert len(upstream.received) == 1
