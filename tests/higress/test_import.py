"""A gateway of get-ai-gateway.sh that runs becomes one of aigw's, on its ports, and back again."""

import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from tempfile import TemporaryDirectory
from urllib.request import urlopen

import docker
import pytest

from aigw.clients.docker_hosts import find
from tests.higress.ordinary_user import OrdinaryUser
from tests.higress.upstreams import Container, Upstream
from tests.old_installation import AI_PROXY, edit, old_folder, readable_by_others
from tests.waiting import until
from tests.world import Machine, free_ports

pytestmark = pytest.mark.docker
KEY = "sk-openai-0001"
THEIRS = """
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata:
  annotations:
    higress.io/destination: "theirs.static:80"
  labels:
    higress.io/resource-definer: higress
  name: theirs
  namespace: higress-system
spec:
  ingressClassName: higress
  rules:
  - http:
      paths:
      - backend:
          resource:
            apiGroup: networking.higress.io
            kind: McpBridge
            name: default
        path: /theirs
        pathType: Prefix
"""


def engine() -> str:
    """Say where the Docker engine is."""
    return find(os.environ, Path.home()).url


@pytest.fixture
def machine(tmp_path: Path) -> Iterator[Machine]:
    """A machine where nothing runs yet."""
    with Machine(folder=tmp_path, environment={"DOCKER_HOST": engine()}) as one:
        yield one


@pytest.fixture
def provider() -> Iterator[Upstream]:
    """A provider."""
    with Upstream() as one:
        yield one


def left(machine: Machine, provider: Upstream) -> Path:
    """Make what the script left, on this machine's ports, with a provider and a route of one's own.

    The route is a plain one, to a service that was registered in the console.
    """
    folder = old_folder(machine.folder / "higress", "03-dashscope-openai")
    (folder / "logs").mkdir()
    usual = dict(zip((8080, 8443, 8001), (machine.port, *free_ports(2)), strict=True))
    for port, free in usual.items():
        edit(folder / "default.cfg", f"={port}\n", f"={free}\n")
    url = f"http://{provider.ip}:8000/v1"
    own = f'- "{KEY}"\n      openaiCustomUrl: "{url}"'
    edit(folder / AI_PROXY, f'- "{KEY}"', own)
    service = f'  - {{name: theirs, type: static, domain: "{provider.ip}:8000", port: 80}}\n'
    edit(folder / "mcpbridges/default.yaml", "  registries:\n", f"  registries:\n{service}")
    (folder / "ingresses/theirs.yaml").write_text(THEIRS)
    return folder


class OldGateway(Container):
    """The container as the script's `docker run` makes it."""

    def __init__(self, folder: Path) -> None:
        super().__init__("aigw-test-old")
        self.folder = folder

    def __enter__(self) -> "OldGateway":
        lines = (self.folder / "default.cfg").read_text().splitlines()
        given: Mapping[str, str] = dict(line.split("=", 1) for line in lines if "=" in line)
        names = ("GATEWAY_HTTP_PORT", "GATEWAY_HTTPS_PORT", "CONSOLE_PORT")
        self.run(
            environment={**given, "CONFIG_TEMPLATE": ""},
            ports={f"{given[name]}/tcp": ("127.0.0.1", int(given[name])) for name in names},
            volumes=[f"{self.folder}:/data", f"{self.folder}/logs:/var/log/proxy"],
            restart_policy={"Name": "always"},
        )
        return self

    @property
    def state(self) -> tuple[str, str, str]:
        """Return its name, its status and its restart policy."""
        self.container.reload()
        attributes = self.container.attrs
        policy = attributes["HostConfig"]["RestartPolicy"]["Name"]
        return self.container.name, self.container.status, policy


