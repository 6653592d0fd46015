"""`aigw import`: from what get-ai-gateway.sh left to a gateway, and back."""

import os
import subprocess
from pathlib import Path

import pytest
import yaml

from tests.cli.program import Program, Said
from tests.fakes import Person, session_of
from tests.old_installation import GOLDEN, edit, image_of, old_folder
from tests.world import Machine

QUIET = "Docker does not answer: whether the old container runs is not known\n"
SPECIAL = 'sk"quo\\nte#x: y*z'


@pytest.fixture
def old(tmp_path: Path) -> Path:
    """What the script left, with a key for DashScope and one for OpenAI."""
    return old_folder(tmp_path / "higress", "03-dashscope-openai")


def imported(aigw: Program, *arguments: object) -> Said:
    """Run `import` on a machine without Docker."""
    return aigw("import", *map(str, arguments))


def test_an_import_says_what_it_took_and_what_comes_next(aigw: Program, old: Path) -> None:
    said = imported(aigw, old, "--yes")
    assert (said.code, said.err) == (0, QUIET)
    assert said.out == (
        f"`{old}` is gateway higress-ai-gateway now\n"
        "taken: dashscope, openai; no rules\n"
        "dropped: deepseek, moonshot, zhipuai, minimax, yi, ai360, baichuan, baidu, claude, "
        "cohere, doubao, gemini, mistral, ollama, stepfun "
        "(never had a key, only the script's placeholder)\n"
        "start it: aigw start\n"
        f"take it back: aigw import {old} --undo\n"
    )


def test_a_dry_run_changes_nothing(aigw: Program, old: Path) -> None:
    before = image_of(old)
    said = imported(aigw, old, "--dry-run")
    assert (said.code, said.out.splitlines()[0]) == (
        0,
        f"`{old}` would become gateway higress-ai-gateway",
    )
    assert (image_of(old), aigw.home.exists()) == (before, False)


def test_undo_says_so(aigw: Program, old: Path) -> None:
    before = image_of(old)
    imported(aigw, old, "--yes")
    said = imported(aigw, old, "--undo", "--yes")
    assert said == Said(code=0, out=f"`{old}` is as it was before the import\n", err="")
    assert image_of(old) == before


def test_a_folder_whose_name_is_no_text_is_taken_and_given_back(
    aigw: Program, tmp_path: Path
) -> None:
    old = old_folder(tmp_path / os.fsdecode(b"caf\xe9"), "03-dashscope-openai")
    before = image_of(old)
    assert imported(aigw, old, "--yes").code == 0
    assert imported(aigw, old, "--undo", "--yes").code == 0
    assert image_of(old) == before


def test_json_has_the_documented_keys(aigw: Program, old: Path) -> None:
    edit(old / "default.cfg", "OPENAI_MODELS=gpt-*,o1-*,o3-*", "OPENAI_MODELS=gpt-4-turbo")
    edit(
        old / "ingresses/ai-route-openai.internal.yaml",
        'regex-match-header-x-higress-llm-model: "gpt-.*|o1-.*|o3-.*"',
        'prefix-match-header-x-higress-llm-model: "gpt-4-turbo"',
    )
    said = imported(aigw, old, "--yes", "--json").json()
    assert {name: said[name] for name in ("gateway", "source", "taken", "rules", "refused")} == {
        "gateway": "higress-ai-gateway",
        "source": str(old),
        "taken": ["dashscope", "openai"],
        "rules": 0,
        "refused": [],
    }
    assert said["corrected"] == [
        {
            "what": "provider openai: models",
            "was": "gpt-4-turbo*",
            "is": "gpt-4-turbo",
            "why": "an exact name had become a prefix and took other models, too",
        }
    ]
    assert isinstance(said["dropped"], list)
    assert list(said["dropped"][0]) == ["what", "why"]


@pytest.mark.parametrize("scenario", sorted(path.name for path in GOLDEN.iterdir()))
def test_every_golden_folder_becomes_a_gateway_that_is_fine(
    aigw: Program, tmp_path: Path, scenario: str
) -> None:
    folder = old_folder(tmp_path / "old", scenario)
    said, checked = imported(aigw, folder, "--yes"), aigw("config", "check")
    assert (said.code, checked.code, " is fine: " in checked.out) == (0, 0, True)


def test_a_person_is_asked_and_may_say_no(aigw: Program, old: Path) -> None:
    person = Person(answers=["no"])
    said = aigw("import", str(old), session=session_of(person=person))
    assert (said.code, person.asked, aigw.home.exists()) == (
        130,
        [f"Take `{old}` over as gateway `higress-ai-gateway`?"],
        False,
    )


def test_nobody_to_ask_is_a_usage_error(aigw: Program, old: Path) -> None:
    said = imported(aigw, old, "--json")
    assert (said.code, aigw.home.exists()) == (2, False)
    assert f'"hint": "aigw import {old} --yes"' in said.err


