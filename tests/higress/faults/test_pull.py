"""The image is on its way when something goes wrong: told, and the next `start` goes on."""

import io
import json
import os
import subprocess
import tarfile
import tempfile
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path

import docker
import pytest

from tests.docker.dockerd import Dockerd, dockerd, possible
from tests.docker.registry import Made, Registry
from tests.docker.registry import image as made_of
from tests.docker.tiny import tar
from tests.higress import image
from tests.higress.higress_machine import KEY, HigressMachine
from tests.world import PATIENCE, Ended

pytestmark = pytest.mark.docker
NAME = "d/gateway"


def pulled_from(registry: Registry) -> tuple[str, ...]:
    """Spell the options with which the image comes from a registry."""
    return ("--registry", registry.host, "--image-repo", NAME, "--image-tag", "1")


@contextmanager
def begun(machine: HigressMachine, *options: str) -> Iterator["subprocess.Popen[str]"]:
    """Have a first `start` that pulls the image."""
    https, console = machine.outer
    ports = ("--http-port", machine.port, "--https-port", https, "--console-port", console)
    words = ("start", "--non-interactive", "--engine", "higress", "--pull", "missing")
    with machine.begin(*words, *map(str, ports), *options, kept=True) as process:
        too_late = threading.Timer(2 * PATIENCE, process.kill)
        too_late.start()
        try:
            yield process
        finally:
            too_late.cancel()
            process.kill()


def ended(process: "subprocess.Popen[str]") -> Ended:
    """Wait until a command has ended."""
    out, err = process.communicate(timeout=PATIENCE)
    return Ended(code=process.returncode, out=out, err=err)


@pytest.fixture
def own() -> Iterator[Dockerd]:
    """An engine with a disk of 24 MB and a network of its own."""
    if not possible():
        pytest.skip("only root may start an engine")
    with (
        tempfile.TemporaryDirectory(prefix="d-") as folder,
        dockerd(Path(folder), megabytes=24) as made,
    ):
        yield made


@contextmanager
def within(own: Dockerd, registry: Registry) -> Iterator[Registry]:
    """Serve images in the network of an engine of our own."""
    own.inside(registry.__enter__)
    try:
        yield registry
    finally:
        registry.__exit__(None, None, None)


def expect_a_start_that_goes_on(machine: HigressMachine) -> None:
    """The gateway is as it was asked for, and runs once its image is to be had."""
    assert machine.spec()["providers"][0]["id"] == "openai"
    tag = image.standin().partition(":")[2]
    stand = ("--registry", "auto", "--image-repo", image.REPOSITORY, "--image-tag", tag)
    machine.run("start", "--non-interactive", *stand, "--pull", "never")
    assert machine.run("status", "--json").json()["state"] == "running"


def test_a_full_disk_of_docker_is_told_with_what_shows_it(tmp_path: Path, own: Dockerd) -> None:
    big = made_of(tar({"d-big": os.urandom(20_000_000)}))
    with HigressMachine(folder=tmp_path, name="f-full-disk") as machine:
        machine.environment = {"DOCKER_HOST": own.host.url}
        with (
            within(own, Registry(images={f"{NAME}:1": big})) as registry,
            begun(machine, *pulled_from(registry), "--openai-key", KEY) as process,
        ):
            said = ended(process)
        assert said.code == 5, said
        error = said.err.partition("error: ")[2]
        assert error.startswith(f"Docker's disk is full (pulling {registry.host}/{NAME}:1)"), said
        assert "hint: docker system df" in error
        machine.environment = {}
        expect_a_start_that_goes_on(machine)


def test_a_docker_that_dies_during_the_pull_is_told(tmp_path: Path, own: Dockerd) -> None:
    made = made_of(tar({"d-killed": os.urandom(100_000)}))
    held = Registry(images={f"{NAME}:1": made}, held=frozenset(made.layers))
    with HigressMachine(folder=tmp_path, name="f-dies-pulling") as machine:
        machine.environment = {"DOCKER_HOST": own.host.url}
        with (
            within(own, held) as registry,
            begun(machine, *pulled_from(registry), "--openai-key", KEY) as process,
        ):
            assert registry.reached.wait(PATIENCE)
            own.kill()
            said = ended(process)
        assert said.code == 5, said
        error = said.err.partition("error: ")[2]
        gone = f"Docker went away while pulling {registry.host}/{NAME}:1"
        assert error.startswith(gone), said
        machine.environment = {}
        expect_a_start_that_goes_on(machine)


def test_a_slow_registry_is_waited_for_line_by_line_and_its_gateway_runs(tmp_path: Path) -> None:
    made = saved_standin()
    held = Registry(images={f"{NAME}:1": made}, held=frozenset(made.layers[-1:]))
    with (
        HigressMachine(folder=tmp_path, name="f-slow-pull") as machine,
        held as registry,
        without_image(f"{registry.host}/{NAME}:1") as name,
    ):
        with begun(machine, *pulled_from(registry), "--openai-key", KEY) as process:
            assert registry.reached.wait(PATIENCE)
            assert process.stderr is not None
            first = process.stderr.readline()
            registry.released.set()
            said = ended(process)
        assert said.code == 0, (first, said)
        assert name in first
        assert f"gateway {machine.name} runs" in said.out
        assert machine.run("status", "--json").json()["state"] == "running"
        machine.run("delete", "--purge", "--yes")


def test_always_pulls_again_and_a_restart_that_cannot_pull_leaves_the_gateway_up(
    tmp_path: Path,
) -> None:
    with (
        HigressMachine(folder=tmp_path, name="f-pull-always") as machine,
        Registry(images={f"{NAME}:1": saved_standin()}) as registry,
        without_image(f"{registry.host}/{NAME}:1"),
    ):
        with begun(machine, *pulled_from(registry), "--openai-key", KEY) as process:
            assert ended(process).code == 0
        first = machine.container.image.id
        registry.images[f"{NAME}:1"] = saved_standin()
        machine.run("start", "--pull", "always")
        born = machine.born()
        assert machine.container.image.id != first
        registry.status = 503
        refused = machine.run("restart", expect=5)
        assert "error: no registry gave the image\n" in refused.err, refused
        assert "hint: aigw start --engine higress --pull missing" in refused.err
        assert machine.born() == born
        assert machine.get("/health")[0] == 200
        machine.run("delete", "--purge", "--yes")


@contextmanager
def without_image(name: str) -> Iterator[str]:
    """Take a name from its image after the block."""
    try:
        yield name
    finally:
        with closing(docker.from_env()) as client, suppress(docker.errors.ImageNotFound):
            client.images.remove(name, force=True)


def saved_standin() -> Made:
    """Make the stand-in an image of a registry; its last layer is new to every engine."""
    with closing(docker.from_env()) as client:
        content = b"".join(client.images.get(image.standin()).save())
    with tarfile.open(fileobj=io.BytesIO(content)) as archive:
        manifest = json.loads(_file(archive, "manifest.json"))[0]
        layers = [_file(archive, name) for name in manifest["Layers"]]
        config = json.loads(_file(archive, manifest["Config"]))
    return made_of(*layers, tar({"d-new": os.urandom(100_000)}), runs=config["config"])


def _file(archive: tarfile.TarFile, name: str) -> bytes:
    content = archive.extractfile(name)
    assert content is not None
    return content.read()
