"""What went wrong with the gateways of get-ai-gateway.sh does not with ours, seen where it hurt."""

import io
import json
import re
import shlex
import stat
import time
from collections.abc import Iterator
from dataclasses import dataclass
from http.client import HTTPConnection
from pathlib import Path
from typing import Any

import docker
import pytest

from tests.faults.canaries import files_with, watched
from tests.higress import image
from tests.higress.higress_machine import KEY, HigressMachine, openai
from tests.higress.upstreams import Upstream
from tests.world import free_ports

pytestmark = pytest.mark.docker

ODD_FOLDER = "a folder, 'of' \"mine\" $HOME 网关"
ODD_KEY = "sk-odd\"q\\n'$(id)*{x}-0123456789"
TOKEN = "sk-ant-oat01-of-a-subscription"
STANDARD = "sk-ant-api03-0123456789"
OLD_VERSION, OLD_PLUGINS = "1.0.0", "g-old-plugins"


@dataclass(kw_only=True)
class Newcomer(HigressMachine):
    """The machine of somebody who has started a gateway for the first time, and what that said."""

    shown: str = ""


@pytest.fixture(scope="module")
def machine(provider: Upstream, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Newcomer]:
    """A gateway as the old script was asked for, in a folder that would have broken it."""
    with Newcomer(folder=tmp_path_factory.mktemp("defects")) as one:
        url = f"http://{provider.ip}:8000/v1"
        served = {
            "openai": ["gpt-4"],
            "azure": ["gpt-4-azure"],
            "claude": ["claude-sonnet-4-5"],
            "claude-code": ["claude-opus-4-5"],
            "togetherai": ["*"],
        }
        document = one.document(
            *(
                {"id": name, "type": name, "url": url, "models": models, "keys": ["store"]}
                for name, models in served.items()
            )
        )
        keys = {"openai": KEY, "azure": "sk-azure-0123456789", "togetherai": ODD_KEY}
        keys |= {"claude": STANDARD, "claude-code": TOKEN}
        flags = [word for name, key in keys.items() for word in (f"--{name}-key", key)]
        folder = ("--data-folder", str(one.folder / ODD_FOLDER), "--memory", "2g", "--cpus", "2")
        auto = ("--auto-routing", "--auto-routing-default-model", "gpt-4")
        one.shown = one.start("--file", str(document), *folder, *auto, *flags).out
        yield one


def sent(machine: HigressMachine, provider: Upstream, model: str) -> dict[str, str]:
    """Ask once; return who answered, and what of the key the provider was sent."""
    status, headers, body = machine.ask(model)
    assert status == 200, body
    told = provider.last()
    names = ("authorization", "x-api-key", "anthropic-beta")
    found = {name: value for name in names if (value := told.header(name))}
    return {"provider": headers["x-aigw-provider"], **found}


def test_every_provider_gets_its_own_key_as_it_was_typed(
    machine: HigressMachine, provider: Upstream
) -> None:
    """A subscription's token was never sent, azure and openai together lost both."""
    code = sent(machine, provider, "claude-opus-4-5")
    assert "oauth-2025-04-20" in code.pop("anthropic-beta")
    assert code == {"provider": "claude-code", "authorization": f"Bearer {TOKEN}"}
    claude = sent(machine, provider, "claude-sonnet-4-5")
    assert (claude["provider"], claude["x-api-key"]) == ("claude", STANDARD)
    assert TOKEN not in str(claude)
    assert sent(machine, provider, "gpt-4") == {
        "provider": "openai",
        "authorization": f"Bearer {KEY}",
    }
    assert sent(machine, provider, "gpt-4-azure")["provider"] == "azure"
    assert sent(machine, provider, "anything-else") == {
        "provider": "togetherai",
        "authorization": f"Bearer {ODD_KEY}",
    }


def test_an_exact_name_is_no_prefix_and_a_catch_all_takes_only_the_rest(
    machine: HigressMachine, provider: Upstream
) -> None:
    found = {name: sent(machine, provider, name)["provider"] for name in ("gpt-4", "gpt-4o")}
    assert found == {"gpt-4": "openai", "gpt-4o": "togetherai"}


