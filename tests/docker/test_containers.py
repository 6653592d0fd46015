import os
import socket
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import docker as sdk
import pytest

from aigw.clients.containers import Mounted, Published
from aigw.clients.docker import Docker
from aigw.clients.docker_hosts import find
from aigw.clients.throwaway import THROWAWAY
from aigw.errors import (
    AigwError,
    ContainerConflict,
    ContainerMissing,
    DockerRefused,
    ImageMissing,
    NotReady,
    PortTaken,
)
from tests.docker.engine import LABEL, Engine
from tests.docker.relay import relay
from tests.docker.using import using
from tests.waiting import until
from tests.world import free_ports

pytestmark = pytest.mark.docker


def leftovers(engine: Engine) -> list[str]:
    """Name the containers for one use that are still there."""
    seen = engine.docker.containers(THROWAWAY)
    return [one.name for one in seen if one.image == engine.tiny]


def test_the_engine_says_what_it_is(docker: Docker) -> None:
    info = docker.info()
    assert info.cpus == os.cpu_count()
    assert (info.selinux, info.vm) == (False, False)


def test_a_container_is_made_as_told_and_shows_it(engine: Engine, tmp_path: Path) -> None:
    port = free_ports(1)[0]
    name = engine.run(
        "seen",
        ports={"8080/tcp": ("127.0.0.1", port)},
        volumes=[f"{tmp_path}:/t:ro"],
        restart_policy={"Name": "unless-stopped"},
    )
    seen = engine.docker.container(name)
    assert seen
    assert (seen.name, seen.status, seen.running, seen.image) == (
        name,
        "running",
        True,
        engine.tiny,
    )
    assert seen.ports == (Published(inner="8080/tcp", address="127.0.0.1", port=port),)
    assert seen.mounts == (Mounted(kind="bind", source=str(tmp_path), target="/t"),)
    assert (seen.labels, seen.restart_policy) == ({LABEL: engine.mark}, "unless-stopped")
    assert seen.started


def test_a_container_goes_from_made_to_removed(engine: Engine, docker: Docker) -> None:
    def status() -> str:
        seen = docker.container(name)
        return f"{seen.status} {seen.exit_code}" if seen else "none"

    name = engine.create("life", "sleep", "600", init=True)
    states = [status()]
    steps: list[Callable[[], None]] = [
        lambda: docker.start(name),
        lambda: docker.start(name),
        lambda: docker.stop(name, seconds=5),
        lambda: docker.stop(name, seconds=5),
        lambda: docker.remove(name),
        lambda: docker.remove(name),
    ]
    for step in steps:
        step()
        states.append(status())
    ended = "exited 143"
    assert states == ["created 0", "running 0", "running 0", ended, ended, "none", "none"]


def test_one_that_does_not_listen_is_ended_when_the_time_is_up(engine: Engine) -> None:
    name = engine.create("deaf", "sh", "-c", "trap '' TERM; while :; do sleep 1; done")
    engine.docker.start(name)
    engine.docker.stop(name, seconds=0)
    seen = engine.docker.container(name)
    assert seen
    assert (seen.status, seen.exit_code) == ("exited", 137)


def test_the_beginning_of_an_id_is_no_name(engine: Engine) -> None:
    seen = engine.docker.container(engine.create("prefix", "sleep", "1"))
    assert seen
    assert engine.docker.container(seen.id[:12]) is None
    assert engine.docker.container(seen.id) == seen


def test_a_taken_name_is_a_conflict_and_a_renamed_one_is_free(engine: Engine) -> None:
    name = engine.create("twice", "sleep", "1")
    with pytest.raises(ContainerConflict, match="is already in use by container"):
        engine.create("twice", "sleep", "1")
    engine.docker.rename(name, f"{name}-old")
    assert engine.create("twice", "sleep", "1") == name


