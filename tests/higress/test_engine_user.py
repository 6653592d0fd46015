"""An ordinary user of the Docker group has a gateway, and what root writes in it is in no way."""

import json
import re
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.docker.relay import relay
from tests.higress.higress_machine import KEY, HigressMachine, openai
from tests.higress.ordinary_user import OrdinaryUser
from tests.higress.upstreams import Upstream, eventually

pytestmark = pytest.mark.docker

SECOND = "sk-second-9876543210"


class OrdinaryMachine(OrdinaryUser, HigressMachine):
    """A machine for gateways of such a user."""


@pytest.fixture
def user() -> Iterator[OrdinaryMachine]:
    """A machine of an ordinary user, where nothing runs yet."""
    with (
        tempfile.TemporaryDirectory(prefix="aigw-user-") as name,
        OrdinaryMachine(folder=Path(name)) as one,
    ):
        one.take()
        yield one


def test_everything_works_for_an_ordinary_user_of_the_docker_group(
    user: OrdinaryMachine, provider: Upstream
) -> None:
    file = user.document(openai(provider))
    user.start("--file", str(file), "--openai-key", KEY)
    assert used(user, provider) == KEY
    assert [path for path in user.data.iterdir() if path.stat().st_mode & 0o077] == []
    user.run("config", "add", "--provider", "openai", "--key", SECOND, "--no-check")
    assert used(user, provider) == SECOND
    user.run("route", "default", "gpt-4o-mini")
    assert user.ask("auto")[0] == 200
    assert user.run("status").code == 0
    assert user.run("plan").code == 0
    shown = eventually(lambda: user.run("logs").out)
    assert " 200 POST /v1/chat/completions " in shown
    user.run("logs", "--engine")
    name, password = user.account()
    changed = {"oldPassword": password, "newPassword": "their-own-password"}
    assert user.console_as(name, password, "POST", "/user/changePassword", changed)[0] == 200
    assert user.account()[1] == "their-own-password"
    user.run("restart")
    user.run("stop")
    user.run("config", "add", "--provider", "openai", "--key", KEY, "--no-check")
    user.start()
    assert used(user, provider) == KEY
    user.run("delete", "--purge", "--yes")
    assert user.containers() == []
    assert not user.data.exists()


@pytest.mark.parametrize("before", ["remove", "delete"])
def test_folders_that_root_made_are_purged_too(user: OrdinaryMachine, before: str) -> None:
    user.start()
    closed = ("/data/theirs", "/var/log/proxy/old")
    user.sh("".join(f"mkdir -m 700 {one}; touch {one}/file;" for one in closed))
    if before == "remove":
        user.container.remove(force=True)
    elif before == "delete":
        user.run("delete", "--yes")
    user.run("delete", "--purge", "--yes")
    assert not user.data.exists()


def test_where_selinux_labels_every_container_gets_folders_that_it_may_read(
    user: OrdinaryMachine,
) -> None:
    """SELinux is not to be had here: the engine's word is changed on the way to us."""
    with relay("unix:///var/run/docker.sock", port=True) as between:
        between.instead = (b"name=seccomp", b"name=selinux")
        user.environment = {"DOCKER_HOST": between.url}
        user.start()
        user.sh("mkdir -m 700 /data/theirs; touch /data/theirs/file")
        user.run("delete", "--purge", "--yes")
        assert not user.data.exists()
        uses = re.findall(rb'"Binds": ?\[([^]]+)]', bytes(between.asked))
    folders = [bind for use in uses for bind in json.loads(b"[" + use + b"]")]
    targets = {"/data", "/var/log/proxy", "/var/log/higress"}
    assert {bind.split(":")[1] for bind in folders} == targets
    assert len(uses) >= len(("probe", "gateway", "owner"))
    assert [bind for bind in folders if not bind.endswith("Z")] == []


def used(machine: HigressMachine, provider: Upstream) -> str:
    """Ask once, and say with which key the provider was asked."""
    status, _, body = machine.ask("gpt-4o")
    assert status == 200, body
    return (provider.last().header("authorization") or "").removeprefix("Bearer ")
