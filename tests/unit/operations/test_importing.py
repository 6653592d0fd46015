"""An old installation is taken over whole or not at all, and given back byte for byte."""

import json
import stat
from pathlib import Path

import pytest
import yaml

from aigw.errors import AigwError, BadUsage, NotOurs, SpecInvalid
from aigw.operations.deletion import delete
from aigw.operations.importing import Imported, look_at, take_over
from aigw.operations.importing_container import Docker
from aigw.operations.importing_reading import ImportWanted
from aigw.operations.importing_undo import Undone, undo
from aigw.operations.provider_edit import ProviderWanted
from aigw.operations.providers import add_provider
from aigw.operations.world import World
from aigw.spec.secret import Secret
from aigw.state.paths import Home
from tests.fakes import Heard, Process, world
from tests.old_installation import AI_PROXY, HIGRESS, edit, image_of, old_folder, readable_by_others
from tests.unit.operations.old_docker import NAME, OldDocker, container, nowhere

KEYS = ("sk-dash-0001", "sk-openai-0001")


@pytest.fixture
def old(tmp_path: Path) -> Path:
    """What the script left."""
    return old_folder(tmp_path / "higress", "03-dashscope-openai")


@pytest.fixture
def process() -> Process:
    """What runs of ours."""
    return Process()


@pytest.fixture
def heard() -> Heard:
    """What the person is told."""
    return Heard()


@pytest.fixture
def here(tmp_path: Path, process: Process, heard: Heard) -> World:
    """A world with a fake engine."""
    home = Home(folder=tmp_path / "home", runtime=tmp_path / "run")
    return world(home, process, heard, {})


def taken(here: World, old: Path, docker: Docker = nowhere, **wanted: str) -> Imported:
    """Import the folder."""
    return take_over(here, NAME, ImportWanted(folder=old, **wanted), docker)  # type: ignore[arg-type]


def given_back(here: World, old: Path, docker: Docker = nowhere) -> Undone:
    """Undo the import."""
    return undo(here, NAME, old, docker)


def test_providers_and_keys_become_a_gateway(here: World, old: Path) -> None:
    result = taken(here, old)
    folder = here.home.gateway(NAME).folder
    assert (result.state, result.taken) == ("imported", ("dashscope", "openai"))
    assert yaml.safe_load((folder / "credentials.yaml").read_text()) == {
        "dashscope": [KEYS[0]],
        "openai": [KEYS[1]],
    }
    assert readable_by_others(here.home.folder) == []


def test_the_old_folder_is_shut_and_the_env_file_without_keys(here: World, old: Path) -> None:
    before = image_of(old)
    taken(here, old)
    after = image_of(old)
    changed = {name for name in before if before[name][0::2] != after[name][0::2]}
    assert changed == {".", "default.cfg"}
    assert [stat.S_IMODE(after[name][0]) for name in (".", "default.cfg")] == [0o700, 0o600]
    assert not any(key.encode() in after["default.cfg"][2] for key in KEYS)


def test_the_same_again_is_nothing_to_do(here: World, old: Path) -> None:
    first = taken(here, old)
    after = image_of(old), image_of(here.home.gateway(NAME).folder)
    again = taken(here, old)
    assert (again.state, again.taken) == ("already imported", first.taken)
    assert (image_of(old), image_of(here.home.gateway(NAME).folder)) == after


def test_undoing_gives_everything_back(here: World, old: Path) -> None:
    before = image_of(old)
    taken(here, old)
    assert given_back(here, old).left == ()
    assert image_of(old) == before
    assert here.home.names() == ()


def test_a_gateway_that_was_changed_since_stays(here: World, old: Path) -> None:
    before = image_of(old)
    taken(here, old)
    wanted = ProviderWanted(type="deepseek", secrets=(Secret("sk-later-0123456789"),))
    add_provider(here, NAME, wanted, check=False)
    folder = here.home.gateway(NAME).folder
    assert given_back(here, old).left == (str(folder),)
    assert image_of(old) == before
    assert "sk-later" in (folder / "credentials.yaml").read_text()


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


