"""A container as get-ai-gateway.sh makes it is put aside, and brought back as it was."""

from pathlib import Path

import docker as sdk
import pytest

from aigw.operations.importing import take_over
from aigw.operations.importing_reading import ImportWanted
from aigw.operations.importing_undo import undo
from aigw.operations.world import World
from aigw.state.paths import Home
from tests.docker.engine import Engine
from tests.fakes import Heard, Process, world
from tests.old_installation import edit, image_of, old_folder
from tests.world import free_ports

pytestmark = pytest.mark.docker
GATEWAY = "i-imported"


@pytest.fixture
def here(tmp_path: Path) -> World:
    """A world with a fake engine of ours."""
    home = Home(folder=tmp_path / "home", runtime=tmp_path / "run")
    return world(home, Process(), Heard(), {})


@pytest.fixture
def old(tmp_path: Path) -> Path:
    """What the script left, with ports that are free."""
    folder = old_folder(tmp_path / "higress", "03-dashscope-openai")
    (folder / "logs").mkdir()
    for usual, port in zip(("8080", "8443", "8001"), free_ports(3), strict=True):
        edit(folder / "default.cfg", f"={usual}\n", f"={port}\n")
    return folder


def as_the_script_does(engine: Engine, old: Path, name: str) -> str:
    """Run `docker run` with the script's arguments; returns the container's name."""
    lines = (old / "default.cfg").read_text(encoding="utf-8").splitlines()
    environment = dict(line.split("=", 1) for line in lines if "=" in line)
    names = ("GATEWAY_HTTP_PORT", "GATEWAY_HTTPS_PORT", "CONSOLE_PORT")
    ports = [int(environment[name]) for name in names]
    return engine.run(
        name,
        restart_policy={"Name": "always"},
        ports={f"{port}/tcp": ("127.0.0.1", port) for port in ports},
        environment=environment,
        volumes=[f"{old}:/data", f"{old}/logs:/var/log/proxy"],
    )


def test_it_makes_room_for_ours_and_comes_back(
    engine: Engine, raw: sdk.APIClient, here: World, old: Path
) -> None:
    name = as_the_script_does(engine, old, "comes-back")
    identity, before = raw.inspect_container(name)["Id"], image_of(old)
    wanted = ImportWanted(folder=old, container=name)
    result = take_over(here, GATEWAY, wanted, lambda: engine.docker)
    aside = engine.docker.container(identity)
    assert aside
    assert (aside.name, aside.running, aside.restart_policy) == (result.aside, False, "no")
    assert (result.taken, result.started) == (("dashscope", "openai"), True)
    undo(here, GATEWAY, old, lambda: engine.docker)
    back = engine.docker.container(identity)
    assert back
    assert (back.name, back.running, back.restart_policy) == (name, True, "always")
    assert image_of(old) == before


def test_no_key_reaches_a_process_or_docker(
    engine: Engine, raw: sdk.APIClient, here: World, old: Path
) -> None:
    edit(old / "default.cfg", "sk-dash-0001", "sk-canary-0123456789")
    edit(old / "wasmplugins/ai-proxy.internal.yaml", "sk-dash-0001", "sk-canary-0123456789")
    name = as_the_script_does(engine, old, "keys")
    wanted = ImportWanted(folder=old, container=name)
    result = take_over(here, GATEWAY, wanted, lambda: engine.docker)
    labels = [one["Labels"] for one in raw.containers(all=True)]
    assert "canary" not in repr((result, labels))
    undo(here, GATEWAY, old, lambda: engine.docker)
