"""Docker in a virtual machine: files that change outside are not told inside, and count."""

import json
import os
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path
from typing import Any

import docker
import pytest

from tests.docker.relay import relay
from tests.higress import image
from tests.higress.higress_machine import KEY, HigressMachine, openai
from tests.higress.upstreams import Upstream, eventually

pytestmark = pytest.mark.docker
TAG, TABLE = "x-deaf", "aigw-table"
WATCH = (
    "https://127.0.0.1:18443/apis/networking.istio.io/v1alpha3/namespaces/higress-system/envoyfilters"
    "?watch=true"
)


@pytest.fixture
def deaf() -> Iterator[str]:
    """An image whose API server is told of nothing that is written outside."""
    client: Any = docker.from_env()
    recipe = f"FROM {image.standin()}\nENV STANDIN_DEAF=1\n"
    client.images.build(fileobj=BytesIO(recipe.encode()), tag=f"{image.REPOSITORY}:{TAG}", rm=True)
    yield TAG
    client.images.remove(f"{image.REPOSITORY}:{TAG}", force=True)
    client.close()


def heard(machine: HigressMachine) -> list[tuple[str, str]]:
    """Return what the API server told of, while it was watched: kinds of events, and names."""
    lines = machine.sh("cat /tmp/heard").splitlines()
    events = [json.loads(line) for line in lines if line.endswith("}")]
    return [(event["type"], event["object"]["metadata"]["name"]) for event in events]


def test_the_api_server_tells_of_a_change_though_its_machine_does_not(
    tmp_path: Path, provider: Upstream, deaf: str
) -> None:
    kernel = os.uname().release
    with (
        relay("unix:///var/run/docker.sock") as between,
        HigressMachine(folder=tmp_path, environment={"DOCKER_HOST": between.url}) as one,
    ):
        between.instead = (kernel.encode(), kernel[::-1].encode())
        file = str(one.document(openai(provider)))
        one.start("--file", file, "--openai-key", KEY, "--image-tag", deaf)
        watch = f"timeout 60 curl -skN '{WATCH}' > /tmp/heard"
        one.container.exec_run(["sh", "-c", watch], detach=True)
        eventually(lambda: ("ADDED", TABLE) in heard(one))
        one.run("route", "default", "gpt-4o-mini")
        eventually(lambda: ("MODIFIED", TABLE) in heard(one))
        assert one.ask("auto")[1]["x-aigw-model"] == "gpt-4o-mini"
        assert list((one.data / "higress").rglob("*.tmp")) == []