def test_another_gateway_cannot_take_the_same_folder(here: World, old: Path) -> None:
    taken(here, old)
    with pytest.raises(BadUsage, match=f"was taken over by gateway `{NAME}`"):
        take_over(here, "other", ImportWanted(folder=old), nowhere)


def test_a_gateway_that_is_there_is_not_overwritten(here: World, old: Path) -> None:
    wanted = ProviderWanted(type="deepseek", secrets=(Secret("sk-mine-0123456789"),))
    add_provider(here, NAME, wanted, check=False)
    with pytest.raises(BadUsage, match="there is a gateway"):
        taken(here, old)


def test_what_people_made_goes_into_the_new_store(here: World, old: Path) -> None:
    plugin = "kind: WasmPlugin\nmetadata:\n  name: mine  # a comment\n"
    (old / "wasmplugins/mine.yaml").write_text(plugin)
    edit(old / "mcpbridges/default.yaml", "  registries:\n", "  registries:\n  - name: redis\n")
    result = taken(here, old)
    store = here.home.gateway(NAME).folder / "higress"
    bridge = yaml.safe_load((store / "mcpbridges/default.yaml").read_text())
    assert (store / "wasmplugins/mine.yaml").read_text() == plugin
    assert [one["name"] for one in bridge["spec"]["registries"]] == ["redis"]
    assert [one.what for one in result.kept] == [
        "wasmplugins/mine.yaml",
        "mcpbridges/default.yaml: redis",
    ]
    assert readable_by_others(store) == []


@pytest.mark.parametrize(
    ("path", "row"),
    [
        pytest.param(
            "wasmplugins/mine.yaml",
            ("metadata: {labels: {a: true}}\nspec: {url: x}\n", "metadata.labels.a must be text"),
            id="a label that is no text",
        ),
        pytest.param(
            "secrets/mine.yaml", ("data: {a: '%'}\n", "data.a must be base64"), id="no base64"
        ),
        pytest.param("services/mine.yaml", ("- a\n", "it is no object"), id="no mapping"),
    ],
)
def test_a_file_that_would_stop_the_new_store_is_left_behind(
    here: World, old: Path, path: str, row: tuple[str, str]
) -> None:
    text, why = row
    (old / path).write_text(text)
    result = taken(here, old)
    assert [one.why for one in result.refused] == [why]
    assert not (here.home.gateway(NAME).folder / "higress" / path).exists()


@pytest.mark.parametrize("password", ["bWFkZS11cC1wYXNz", "OmE6cGFzcw=="], ids=["plain", "colons"])
def test_the_consoles_login_is_kept(here: World, old: Path, password: str) -> None:
    login = (HIGRESS / "minimal/secrets/higress-console.yaml").read_text()
    assert "bWFkZS11cC1wYXNz" in login
    login = login.replace("bWFkZS11cC1wYXNz", password)
    (old / "secrets/higress-console.yaml").write_text(login)
    taken(here, old)
    store = here.home.gateway(NAME).folder / "higress"
    kept = store / "secrets/higress-console.yaml"
    assert kept.read_text() == (old / "secrets/higress-console.yaml").read_text()


def test_the_journal_holds_no_key(here: World, old: Path) -> None:
    edit(old / AI_PROXY, KEYS[0], "sk-canary-0123456789")
    taken(here, old)
    journal = here.home.gateway(NAME).run / "import" / "journal.json"
    assert json.loads(journal.read_text())["done"]
    assert not any(key in journal.read_text() for key in (*KEYS, "sk-canary"))


def test_nothing_to_undo_is_said(here: World, old: Path) -> None:
    with pytest.raises(BadUsage, match="nothing of"):
        given_back(here, old)


def test_a_gateway_that_was_deleted_can_still_be_given_back(here: World, old: Path) -> None:
    before = image_of(old)
    taken(here, old)
    delete(here, NAME, purge=False)
    given_back(here, old)
    assert (image_of(old), here.home.names()) == (before, ())
