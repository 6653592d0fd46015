"""A container engine for the tests of this folder, and the image that they run."""

import os
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.higress import image
from tests.higress.engine_setup import NoEngine, engine
from tests.higress.higress_machine import KEY, HigressMachine, openai
from tests.higress.upstreams import Upstream


@pytest.fixture(scope="session")
def docker_engine() -> Iterator[None]:
    """Have an engine; without one the tests are skipped, and in CI they fail."""
    with ExitStack() as stack:
        try:
            stack.enter_context(engine())
        except NoEngine as error:
            _cannot(str(error))
        yield


@pytest.fixture(scope="session")
def standin_image(docker_engine: None) -> str:  # noqa: ARG001 - it is there
    """Return the tag of the image that stands in for Higress."""
    try:
        return image.standin()
    except image.CannotMakeImage as error:
        _cannot(str(error))
        raise


@pytest.fixture(scope="module")
def provider(standin_image: str) -> Iterator[Upstream]:  # noqa: ARG001 - the image is there
    """One provider in the place of all."""
    with Upstream() as upstream:
        yield upstream


@pytest.fixture
def machine(tmp_path: Path) -> Iterator[HigressMachine]:
    """A machine where nothing runs yet."""
    with HigressMachine(folder=tmp_path) as one:
        yield one


@pytest.fixture(scope="module")
def running(
    provider: Upstream, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[HigressMachine]:
    """A machine whose gateway runs with the provider `openai`, for all tests of a module."""
    with HigressMachine(folder=tmp_path_factory.mktemp("running")) as one:
        one.start("--file", str(one.document(openai(provider))), "--openai-key", KEY)
        yield one


@pytest.fixture
def settled(running: HigressMachine) -> Iterator[HigressMachine]:
    """The running gateway, which is as it should be again after the test."""
    yield running
    running.console("DELETE", "/v1/ai/routes/mine")
    running.run("config", "remove", "--provider", "deepseek", expect=None)
    running.start("-q")
    assert running.run("plan").code == 0


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Give every test of this folder that is marked `docker` the image it needs."""
    for item in items:
        own = Path(__file__).parent in item.path.parents
        if own and item.get_closest_marker("docker") and isinstance(item, pytest.Function):
            item.fixturenames.insert(0, "standin_image")


def _cannot(reason: str) -> None:
    if os.environ.get("CI") == "true":
        pytest.fail(f"CI must run these tests: {reason}")
    pytest.skip(f"NOT TESTED: {reason}")