def folder_of(kind: str, tmp_path: Path) -> Path:
    """Make something that is no old installation."""
    place = tmp_path / "中文 folder"
    match kind:
        case "missing":
            pass
        case "file":
            place.write_text("x")
        case "loop":
            place.symlink_to(place)
        case "parent":
            old_folder(place / "higress", "02-dashscope-only")
        case _:
            place.mkdir()
    return place


@pytest.mark.parametrize(
    ("kind", "words"),
    [
        ("missing", "cannot be imported: there is no such file or folder"),
        ("file", "cannot be imported: a part of the path is not a folder"),
        ("loop", "cannot be imported: its links lead in a circle"),
        ("empty", "holds nothing that get-ai-gateway.sh leaves"),
        ("parent", "is such a folder"),
    ],
)
def test_a_folder_that_is_none_is_named(
    aigw: Program, tmp_path: Path, kind: str, words: str
) -> None:
    folder = folder_of(kind, tmp_path)
    said = imported(aigw, folder, "--yes")
    assert (said.code, said.out, words in said.err, str(folder) in said.err) == (2, "", True, True)


def test_our_own_data_folder_is_refused(aigw: Program, old: Path) -> None:
    imported(aigw, old, "--yes")
    said = imported(aigw, aigw.folder, "--yes", "-g", "other")
    assert said.code == 2
    assert "is the data folder of gateway `higress-ai-gateway`" in said.err


@pytest.mark.parametrize(
    ("name", "row"),
    [
        ("wasmplugins/中文.yaml", (b"\x00\x01\x02\xff", "line 1: it is not UTF-8")),
        ("wasmplugins/large.yaml", (b"a: " + b"x" * 10_000_000, "it is larger than 2 MiB")),
        (
            "default.cfg",
            (b"DASHSCOPE_API_KEY=\xff\n", "it is not UTF-8, and Docker does not take it"),
        ),
        ("ingresses/half.yaml", (b'a: "sk-canary-0123456789', None)),
    ],
    ids=["binary", "large", "env file", "half"],
)
def test_a_file_that_cannot_be_read_is_refused_and_the_rest_taken(
    aigw: Program, old: Path, name: str, row: tuple[bytes, str | None]
) -> None:
    content, why = row
    (old / name).write_bytes(content)
    said = imported(aigw, old, "--yes", "--json")
    tree = said.json()
    assert (said.code, tree["taken"]) == (0, ["dashscope", "openai"])
    assert isinstance(tree["refused"], list)
    (refused,) = tree["refused"]
    assert refused["what"] == name
    assert why in {None, refused["why"]}
    assert "canary" not in said.out + said.err


def test_no_key_is_ever_shown(aigw: Program, tmp_path: Path) -> None:
    folder = old_folder(tmp_path / "old", "16-special-chars-key")
    for more in (("--dry-run",), ("--yes", "-v"), ("--yes", "--json"), ("--undo", "--yes")):
        said = imported(aigw, folder, *more)
        assert said.code == 0
        assert [
            word for word in ('sk"quo', "te#x", "sk-$HOME") if word in said.out + said.err
        ] == []
    imported(aigw, folder, "--yes")
    kept = yaml.safe_load((aigw.folder / "credentials.yaml").read_text())
    assert kept == {"dashscope": [SPECIAL], "deepseek": ["sk-$HOME&x"]}


def test_a_gateway_of_another_name(aigw: Program, old: Path) -> None:
    said = imported(aigw, old, "--yes", "-g", "mine", "--engine", "envoy")
    assert said.code == 0
    assert "start it: aigw -g mine start" in said.out
    spec = yaml.safe_load((aigw.home / "gateways/mine/gateway.yaml").read_text())
    assert spec["engine"] == "envoy"


def test_two_at_once_are_one_import(machine: Machine, old: Path) -> None:
    one, other = (machine.begin("import", str(old), "--yes") for _ in range(2))
    assert [one.wait(60), other.wait(60)] == [0, 0]
    assert machine.run("config", "check").code == 0


def test_an_import_killed_at_any_moment_goes_on_or_is_undone(machine: Machine, old: Path) -> None:
    before = image_of(old)
    for number in range(12):
        child = machine.begin("import", str(old), "--yes")
        try:
            child.wait(0.25 + 0.03 * number)
        except subprocess.TimeoutExpired:
            child.kill()
            child.wait()
        if number % 2:
            machine.run("import", str(old), "--yes")
            assert set(yaml.safe_load((machine.data / "credentials.yaml").read_text())) == {
                "dashscope",
                "openai",
            }
        machine.run("import", str(old), "--undo", "--yes", expect=None)
        assert image_of(old) == before
