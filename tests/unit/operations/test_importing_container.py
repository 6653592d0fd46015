"""The container of an old installation makes room for ours, and comes back."""

from pathlib import Path

import pytest

from aigw.errors import AigwError, BadUsage, NotOurs, SpecInvalid
from aigw.operations.deletion import delete
from aigw.operations.importing import look_at
from aigw.operations.importing_reading import ImportWanted
from aigw.operations.provider_edit import ProviderWanted
from aigw.operations.providers import add_provider
from aigw.operations.world import World
from aigw.spec.secret import Secret
from tests.fakes import Heard, Process
from tests.old_installation import image_of, old_folder, readable_by_others
from tests.unit.operations.old_docker import NAME, OldDocker, container, given_back, taken


def test_a_container_that_runs_makes_room_for_ours(
    here: World, old: Path, process: Process
) -> None:
    docker = OldDocker(container(old, running=True))
    result = taken(here, old, lambda: docker)
    assert docker.one is not None
    assert (docker.one.name, docker.one.status, docker.one.restart_policy) == (
        f"{NAME}-before-aigw",
        "exited",
        "no",
    )
    assert (result.started, result.container, result.aside) == (True, NAME, docker.one.name)
    assert process.serves is not None


def test_undoing_brings_the_container_back(here: World, old: Path, process: Process) -> None:
    was = container(old, running=True)
    docker, before = OldDocker(was), image_of(old)
    taken(here, old, lambda: docker)
    result = given_back(here, old, lambda: docker)
    assert (result.container, result.running) == (NAME, True)
    assert (docker.one, process.serves, image_of(old)) == (was, None, before)


def test_a_container_that_does_not_run_leaves_ours_stopped(
    here: World, old: Path, process: Process
) -> None:
    docker = OldDocker(container(old, running=False))
    assert not taken(here, old, lambda: docker).started
    assert process.serves is None
    assert docker.done == ["restart", "stop", "rename"]


def test_where_ours_is_refused_everything_is_as_before(
    here: World, old: Path, process: Process
) -> None:
    process.refuses = frozenset({"openai"})
    was = container(old, running=True)
    docker, before = OldDocker(was), image_of(old)
    with pytest.raises(AigwError) as caught:
        taken(here, old, lambda: docker)
    assert caught.value.message.endswith("; everything is as before")
    assert (docker.one, image_of(old), here.home.names()) == (was, before, ())


@pytest.mark.parametrize("call", ["restart", "stop", "rename"])
@pytest.mark.parametrize("goes_on", [True, False], ids=["goes on", "is undone"])
def test_an_import_that_was_broken_off(here: World, old: Path, call: str, *, goes_on: bool) -> None:
    was, before = container(old, running=True), image_of(old)
    docker = OldDocker(was, breaks=call)
    with pytest.raises(KeyboardInterrupt):
        taken(here, old, lambda: docker)
    docker.breaks = ""
    if goes_on:
        result = taken(here, old, lambda: docker)
        assert (result.state, result.started) == ("imported", True)
        assert result.taken == ("dashscope", "openai")
    given_back(here, old, lambda: docker)
    assert (docker.one, image_of(old), here.home.names()) == (was, before, ())


def test_an_undo_that_was_broken_off_goes_on(here: World, old: Path) -> None:
    was, before = container(old, running=True), image_of(old)
    docker = OldDocker(was)
    taken(here, old, lambda: docker)
    docker.breaks = "start"
    with pytest.raises(KeyboardInterrupt):
        given_back(here, old, lambda: docker)
    docker.breaks = ""
    given_back(here, old, lambda: docker)
    assert (docker.one, image_of(old), here.home.names()) == (was, before, ())


def test_a_container_of_another_folder_is_left_alone(
    here: World, old: Path, heard: Heard, tmp_path: Path
) -> None:
    docker = OldDocker(container(tmp_path / "elsewhere", running=True))
    look_at(here, NAME, ImportWanted(folder=old), lambda: docker)
    assert taken(here, old, lambda: docker).container is None
    assert docker.done == []
    assert "it is left alone" in heard.notes[0]


def test_a_container_that_is_named_must_serve_the_folder(
    here: World, old: Path, tmp_path: Path
) -> None:
    docker = OldDocker(container(tmp_path / "elsewhere", running=True))
    with pytest.raises(NotOurs):
        taken(here, old, lambda: docker, container=NAME)
    with pytest.raises(BadUsage, match="there is no container `other`"):
        taken(here, old, lambda: docker, container="other")


def test_nothing_replaces_what_runs_where_its_file_cannot_be_read(
    here: World, tmp_path: Path
) -> None:
    old = old_folder(tmp_path / "old", "22-vertex-service-account")
    docker = OldDocker(container(old, running=True))
    with pytest.raises(SpecInvalid, match="line 49"):
        taken(here, old, lambda: docker)
    assert (docker.done, here.home.names()) == ([], ())


def test_a_container_of_any_name_is_found_by_its_folder(here: World, old: Path) -> None:
    docker = OldDocker(container(old, running=True, name="mine"))
    result = taken(here, old, lambda: docker)
    assert (result.container, result.aside, result.started) == ("mine", "mine-before-aigw", True)


@pytest.mark.parametrize(
    ("before", "found"), [("/host_mnt", NAME), ("/mnt/backup", None)], ids=["a VM", "a copy"]
)
def test_a_folder_below_another_is_the_same_in_docker_desktop_only(
    here: World, old: Path, before: str, found: str | None
) -> None:
    docker = OldDocker(container(Path(f"{before}{old}"), running=True))
    assert taken(here, old, lambda: docker).container == found


def test_a_container_that_was_not_found_is_put_aside_by_the_same_again(
    here: World, old: Path, process: Process
) -> None:
    was, before = container(old, running=True), image_of(old)
    docker = OldDocker(was)
    assert taken(here, old).container is None
    wanted = ProviderWanted(type="deepseek", secrets=(Secret("sk-later-0123456789"),))
    add_provider(here, NAME, wanted, check=False)
    result = taken(here, old, lambda: docker)
    assert (result.state, result.container, result.started) == ("imported", NAME, True)
    assert docker.done == ["restart", "stop", "rename"]
    assert process.serves is not None
    assert process.serves.spec.provider("deepseek")
    assert taken(here, old, lambda: docker).state == "already imported"
    given_back(here, old, lambda: docker)
    assert (docker.one, image_of(old)) == (was, before)


def test_where_ours_is_refused_a_container_that_was_found_later_runs_again(
    here: World, old: Path, process: Process
) -> None:
    was = container(old, running=True)
    docker = OldDocker(was)
    taken(here, old)
    process.refuses = frozenset({"openai"})
    with pytest.raises(AigwError):
        taken(here, old, lambda: docker)
    assert docker.one == was


def test_purging_gives_the_old_installation_its_keys_back(
    here: World, old: Path, heard: Heard
) -> None:
    before = (old / "default.cfg").read_bytes()
    taken(here, old)
    delete(here, NAME, purge=True)
    assert (old / "default.cfg").read_bytes() == before
    assert readable_by_others(old) == []
    assert "has its keys again" in heard.notes[-1]