def test_the_container_may_do_no_more_than_it_must(machine: HigressMachine) -> None:
    host = machine.container.attrs["HostConfig"]
    assert host["SecurityOpt"] == ["no-new-privileges"]
    assert host["RestartPolicy"]["Name"] == "unless-stopped"
    assert (host["Memory"], host["NanoCpus"]) == (2 << 30, 2_000_000_000)
    assert not host["Privileged"]
    assert host["NetworkMode"] != "host"
    published = [bound for places in host["PortBindings"].values() for bound in places]
    assert {bound["HostIp"] for bound in published} == {"127.0.0.1"}
    assert {int(bound["HostPort"]) for bound in published} == {machine.port, *machine.outer}
    check = machine.container.attrs["Config"]["Healthcheck"]["Test"]
    assert machine.container.exec_run(check[1:]).exit_code == 0
    mounted = {one["Destination"] for one in machine.container.attrs["Mounts"]}
    assert mounted == {"/data", "/var/log/proxy", "/var/log/higress"}


def test_no_key_is_known_to_docker_or_open_to_other_users(machine: HigressMachine) -> None:
    secrets = (KEY, TOKEN, STANDARD, "sk-odd", machine.account()[1])
    shown = json.dumps(machine.container.attrs, ensure_ascii=False)
    shown += json.dumps(machine.container.top(ps_args="axe"), ensure_ascii=False)
    assert [secret for secret in secrets if secret in shown] == []
    for folder in (machine.data.resolve(), machine.store.resolve(), machine.data / "logs"):
        assert stat.S_IMODE(folder.stat().st_mode) == 0o700, folder


def test_a_key_that_comes_and_goes_is_seen_by_nobody(machine: HigressMachine) -> None:
    key, begun = "sk-canary-e1b0c442-98fc1c14", int(time.time()) - 1
    flags = ("--provider", "deepseek", "--key-stdin", "--no-check", "-v")
    with watched([key]) as watch:
        said = [machine.run("config", "add", *flags, stdin=key)]
    said += [machine.run("plan", "-v", "--debug")]
    said += [machine.run("config", "remove", "--provider", "deepseek", "-v")]
    assert (watch.seen, watch.looks > 1) == (set(), True)
    until = int(time.time()) + 1
    events: Any = machine.client.api.events(since=begun, until=until, decode=True)
    told = f"{said}{list(events)}{machine.container.attrs}"
    assert "exec_start" in told
    assert key not in told
    assert files_with(machine.folder, [key]) == set()


def test_the_first_start_says_what_works_on_the_ports_that_there_are(
    machine: Newcomer,
) -> None:
    console = f"http://127.0.0.1:{machine.outer[1]}"
    assert (
        f"\nconsole: {console} (its password: aigw -g {machine.name} console --password)\n"
        in machine.shown
    )
    chats = [shlex.split(one) for one in re.findall(r": (curl .*\\\n.*)", machine.shown)]
    assert [words[1] for words in chats] == [f"{machine.url}/chat/completions"] * 2
    models = [json.loads(words[-1])["model"] for words in chats]
    assert models == ["gpt-4", "auto"]
    assert [machine.ask(model)[0] for model in models] == [200, 200]
    connection = HTTPConnection("127.0.0.1", machine.outer[1], timeout=10)
    connection.request("GET", "/")
    assert connection.getresponse().status < 500
    connection.close()


def test_commands_find_the_gateway_from_anywhere_by_its_name(
    machine: HigressMachine, tmp_path: Path
) -> None:
    """The old script looked beside itself, unless it was told the folder again each time."""
    home = {"AIGW_HOME": str(machine.home)}
    with HigressMachine(folder=tmp_path, name=machine.name, environment=home) as elsewhere:
        listed: Any = elsewhere.run("config", "list", "--json").json()["providers"]
        assert len(listed) == 5
        shown = elsewhere.run("status", "--json").json()
        assert shown["data_folder"] == str(machine.folder / ODD_FOLDER)
        assert [path.name for path in tmp_path.iterdir()] == ["r"]