def test_it_serves_on_the_same_port_with_the_same_key_and_goes_back(
    machine: Machine, provider: Upstream
) -> None:
    old = left(machine, provider)
    with OldGateway(old) as gateway:
        modes = [path.stat().st_mode for path in (old, old / "default.cfg")]
        config = (old / "default.cfg").read_bytes()
        options = (str(old), "-g", gateway.name, "--container", gateway.name, "--yes")
        try:
            said = machine.run("import", *options, "--json").json()
            assert (said["taken"], said["started"]) == (["dashscope", "openai"], True)
            assert gateway.state == (f"{gateway.name}-before-aigw", "exited", "no")
            status, _, _ = machine.ask("gpt-4o")
            assert status == 200
            assert provider.requests()[-1].header("authorization") == f"Bearer {KEY}"
            assert served(machine.port, "/theirs/of-people")
            assert provider.requests()[-1].path == "/theirs/of-people"
        finally:
            machine.run("import", str(old), "-g", gateway.name, "--undo", "--yes")
        assert gateway.state == (gateway.name, "running", "always")
        assert (old / "default.cfg").read_bytes() == config
        assert [path.stat().st_mode for path in (old, old / "default.cfg")] == modes
        until(lambda: served(machine.port, "/theirs/again"))


def test_one_that_was_killed_while_ours_started_is_gone_on_with(
    machine: Machine, provider: Upstream
) -> None:
    old = left(machine, provider)
    with OldGateway(old) as gateway:
        options = (str(old), "-g", gateway.name, "--container", gateway.name, "--yes")
        try:
            child = machine.begin("import", *options)
            ours: dict[str, str | list[str] | bool] = {
                "label": "aigw.folder",
                "name": f"^/{gateway.name}$",
            }
            until(lambda: docker.from_env().containers.list(all=True, filters=ours), seconds=60.0)
            child.kill()
            child.wait()
            said = machine.run("import", *options, "--json").json()
            assert (said["state"], said["started"]) == ("imported", True)
            assert machine.ask("gpt-4o")[0] == 200
            again = machine.run("import", *options, "--json").json()
            assert (again["state"], again["started"]) == ("already imported", False)
        finally:
            machine.run("import", str(old), "-g", gateway.name, "--undo", "--yes")
        assert gateway.state == (gateway.name, "running", "always")


def test_an_ordinary_user_takes_over_what_root_wrote_and_gives_it_back(provider: Upstream) -> None:
    with (
        TemporaryDirectory(prefix="aigw-user-") as name,
        OrdinaryUser(folder=Path(name), environment={"DOCKER_HOST": engine()}) as user,
    ):
        old = left(user, provider)
        user.take(old, old / "default.cfg")
        with OldGateway(old) as gateway:
            closed = old / "endpoints"
            until(lambda: closed.exists() and not closed.stat().st_mode & 0o077)
            config = (old / "default.cfg").read_bytes()
            options = (str(old), "-g", gateway.name, "--yes")
            user.run("import", *options, "--container", gateway.name)
            try:
                assert readable_by_others(old) == []
                assert user.ask("gpt-4o")[0] == 200
                assert provider.requests()[-1].header("authorization") == f"Bearer {KEY}"
            finally:
                user.run("import", *options, "--undo")
            assert (old / "default.cfg").read_bytes() == config
            assert readable_by_others(old)
            assert not (user.home / "gateways" / gateway.name).exists()
            assert gateway.state == (gateway.name, "running", "always")


def test_what_a_lost_default_cfg_said_is_taken_from_the_container(
    machine: Machine, provider: Upstream
) -> None:
    old = left(machine, provider)
    config = old / "default.cfg"
    config.write_text(config.read_text() + "DEEPSEEK_API_KEY=sk-deepseek-0001\n")
    with OldGateway(old) as gateway:
        config.unlink()
        options = (str(old), "--container", gateway.name, "--dry-run", "--json")
        said = machine.run("import", *options)
    assert said.json()["taken"] == ["dashscope", "deepseek", "openai"]
    assert f"what `default.cfg` said is taken from container `{gateway.name}`" in said.err
    assert "default.cfg: " not in said.out


def served(port: int, path: str) -> bool:
    """Say whether a gateway passes a request on."""
    try:
        with urlopen(f"http://127.0.0.1:{port}{path}", data=b"{}", timeout=2) as answer:
            return bool(answer.status == 200)
    except OSError:
        return False
