"""Each folder that the script left behind becomes the gateway that its user had meant."""

from pathlib import Path
from typing import Any

import pytest
import yaml

from aigw.spec.gateway import EngineName
from aigw.spec.legacy import Meaning
from aigw.spec.legacy_providers import NO_KEY
from aigw.spec.reading import parse
from aigw.spec.writing import to_tree
from tests.old_installation import GOLDEN, HIGRESS, old_folder, understood

ROWS: dict[str, dict[str, Any]] = yaml.safe_load(
    (HIGRESS / "imports.yaml").read_text(encoding="utf-8")
)


@pytest.fixture(scope="module", params=ROWS)
def row(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> tuple[dict[str, Any], Meaning]:
    """A golden folder: what is to be made of it, and what is."""
    expected, scenario = ROWS[request.param], str(request.param).removesuffix("+cfg")
    folder = tmp_path_factory.mktemp("old") / "higress"
    return expected, understood(old_folder(folder, scenario, cfg=expected.get("cfg", False)))


def test_every_golden_folder_is_in_the_table() -> None:
    folders = {path.name for path in GOLDEN.iterdir()}
    assert folders == {name.removesuffix("+cfg") for name in ROWS}


def test_its_providers_are_taken(row: tuple[dict[str, Any], Meaning]) -> None:
    expected, found = row
    taken = {
        one.id: [
            [pattern.text for pattern in one.models],
            len(found.keys.get(one.id, ())),
            dict(one.options),
        ]
        for one in found.spec.providers
    }
    wanted = {name: [*values, {}][:3] for name, values in expected.get("providers", {}).items()}
    assert taken == wanted


def test_its_damage_is_corrected(row: tuple[dict[str, Any], Meaning]) -> None:
    expected, found = row
    corrected = [[one.what, one.was, one.now] for one in found.findings.corrected]
    assert corrected == expected.get("corrected", [])


def test_what_is_left_out_refused_and_kept_is_said(row: tuple[dict[str, Any], Meaning]) -> None:
    expected, found = row
    findings = found.findings
    idle = [one for one in findings.dropped if one.why == NO_KEY]
    said = {
        "idle": len(idle),
        "dropped": [one.what for one in findings.dropped if one not in idle],
        "refused": [one.what for one in findings.refused],
        "kept": [one.what for one in findings.kept],
    }
    assert said == {name: expected.get(name, 0 if name == "idle" else []) for name in said}


def test_its_auto_routing_is_taken(row: tuple[dict[str, Any], Meaning]) -> None:
    expected, found = row
    auto, default = found.spec.auto_routing, expected.get("default", "")
    assert (auto.enabled, auto.default, auto.rules) == (bool(default), default, ())


def test_the_spec_can_be_used(row: tuple[dict[str, Any], Meaning]) -> None:
    _, found = row
    tree = to_tree(found.spec, defaults=False)
    assert parse(tree, source="the import") == found.spec


def test_no_key_is_told(row: tuple[dict[str, Any], Meaning]) -> None:
    _, found = row
    keys = [key for kept in found.keys.values() for key in kept]
    told = repr(found)
    assert [key for key in keys if len(key.reveal()) > 5 and key.reveal() in told] == []


def test_each_provider_has_its_own_keys(tmp_path: Path) -> None:
    found = understood(old_folder(tmp_path / "old", "10-multi-comma-keys"))
    values = {name: [key.reveal() for key in kept] for name, kept in found.keys.items()}
    assert values == {"dashscope": ["sk-a", "sk-b", "sk-c"], "openai": ["sk-o1", "sk-o2"]}


def test_what_runs_counts_and_what_never_arrived_is_taken(tmp_path: Path) -> None:
    found = understood(old_folder(tmp_path / "old", "31-config-commands"))
    values = {name: [key.reveal() for key in kept] for name, kept in found.keys.items()}
    assert values == {
        "dashscope": ["newkey", "k2"],
        "deepseek": ["'a&b/c\\d'"],
        "openrouter": ["or1"],
        "openai": ["o2"],
    }


def test_a_key_that_yaml_could_not_hold_is_taken_from_the_env_file(tmp_path: Path) -> None:
    found = understood(old_folder(tmp_path / "old", "16-special-chars-key"))
    (key,) = found.keys["dashscope"]
    assert key.reveal() == 'sk"quo\\nte#x: y*z'


def test_a_refused_file_is_named_with_its_line(tmp_path: Path) -> None:
    found = understood(old_folder(tmp_path / "old", "16-special-chars-key"))
    assert [one.why for one in found.findings.refused] == ["line 21: did not find expected key"]


def test_the_embedded_engine_takes_what_it_can_run(tmp_path: Path) -> None:
    folder = old_folder(tmp_path / "old", "20-all-providers-env")
    found = understood(folder, engine=EngineName.ENVOY)
    ids = {one.id for one in found.spec.providers}
    dropped = {one.what for one in found.findings.dropped}
    assert (ids & {"deepl", "dify"}, dropped) == (
        set(),
        {"provider deepl", "provider dify", "provider github"},
    )
