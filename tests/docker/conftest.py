"""A real Docker engine, and what tests make in it; nothing of it is left."""

import os
from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import docker as sdk
import pytest

from aigw.clients.docker import Docker
from aigw.clients.docker_hosts import find
from aigw.errors import DockerMissing
from tests.docker.engine import Engine
from tests.docker.tiny import root


@pytest.fixture(scope="session")
def engine() -> Iterator[Engine]:
    """The engine of this machine, and an image with a few programs in it."""
    try:
        host = find(os.environ, Path.home())
    except DockerMissing as error:
        if os.environ.get("CI"):
            pytest.fail(error.message)
        pytest.skip(error.message)
    made = Engine(docker=Docker(host), mark=uuid4().hex)
    made.add_tiny(root())
    try:
        yield made
    finally:
        made.remove_all()


@pytest.fixture
def docker(engine: Engine) -> Docker:
    """The client under test."""
    return engine.docker


@pytest.fixture(scope="session")
def raw(engine: Engine) -> Iterator[sdk.APIClient]:
    """The SDK itself, for what the client under test has no need of."""
    with sdk.APIClient(base_url=engine.docker.host.url, version="1.41") as client:
        yield client
