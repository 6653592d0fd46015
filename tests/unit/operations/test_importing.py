"""An old installation is taken over whole or not at all, and given back byte for byte."""

import json
import stat
from pathlib import Path

import pytest
import yaml

from aigw.errors import BadUsage
from aigw.operations.deletion import delete
from aigw.operations.importing import take_over
from aigw.operations.importing_reading import ImportWanted
from aigw.operations.provider_edit import ProviderWanted
from aigw.operations.providers import add_provider
from aigw.operations.world import World
from aigw.spec.secret import Secret
from tests.old_installation import AI_PROXY, HIGRESS, edit, image_of, readable_by_others
from tests.unit.operations.old_docker import NAME, given_back, nowhere, taken

KEYS = ("sk-dash-0001", "sk-openai-0001")


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
