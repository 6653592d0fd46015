"""`aigw export kubernetes`: a gateway as files for a cluster."""

import json
import stat
from pathlib import Path

import pytest
import yaml

from tests.cli.configured import KEY, add
from tests.cli.program import Program, Said

OTHER = "sk-another-0123456789"
APPLY = "kubectl apply --server-side --field-manager=aigw"


@pytest.fixture
def out(aigw: Program, tmp_path: Path) -> Path:
    """Where to export to; the gateway has two providers."""
    add(aigw, "--provider", "openai", "--key", KEY, "--models", "gpt-*")
    add(aigw, "--provider", "deepseek", "--key", OTHER, "--models", "deepseek-chat")
    return tmp_path / "k8s"


def export(aigw: Program, out: Path | str, *more: str) -> Said:
    """Run the command."""
    return aigw("export", "kubernetes", "--out", str(out), *more)


def held(out: Path) -> dict[str, str]:
    """Return every file of an export."""
    return {
        path.relative_to(out).as_posix(): path.read_text(encoding="utf-8")
        for path in sorted(out.rglob("*"))
        if path.is_file() and path.suffix != ".lock"
    }


def test_an_export_says_what_is_where(aigw: Program, out: Path) -> None:
    said = export(aigw, out)
    assert (said.code, said.err) == (0, "")
    assert said.out == (
        f"gateway higress-ai-gateway is in {out}: 14 manifests, Helm's values\n"
        f"keys are in {out}/secrets, readable by you only\n"
        f"{applying(out)}\n"
    )


def applying(out: Path, *, keys: bool = True) -> str:
    """Return the commands of docs/beyond-one-machine.md, for this folder."""
    console = f"-f {out}/secrets/higress-console.yaml " if keys else ""
    plugin = f" -f {out}/secrets/ai-proxy.internal.yaml" if keys else ""
    return (
        "in a new cluster first:\n"
        "  kubectl create namespace higress-system\n"
        f"  {APPLY} {console}-f {out}/manifests/ingresses\n"
        "  helm repo add higress.io https://higress.io/helm-charts && helm repo update\n"
        f"  helm install higress higress.io/higress -n higress-system -f {out}/values.yaml\n"
        "then, and after every export:\n"
        f"  {APPLY} -R -f {out}/manifests -f {out}/mcpbridge.yaml{plugin}"
    )


def test_json_has_the_documented_keys(aigw: Program, out: Path) -> None:
    said = export(aigw, out, "--json")
    tree = said.json()
    files = tree.pop("files")
    assert tree.pop("added") == files
    assert isinstance(tree.pop("generation"), str)
    assert (said.code, tree) == (
        0,
        {
            "gateway": "higress-ai-gateway",
            "out": str(out),
            "secrets": "include",
            "first": True,
            "removed": [],
        },
    )
    assert isinstance(files, list)
    assert set(files) == set(held(out)) - {".aigw-export"}


def test_keys_are_below_secrets_and_nowhere_else(aigw: Program, out: Path) -> None:
    said = export(aigw, out, "-v")
    with_keys = {path for path, text in held(out).items() if KEY in text or OTHER in text}
    assert with_keys == {"secrets/ai-proxy.internal.yaml"}
    assert [key for key in (KEY, OTHER) if key in said.out + said.err] == []
    modes = {stat.S_IMODE(path.stat().st_mode) & 0o077 for path in (out, *out.rglob("*"))}
    assert modes == {0}


def test_without_keys_nothing_of_them_is_left(aigw: Program, out: Path) -> None:
    export(aigw, out)
    whole = held(out)
    said = export(aigw, out, "--secrets", "omit")
    assert said.code == 0
    assert said.out.partition("\n")[2] == (
        "without keys: what holds them must come from an export with --secrets include\n"
        f"{applying(out, keys=False)}\n"
    )
    left = held(out)
    notes = {".aigw-export"}
    assert {path for path in whole if path not in left} == {
        "secrets/ai-proxy.internal.yaml",
        "secrets/higress-console.yaml",
    }
    assert {path: left[path] for path in left.keys() - notes} == {
        path: whole[path] for path in left.keys() - notes
    }


def test_the_same_again_changes_nothing_not_even_the_password(aigw: Program, out: Path) -> None:
    export(aigw, out)
    before = held(out)
    assert export(aigw, out).code == 0
    assert held(out) == before


def test_a_new_key_changes_no_manifest(aigw: Program, out: Path) -> None:
    export(aigw, out)
    before = held(out)
    add(aigw, "--provider", "openai", "--key", OTHER)
    export(aigw, out)
    after = held(out)
    assert {path for path in after if after[path] != before[path]} == {
        "secrets/ai-proxy.internal.yaml"
    }