def test_a_container_that_is_not_there_is_said_so(docker: Docker, engine: Engine) -> None:
    gone = f"d-gone-{engine.mark}"
    assert docker.container(gone) is None
    for use in (
        lambda: docker.start(gone),
        lambda: docker.stop(gone, seconds=1),
        lambda: docker.rename(gone, "d-x"),
        lambda: docker.logs_tail(gone, 1),
        lambda: docker.run(gone, ["id"]),
        lambda: docker.environment(gone),
        lambda: docker.copy_out(gone, "/"),
    ):
        with pytest.raises(ContainerMissing):
            use()


def test_an_image_that_is_not_there_is_said_so(engine: Engine) -> None:
    with pytest.raises(ImageMissing, match="No such image: d-nothing:1"):
        engine.create("imageless", "sleep", image="d-nothing:1")


@pytest.mark.parametrize("holder", ["program", "container"])
def test_a_taken_port_is_found_at_the_start(engine: Engine, holder: str) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port = taken.getsockname()[1]
        if holder == "program":
            taken.listen()
        else:
            taken.close()
            engine.run("holder", ports={"80/tcp": ("127.0.0.1", port)})
        name = engine.create(f"port-{holder}", "sleep", ports={"80/tcp": ("127.0.0.1", port)})
        with pytest.raises(PortTaken, match=f"port {port} is taken by another program"):
            engine.docker.start(name)


def test_containers_are_listed_by_label_running_or_not(engine: Engine) -> None:
    one = engine.create("listed", "sleep", labels={LABEL: engine.mark, "d-x": engine.mark})
    two = engine.run("listed2", labels={LABEL: engine.mark, "d-x": engine.mark})
    found = engine.docker.containers(f"d-x={engine.mark}")
    assert sorted(seen.name for seen in found) == [one, two]


def test_a_command_answers_on_both_streams_with_its_code(engine: Engine) -> None:
    name = engine.run("exec")
    ran = engine.docker.run(name, ["sh", "-c", "echo out; echo err >&2; exit 3"])
    assert (ran.code, ran.out, ran.err) == (3, b"out\n", b"err\n")


def test_a_command_reads_what_it_is_given_however_much(engine: Engine) -> None:
    name = engine.run("stdin")
    much = os.urandom(1_000_000)
    assert engine.docker.run(name, ["cat"], stdin=much).out == much
    assert engine.docker.run(name, ["head", "-c", "3"], stdin=much).out == much[:3]


def test_what_is_given_to_a_command_is_seen_by_nobody(engine: Engine, raw: sdk.APIClient) -> None:
    name = engine.run("canary")
    events: list[str] = []
    watched = raw.events(filters={"container": name})
    watcher = threading.Thread(target=lambda: events.extend(map(str, watched)))
    watcher.start()
    engine.docker.run(name, ["sh", "-c", "cat >/kept"], stdin=b"sk-canary")
    until(lambda: any("exec_die" in event for event in events))
    watched.close()
    watcher.join()
    assert "sk-canary" not in f"{events}{raw.inspect_container(name)}{raw.logs(name)!r}"
    assert engine.docker.run(name, ["cat", "/kept"]).out == b"sk-canary"


def test_a_command_that_is_not_there_or_takes_too_long_is_told_apart(engine: Engine) -> None:
    name = engine.run("odd")
    assert engine.docker.run(name, ["nothing"]).code in {126, 127}
    with pytest.raises(NotReady, match=r"running `sleep` in `.*` did not end within 0.2 s"):
        engine.docker.run(name, ["sleep", "2"], seconds=0.2)


def test_a_paused_container_runs_nothing_until_it_goes_on(
    engine: Engine, raw: sdk.APIClient
) -> None:
    name = engine.run("paused")
    raw.pause(name)
    seen = engine.docker.container(name)
    assert seen
    assert (seen.status, seen.running) == ("paused", True)
    with pytest.raises(ContainerConflict, match="is paused"):
        engine.docker.run(name, ["id"])
    engine.docker.unpause(name)
    assert engine.docker.run(name, ["sh", "-c", ":"]).code == 0