def test_what_is_asked_for_after_a_delete_counts(
    machine: HigressMachine, provider: Upstream
) -> None:
    """The old script published the new ports of a container that listened on the old ones."""
    gone = machine.run("delete", "--yes").out
    assert f"  left {machine.folder / ODD_FOLDER}\n" in gone
    (machine.port,) = free_ports(1)
    keys = ("--openai-key", "sk-new-0123456789")
    machine.start("--http-port", str(machine.port), *keys)
    assert sent(machine, provider, "gpt-4")["authorization"] == "Bearer sk-new-0123456789"
    assert sent(machine, provider, "claude-opus-4-5")["authorization"] == f"Bearer {TOKEN}"


def test_a_folder_that_docker_cannot_be_told_of_is_refused_and_nothing_kept(tmp_path: Path) -> None:
    with HigressMachine(folder=tmp_path) as one:
        folder = tmp_path / "co:lon"
        refused = one.start("--openai-key", KEY, "--data-folder", str(folder), expect=2)
        assert refused.err.splitlines()[0] == (
            f"error: a container cannot be given the folder `{folder}`: there is a `:` in its name"
        )
        assert not (folder / "gateway.yaml").exists()
        assert one.containers() == []


def test_a_name_that_no_container_can_have_is_refused_and_nothing_kept(tmp_path: Path) -> None:
    with HigressMachine(folder=tmp_path, name="b") as one:
        refused = one.start("--openai-key", KEY, expect=2)
        message = "a container cannot have the name `b`: Docker wants two letters"
        assert refused.err == f"error: {message}\n\nhint: aigw start -g LONGER-NAME\n"
        assert not (one.data / "gateway.yaml").exists()


@pytest.fixture(scope="module")
def archive(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A file with an image that is not here, and has other versions of the plugins."""
    client: Any = docker.from_env()
    recipe = f"FROM {image.standin()}\nENV STANDIN_PLUGIN_VERSIONS={OLD_VERSION}\n"
    tag = f"{image.REPOSITORY}:{OLD_PLUGINS}"
    client.images.build(fileobj=io.BytesIO(recipe.encode()), tag=tag, rm=True, forcerm=True)
    file = tmp_path_factory.mktemp("archive") / "image.tar"
    with file.open("wb") as target:
        target.writelines(client.images.get(tag).save(chunk_size=1 << 20, named=tag))
    client.images.remove(tag, force=True)
    yield file
    client.images.remove(tag, force=True)
    client.close()
    file.unlink()


@pytest.fixture(scope="module")
def old_plugins(
    tmp_path_factory: pytest.TempPathFactory, archive: Path, provider: Upstream
) -> Iterator[Newcomer]:
    """A gateway whose image has older plugins than its console writes."""
    with Newcomer(folder=tmp_path_factory.mktemp("old")) as one:
        document = str(one.document(openai(provider)))
        where = ("--image-archive", str(archive), "--image-tag", OLD_PLUGINS)
        one.shown = one.start("--file", document, "--openai-key", KEY, *where).err
        yield one


def test_without_a_network_an_image_of_another_version_serves(
    old_plugins: Newcomer, provider: Upstream
) -> None:
    assert "Envoy refused" not in old_plugins.shown
    assert sent(old_plugins, provider, "gpt-4o")["authorization"] == f"Bearer {KEY}"
    proxy = old_plugins.resource("wasmplugins/ai-proxy.internal.yaml")
    assert OLD_VERSION in json.dumps(proxy)
    assert old_plugins.run("plan").code == 0


def test_a_change_asks_for_no_plugin_that_the_image_lacks(
    old_plugins: Newcomer, provider: Upstream
) -> None:
    plugins = old_plugins.data / "higress" / "wasmplugins"
    before, key = {path.name for path in plugins.iterdir()}, "sk-second-0123456789"
    other = ("--provider", "deepseek", "--url", f"http://{provider.ip}:8000/v1", "--no-check")
    old_plugins.run("config", "add", *other, "--key-stdin", stdin=key)
    assert sent(old_plugins, provider, "deepseek-chat")["authorization"] == f"Bearer {key}"
    old_plugins.run("config", "remove", "--provider", "openai")
    assert {path.name for path in plugins.iterdir()} == before
    assert not [path for path in plugins.iterdir() if "/2.0.1/" in path.read_text()]
    assert json.loads(old_plugins.run("status", "--json").out)["problems"] == []
