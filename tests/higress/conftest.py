"""A container engine for the tests of this folder, and the image that they run."""

import os
from collections.abc import Iterator

import pytest

from tests.higress import image
from tests.higress.engine_setup import NoEngine, engine


@pytest.fixture(scope="session")
def docker_engine() -> Iterator[None]:
    """Have an engine; without one the tests are skipped, and in CI they fail."""
    running = engine()
    try:
        running.__enter__()
    except NoEngine as error:
        _cannot(str(error))
    yield
    running.__exit__(None, None, None)


@pytest.fixture(scope="session")
def standin_image() -> str:
    """Return the tag of the image that stands in for Higress."""
    try:
        return image.standin()
    except image.CannotMakeImage as error:
        _cannot(str(error))
        raise


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Give every test marked `docker` the image it needs."""
    for item in items:
        if item.get_closest_marker("docker") and isinstance(item, pytest.Function):
            item.fixturenames.insert(0, "standin_image")


def _cannot(reason: str) -> None:
    if os.environ.get("CI") == "true":
        pytest.fail(f"CI must run these tests: {reason}")
    pytest.skip(f"NOT TESTED: {reason}")
