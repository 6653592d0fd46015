"""`aigw config` without `add`: what is shown, checked and removed."""

import tempfile
from pathlib import Path

import pytest
import yaml

from tests.cli.configured import KEY, STOPPED, add, keys
from tests.cli.program import Program


def test_a_provider_is_removed_with_its_keys(aigw: Program) -> None:
    add(aigw, "--provider", "openai", "--key", KEY)
    add(aigw, "--provider", "deepseek", "--key", KEY)
    said = aigw("config", "remove", "--provider", "openai")
    assert (said.code, said.out, said.err) == (0, f"removed provider openai\n{STOPPED}", "")
    assert keys(aigw) == {"deepseek": [KEY]}


def test_a_provider_that_rules_need_stays(aigw: Program) -> None:
    add(aigw, "--provider", "openai", "--key", KEY)
    assert aigw("route", "default", "gpt-4o").code == 0
    assert aigw("route", "add", "--model", "o3", "--trigger", "think", "--name", "deep").code == 0
    refused = aigw("config", "remove", "--provider", "openai")
    assert (refused.code, refused.out, refused.err) == (
        2,
        "",
        "error: provider `openai` is needed by rule `deep`, the default model `gpt-4o`\n\n"
        "hint: aigw config remove --provider openai --force  (removes those too)\n",
    )
    forced = aigw("config", "remove", "--provider", "openai", "--force")
    assert (forced.code, forced.out) == (
        0,
        "removed provider openai, rule deep, the default model gpt-4o; auto-routing is off\n"
        f"{STOPPED}",
    )
    assert aigw("route", "list", "--json").json()["enabled"] is False


def test_the_list_of_providers(aigw: Program) -> None:
    empty = aigw("config", "list")
    assert empty.code == 4
    add(aigw, "--provider", "deepseek", "--key", "sk-0123456789abcdef0123456789abcdef")
    listed = aigw("config", "list")
    assert (listed.code, listed.err) == (0, "")
    assert listed.out == (
        "ID        TYPE                 MODELS      KEYS        ENDPOINT\n"
        "deepseek  deepseek (DeepSeek)  deepseek-*  sk-...cdef"
        "  https://api.deepseek.com/v1/chat/completions\n"
    )


def test_names_are_chinese_for_people_who_read_chinese(aigw: Program) -> None:
    environ = {"LANG": "zh_CN.UTF-8"}
    add(aigw, "--provider", "zhipuai", "--key", KEY)
    assert "智谱" in aigw("config", "list", environ=environ).out
    assert "z.ai" in aigw("config", "list").out.lower()


def test_the_document_is_shown_with_defaults_word_for_word_or_by_its_path(aigw: Program) -> None:
    add(aigw, "--provider", "deepseek", "--key", KEY)
    path = aigw.folder / "gateway.yaml"
    shown = aigw("config", "show")
    assert yaml.safe_load(shown.out)["listen"]["http"] == 8080
    assert aigw("config", "show", "--raw").out == path.read_text()
    assert aigw("config", "show", "--path").out == f"{path}\n"
    assert KEY not in shown.out + aigw("config", "show", "--json").out


def test_all_that_is_wrong_in_a_document_is_said_at_once(aigw: Program, tmp_path: Path) -> None:
    file = tmp_path / "bad.yaml"
    file.write_text(
        "apiVersion: aigw/v1\nlisten: {http: x}\nproviders:\n  - {id: A, type: nothing}\nextra: 1\n"
    )
    said = aigw("config", "check", str(file))
    assert (said.code, said.out) == (3, "")
    places = [line.strip().split(":")[0] for line in said.err.splitlines()[1:]]
    assert places == ["extra", "listen.http", "providers[0].type", "providers[0].id"]


def test_a_fine_document_is_said_to_be_fine(aigw: Program) -> None:
    add(aigw, "--provider", "deepseek", "--key", KEY)
    said = aigw("config", "check")
    path = aigw.folder / "gateway.yaml"
    assert (said.code, said.out, said.err) == (0, f"{path} is fine: 1 provider, no rules\n", "")


def test_a_document_that_is_piped_in_is_checked(
    aigw: Program, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    fine = aigw("config", "check", "-", stdin="apiVersion: aigw/v1\n")
    assert (fine.code, fine.err) == (0, "")
    assert fine.out == "standard input is fine: no providers, no rules\n"
    bad = aigw("config", "check", "-", stdin="apiVersion: aigw/v1\nextra: 1\n")
    assert (bad.code, bad.out) == (3, "")
    assert bad.err.startswith("error: standard input cannot be used:\n  extra: ")
    assert list(tmp_path.iterdir()) == []


def test_every_type_of_the_catalogue_is_shown(aigw: Program) -> None:
    listed = aigw("config", "providers")
    assert (listed.code, listed.err) == (0, "")
    assert "deepseek" in listed.out
    one = aigw("config", "providers", "kimi")
    assert one.out.startswith("moonshot: ")
    assert aigw("config", "providers", "kimmi").code == 2


def test_a_type_is_described_as_it_is_used(aigw: Program) -> None:
    one = aigw("config", "providers", "dashscope").out
    assert "endpoint: https://dashscope.aliyuncs.com/compatible-mode/v1\n" in one
    assert "qwenEnableCompatible (boolean; default true" in one
    assert "works without" not in one
    assert "endpoint: https://<azureResource>." in aigw("config", "providers", "azure").out
    assert "\nworks without a key\n" in aigw("config", "providers", "custom-openai").out
