"""A gateway that takes as long to start as a real one."""

import io
import subprocess
from collections.abc import Iterator
from typing import Any

import docker
import pytest

from tests.higress import image
from tests.higress.higress_machine import KEY, HigressMachine, openai
from tests.higress.upstreams import Upstream

pytestmark = [pytest.mark.docker, pytest.mark.slow]

SLOW = "b-slow"


@pytest.fixture(scope="module")
def slow() -> Iterator[str]:
    """An image whose parts take the time of the real ones: a minute in all."""
    client: Any = docker.from_env()
    recipe = io.BytesIO(f"FROM {image.standin()}\nENV STANDIN_REAL_SPEED=1\n".encode())
    client.images.build(fileobj=recipe, tag=f"{image.REPOSITORY}:{SLOW}", rm=True, forcerm=True)
    yield SLOW
    client.images.remove(f"{image.REPOSITORY}:{SLOW}", force=True)
    client.close()


def test_a_slow_start_tells_part_by_part_what_it_waits_for_and_ends_with_a_gateway_that_serves(
    machine: HigressMachine, provider: Upstream, slow: str
) -> None:
    file = machine.document(openai(provider))
    tag = ("--image-tag", slow)
    command = machine.command("start", "--non-interactive", "--file", str(file), *tag)
    done = subprocess.run(
        [*command, "--openai-key", KEY],
        env=machine.environ(),
        capture_output=True,
        text=True,
        timeout=400,
        check=False,
    )
    assert (done.returncode, "") == (0, "" if done.returncode == 0 else done.stderr)
    waits = [line for line in done.stderr.splitlines() if line.endswith(" ...")]
    parts = ("the API server", "the console", "Envoy")
    told = [f"waiting for {part} of gateway `{machine.name}` ..." for part in parts]
    assert [line for line in waits if line in told][-2:] == told[1:]
    provider.forget()
    status, _, _ = machine.ask("gpt-4o")
    assert status == 200
    assert provider.last().header("authorization") == f"Bearer {KEY}"