def test_what_came_and_went_is_said_with_its_commands(aigw: Program, out: Path) -> None:
    export(aigw, out)
    aigw("config", "remove", "--id", "deepseek")
    add(aigw, "--provider", "moonshot", "--key", KEY, "--models", "kimi-k2")
    said = export(aigw, out)
    ingresses = out / "manifests" / "ingresses"
    assert said.out.splitlines()[-2:] == [
        "no longer part of it: kubectl -n higress-system delete configmaps/ai-route-0-deepseek "
        "configmaps/ai-route-e-deepseek ingresses/ai-route-0-deepseek.internal "
        "ingresses/ai-route-e-deepseek.internal",
        "there are new routes, and a cluster tries routes in the order they were made in: "
        f"kubectl delete --ignore-not-found -f {ingresses} && {APPLY} -f {ingresses}",
    ]
    assert not (ingresses / "ai-route-e-deepseek.internal.yaml").exists()


def test_a_stream_has_no_keys_unless_they_are_asked_for(aigw: Program, out: Path) -> None:
    assert not out.exists()
    said = export(aigw, "-")
    kinds = [body["kind"] for body in yaml.safe_load_all(said.out)]
    assert (said.code, KEY in said.out, "Secret" in kinds) == (0, False, False)
    assert said.err == (
        f"for `{APPLY} -f -`, which replaces nothing of others; without the keys of the providers "
        "(--secrets include) and the console's password\n"
    )
    asked = export(aigw, "-", "--secrets", "include", "-q")
    assert (KEY in asked.out, asked.err) == (True, "")
    names = {
        (body["kind"], body["metadata"]["name"]): body for body in yaml.safe_load_all(asked.out)
    }
    assert ("Secret", "higress-console") not in names
    tokens = names["WasmPlugin", "ai-proxy.internal"]["spec"]["defaultConfig"]["providers"]
    assert [one["apiTokens"] for one in tokens] == [[KEY], [OTHER]]


def test_a_stream_is_the_same_through_any_terminal(aigw: Program, tmp_path: Path) -> None:
    add(aigw, "--provider", "openai", "--key", KEY, "--models", "模型-\u200d*")
    export(aigw, tmp_path / "k8s")
    folder = yaml.safe_load(
        (tmp_path / "k8s/manifests/envoyfilters/aigw-table.yaml").read_text(encoding="utf-8")
    )
    streamed = [
        body
        for body in yaml.safe_load_all(export(aigw, "-").out)
        if body["metadata"]["name"] == "aigw-table"
    ]
    assert streamed == [folder]


def test_stdout_is_for_one_thing(aigw: Program, out: Path) -> None:
    said = export(aigw, "-", "--json")
    assert (said.code, said.out, out.exists()) == (2, "", False)
    assert said.error()["message"] == "--out - and --json both want stdout: give one of them"


def test_what_a_cluster_cannot_have_is_said_before_anything_is_written(
    aigw: Program, out: Path
) -> None:
    add(aigw, "--provider", "ollama", "--models", "llama*")
    add(aigw, "--provider", "demo")
    said = export(aigw, out)
    assert (said.code, said.out, out.exists()) == (3, "", False)
    assert said.err.startswith(
        "error: what is to go into a cluster cannot be used:\n"
        "  providers[2]: `ollama` is on this machine, where no cluster finds it: "
        "it needs a host that pods can reach\n"
        "  providers[3].type: cannot be used on the higress engine: "
    )


def test_a_key_that_is_not_to_be_had_is_named(aigw: Program, tmp_path: Path) -> None:
    add(aigw, "--provider", "openai", "--key-env", "NOT_HERE")
    said = export(aigw, tmp_path / "k8s")
    assert (said.code, (tmp_path / "k8s").exists()) == (3, False)
    assert "$NOT_HERE, which is not set here" in said.err


def test_other_peoples_folders_are_left_alone(aigw: Program, out: Path) -> None:
    out.mkdir()
    (out / "letter").write_text("x")
    said = export(aigw, out, "--json")
    assert (said.code, said.out, list(out.iterdir())) == (6, "", [out / "letter"])
    assert said.error()["code"] == "not_ours"


def test_an_edit_of_an_export_is_not_lost(aigw: Program, out: Path) -> None:
    export(aigw, out)
    (out / "values.yaml").write_text("mine: 1\n")
    said = export(aigw, out)
    assert said.code == 6
    assert (out / "values.yaml").read_text() == "mine: 1\n"


def test_an_unknown_gateway(aigw: Program, tmp_path: Path) -> None:
    said = export(aigw, tmp_path / "k8s", "-g", "other")
    assert (said.code, (tmp_path / "k8s").exists()) == (4, False)


def test_auto_routing_goes_along(aigw: Program, out: Path) -> None:
    aigw("route", "default", "deepseek-chat")
    aigw("route", "add", "--model", "gpt-4o", "--trigger", "深入|y", "--name", "deep")
    export(aigw, out)
    router = yaml.safe_load(held(out)["manifests/wasmplugins/model-router.internal.yaml"])
    assert json.dumps(router["spec"]["defaultConfig"]["autoRouting"], ensure_ascii=False) == (
        '{"enable": true, "defaultModel": "deepseek-chat", '
        '"rules": [{"pattern": "(?i)^(?:深入|y)", "model": "gpt-4o"}]}'
    )