def test_the_end_of_the_log_is_read_without_what_came_before(engine: Engine) -> None:
    name = engine.create("log", "sh", "-c", "echo 1; echo 2 >&2; echo 3")
    engine.docker.start(name)
    until(lambda: engine.docker.logs_tail(name, 9).count("\n") == 3)
    assert len(engine.docker.logs_tail(name, 2).splitlines()) == 2


def test_the_environment_is_read_only_where_it_is_asked_for(engine: Engine) -> None:
    name = engine.create("env", "sleep", environment={"KEY": "sk-canary"})
    assert engine.docker.environment(name)["KEY"].reveal() == "sk-canary"
    assert "sk-canary" not in repr(engine.docker.container(name))


def test_proxies_of_the_user_stay_out_of_containers_and_of_calls(
    engine: Engine, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    proxies = '{"proxies": {"default": {"httpProxy": "http://proxy.example:1"}}}'
    (tmp_path / "config.json").write_text(proxies, "utf-8")
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:1")
    monkeypatch.setenv("DOCKER_CONFIG", str(tmp_path))
    monkeypatch.delenv("NO_PROXY", raising=False)
    with relay(engine.docker.host.url, port=True) as way:
        host = find({"DOCKER_HOST": way.url}, tmp_path)
        through = Engine(docker=Docker(host), mark=engine.mark, tiny=engine.tiny)
        made = through.create("proxy", "sleep")
        assert not {"HTTP_PROXY", "http_proxy"} & set(through.docker.environment(made))
        through.docker.close()


def test_a_command_in_a_container_for_one_use_leaves_nothing(
    engine: Engine, docker: Docker, tmp_path: Path
) -> None:
    tmp_path.chmod(0o777)
    script = "id -u; echo e >&2; touch /t/made; exit 4"
    ran = docker.once(engine.tiny, ["sh", "-c", script], binds={str(tmp_path): "/t"}, user="7:7")
    assert (ran.code, ran.out, ran.err) == (4, b"7\n", b"e\n")
    assert (tmp_path / "made").stat().st_uid == 7
    assert leftovers(engine) == []


@pytest.mark.parametrize(
    ("use", "kind"),
    [
        ({"command": ["nothing"]}, AigwError),
        ({"command": ["sleep", "60"], "seconds": 1}, NotReady),
        ({"command": ["id"], "user": "nobody-here"}, AigwError),
        ({"command": ["id"], "binds": {"/nowhere/at/all": "relative"}}, AigwError),
    ],
    ids=["no program", "too long", "no user", "odd bind"],
)
def test_a_container_for_one_use_is_removed_also_when_it_fails(
    engine: Engine, docker: Docker, use: dict[str, Any], kind: type[AigwError]
) -> None:
    with pytest.raises(kind):
        docker.once(engine.tiny, **use)
    assert leftovers(engine) == []


def test_files_are_copied_out_of_an_image_without_running_it(
    engine: Engine, docker: Docker
) -> None:
    files = {"one.yaml": b"one\n", "deep/two.yaml": b"two\n"}
    assert docker.copy_from_image(engine.tiny, "/data") == files
    assert docker.copy_from_image(engine.tiny, "/data/one.yaml") == {"one.yaml": b"one\n"}
    with pytest.raises(DockerRefused, match="Could not find the file /nothing"):
        docker.copy_from_image(engine.tiny, "/nothing")
    assert leftovers(engine) == []


def test_the_next_use_removes_what_a_killed_command_left_and_nothing_of_one_that_lives(
    engine: Engine, docker: Docker
) -> None:
    strange = engine.create("strange", "id", labels={LABEL: engine.mark, THROWAWAY: "true"})
    with using(engine.tiny) as living:
        with using(engine.tiny) as killed:
            docker.copy_from_image(engine.tiny, "/data")
            assert set(leftovers(engine)) == {living, killed, strange}
        assert set(leftovers(engine)) == {living, killed, strange}
        docker.copy_from_image(engine.tiny, "/data")
        assert set(leftovers(engine)) == {living, strange}
    docker.once(engine.tiny, ["id"])
    assert leftovers(engine) == [strange]
    docker.remove(strange)
