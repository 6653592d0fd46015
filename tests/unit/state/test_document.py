import subprocess
import sys
import time
from pathlib import Path

import pytest
from hypothesis import given, settings
from msgspec.structs import replace

from aigw.errors import CannotWrite, SpecInvalid, UnknownGateway
from aigw.spec.forms import MOST_PATTERNS, MOST_RULES
from aigw.spec.gateway import GatewaySpec
from aigw.spec.provider import ModelPattern, Provider
from aigw.spec.reading import parse
from aigw.state.document import SCHEMA, load, load_tree, save
from aigw.state.paths import GatewayPaths
from tests.unit.spec.trees import Tree, custom, spec_of, trees
from tests.unit.state.children import in_child, small_disk
from tests.world import ROOT

WRITERS = 20
QUICK_SECONDS = 5.0
HAND = """\
# Written by hand.
apiVersion: aigw/v1
providers:
    - type: gpt        # an alias
      id: mine
      keys: [ "store" ]
      # what the team may use
      models:
        - gpt-4o       # the good one
        - 'gpt-5-*'

autoRouting: {enabled: true, default: "gpt-4o"}   # on since May
listen:
    http: 8080         # as ever
"""


@pytest.fixture
def paths(tmp_path: Path) -> GatewayPaths:
    return GatewayPaths(name="g", folder=tmp_path, runtime=tmp_path / "r")


def test_a_document_begins_with_its_schema(paths: GatewayPaths) -> None:
    save(paths, GatewaySpec())
    assert paths.spec.read_text() == (
        f"# yaml-language-server: $schema={SCHEMA}\napiVersion: aigw/v1\nproviders: []\n"
    )


def test_a_fresh_document_looks_as_people_write_it(paths: GatewayPaths) -> None:
    rules = [{"name": "deep", "trigger": "深入思考|deep thinking", "model": "qwen-max"}]
    save(
        paths,
        spec_of(
            {"id": "dashscope", "type": "dashscope", "models": ["qwen-*"], "keys": ["store"]},
            autoRouting={"enabled": True, "default": "qwen-turbo", "rules": rules},
            listen={"http": 9000},
        ),
    )
    assert paths.spec.read_text().split("\n", 1)[1] == (
        "apiVersion: aigw/v1\n"
        "listen: {http: 9000}\n"
        "providers:\n"
        "  - id: dashscope\n"
        "    type: dashscope\n"
        '    models: ["qwen-*"]\n'
        "    keys: [store]\n"
        "autoRouting:\n"
        "  enabled: true\n"
        "  default: qwen-turbo\n"
        "  rules:\n"
        '    - {name: deep, trigger: "深入思考|deep thinking", model: qwen-max}\n'
    )


@settings(deadline=None)
@given(trees(), trees())
def test_a_spec_is_loaded_as_it_was_saved(
    tmp_path_factory: pytest.TempPathFactory, first: Tree, second: Tree
) -> None:
    folder = tmp_path_factory.mktemp("g")
    paths = GatewayPaths(name="g", folder=folder, runtime=folder)
    for tree in (first, second):
        spec = parse(tree, source="x")
        save(paths, spec)
        assert load(paths) == spec


NASTY = ["y", "no", "1e3", "08", "null", "~", "=", "$(id)", "`id`", "a b", "#", "深", "{x}", "- a"]


def test_texts_that_look_like_something_else_stay_texts(paths: GatewayPaths) -> None:
    rules = [{"name": f"r{n}", "trigger": text, "model": "y"} for n, text in enumerate(NASTY)]
    spec = spec_of(
        custom("a", *NASTY, modelMap={text: text for text in NASTY}),
        autoRouting={"default": "1e3", "rules": rules},
    )
    save(paths, spec)
    assert load(paths) == spec


def test_a_hand_written_document_keeps_all_that_did_not_change(paths: GatewayPaths) -> None:
    paths.spec.write_text(HAND)
    spec = load(paths)
    (mine,) = spec.providers
    other = Provider(
        id="other",
        type="custom-openai",
        models=(ModelPattern("m"),),
        patterns_given=True,
        keys=(),
        url="http://127.0.0.1:1/v1",
        model_map={},
        options={},
    )
    models = (*mine.models, ModelPattern("o4-*"))
    save(paths, replace(spec, providers=(replace(mine, models=models), other)))
    added = (
        '        - "o4-*"\n'
        "    - id: other\n"
        "      type: custom-openai\n"
        "      models: [m]\n"
        "      url: http://127.0.0.1:1/v1\n"
    )
    last = "        - 'gpt-5-*'\n"
    assert paths.spec.read_text() == HAND.replace(last, last + added)


def test_saving_what_is_there_changes_no_character(paths: GatewayPaths) -> None:
    paths.spec.write_text(HAND)
    save(paths, load(paths))
    assert paths.spec.read_text() == HAND


def test_a_whole_other_document_brings_its_comments(paths: GatewayPaths, tmp_path: Path) -> None:
    save(paths, spec_of(custom("a", "m")))
    other = tmp_path / "other.yaml"
    other.write_text(HAND)
    save(paths, parse(load_tree(other), source="x"), base=other)
    assert paths.spec.read_text() == HAND


def test_a_document_that_cannot_be_read_is_written_anew(paths: GatewayPaths) -> None:
    paths.spec.write_text("providers: [\n")
    spec = spec_of(custom("a", "m"))
    save(paths, spec)
    assert load(paths) == spec


def test_a_spec_that_could_not_be_read_again_is_not_written(paths: GatewayPaths) -> None:
    paths.spec.write_text(HAND)
    (mine,) = load(paths).providers
    with pytest.raises(SpecInvalid):
        save(paths, GatewaySpec(providers=(mine, mine)))
    assert paths.spec.read_text() == HAND


def test_problems_name_the_file_and_their_path(paths: GatewayPaths) -> None:
    paths.spec.write_text("apiVersion: aigw/v1\nproviders:\n  - id: A\n    type: openai\n")
    with pytest.raises(SpecInvalid) as error:
        load(paths)
    assert error.value.source == str(paths.spec)
    assert "providers[0].id" in [problem.path for problem in error.value.problems]


def test_a_gateway_without_a_document_is_unknown(paths: GatewayPaths) -> None:
    with pytest.raises(UnknownGateway, match="gateway `g` has no"):
        load(paths)


def test_a_full_disk_leaves_the_old_document_whole(tmp_path: Path) -> None:
    def work() -> list[object]:
        small_disk(tmp_path)
        paths = GatewayPaths(name="g", folder=tmp_path, runtime=tmp_path)
        paths.spec.write_text(HAND)
        spec = spec_of(custom("a", *(f"model-{n}-{'x' * 200}" for n in range(1000))))
        try:
            save(paths, spec)
        except CannotWrite as error:
            return [error.code, paths.spec.read_text(), len(list(tmp_path.iterdir()))]
        return []

    assert in_child(work) == ["cannot_write", HAND, 1]


WRITER = """
import sys
from pathlib import Path
from aigw.state.document import load, save
from aigw.state.files import locked
from aigw.state.paths import GatewayPaths
from tests.unit.spec.trees import custom, spec_of

folder = Path(sys.argv[1])
paths = GatewayPaths(name="g", folder=folder, runtime=folder)
(provider,) = spec_of(custom(sys.argv[2], sys.argv[2])).providers
with locked(paths.lock, timeout=60):
    save(paths, load(paths).with_provider(provider))
"""


def test_twenty_writers_at_once_all_leave_their_provider(paths: GatewayPaths) -> None:
    paths.spec.write_text("# kept\napiVersion: aigw/v1\nproviders: []\n")
    writers = [
        subprocess.Popen([sys.executable, "-c", WRITER, str(paths.folder), f"p{number}"], cwd=ROOT)
        for number in range(WRITERS)
    ]
    assert [writer.wait(120) for writer in writers] == [0] * WRITERS
    assert {provider.id for provider in load(paths).providers} == {
        f"p{number}" for number in range(WRITERS)
    }
    assert paths.spec.read_text().startswith("# kept\n")


def test_the_largest_spec_is_changed_quickly_and_in_one_place(paths: GatewayPaths) -> None:
    rules = [{"name": f"r{n}", "pattern": f"x{n}", "model": "m"} for n in range(MOST_RULES)]
    models = ["m", *(f"model-{n}" for n in range(MOST_PATTERNS - 2))]
    spec = spec_of(custom("a", *models), autoRouting={"default": "m", "rules": rules})
    save(paths, spec)
    before = paths.spec.read_text().splitlines()
    begun = time.process_time()
    save(paths, spec.with_provider(spec_of(custom("b", "n")).providers[0]))
    assert time.process_time() - begun < QUICK_SECONDS
    after = paths.spec.read_text().splitlines()
    assert [line for line in after if line not in before] == ["  - id: b", '    models: ["n"]']
