"""The file store behind the API server: how it reads, how it counts, what it calls malformed."""

import os
import stat
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from aigw.engines.higress_store import Store
from tests.higress.control_plane import ControlPlane

CONFIGMAPS = "/api/v1/namespaces/higress-system/configmaps"
PLUGINS = "/apis/extensions.higress.io/v1alpha1/namespaces/higress-system/wasmplugins"
SETTLED = 0.6
"""Seconds after which a change of a file has become an event, with room for a busy machine."""


@pytest.fixture
def plane(tmp_path: Path) -> Iterator[ControlPlane]:
    plane = ControlPlane(tmp_path)
    plane.start_apiserver()
    yield plane
    plane.__exit__(None, None, None)


def config(version: str | None = None, **data: str) -> dict[str, Any]:
    """Make a ConfigMap named `x`."""
    metadata = {"name": "x"} | ({"resourceVersion": version} if version is not None else {})
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata, "data": data}


def put(plane: ControlPlane, path: str, text: str) -> None:
    """Write a file in place, as a person would."""
    (plane.folder / path).write_text(text, encoding="utf-8")


def replace(plane: ControlPlane, path: str, text: str) -> None:
    """Write a file beside, and move it over."""
    target = plane.folder / path
    beside = target.with_name(f".{target.name}.tmp")
    beside.write_text(text, encoding="utf-8")
    beside.replace(target)


def test_versions_are_counted_and_a_stale_one_is_refused(plane: ControlPlane) -> None:
    assert plane.api("POST", CONFIGMAPS, config()).body["metadata"]["resourceVersion"] == "1"
    assert plane.api("POST", CONFIGMAPS, config()).status == 409
    versions = [
        plane.api("PUT", f"{CONFIGMAPS}/x", config(version, a=version or "")).body
        for version in (None, "2")
    ]
    assert [one["metadata"]["resourceVersion"] for one in versions] == ["2", "3"]
    stale = plane.api("PUT", f"{CONFIGMAPS}/x", config("2"))
    assert (stale.status, stale.body["reason"]) == (409, "Conflict")


def test_a_version_that_is_missing_becomes_one_and_one_that_is_no_number_is_an_error(
    plane: ControlPlane,
) -> None:
    put(plane, "configmaps/x.yaml", "data: {a: b}\n")
    first = plane.api("PUT", f"{CONFIGMAPS}/x", config("7"))
    assert first.body["metadata"]["resourceVersion"] == "1"
    put(plane, "configmaps/x.yaml", "metadata: {resourceVersion: abc}\n")
    assert plane.api("PUT", f"{CONFIGMAPS}/x", config()).status == 500


def test_what_is_not_there_cannot_be_replaced_and_nothing_can_be_patched(
    plane: ControlPlane,
) -> None:
    assert plane.api("PUT", f"{CONFIGMAPS}/x", config()).status == 404
    plane.api("POST", CONFIGMAPS, config())
    assert plane.api("PATCH", f"{CONFIGMAPS}/x", {}).status == 500


def test_a_write_leaves_a_file_that_everybody_may_read(plane: ControlPlane) -> None:
    put(plane, "configmaps/x.yaml", "# a comment\ndata: {a: b}\n")
    path = plane.folder / "configmaps" / "x.yaml"
    path.chmod(0o600)
    plane.api("PUT", f"{CONFIGMAPS}/x", config(a="b"))
    assert stat.S_IMODE(path.stat().st_mode) == 0o755
    assert "comment" not in path.read_text(encoding="utf-8")
    assert [one.name for one in path.parent.iterdir()] == ["x.yaml"]


def test_a_write_under_way_is_a_conflict_until_it_is_old(plane: ControlPlane) -> None:
    plane.api("POST", CONFIGMAPS, config())
    beside = plane.folder / "configmaps" / "x.yaml.tmp"
    beside.touch()
    assert plane.api("PUT", f"{CONFIGMAPS}/x", config()).status == 409
    old = time.time() - 6
    os.utime(beside, (old, old))
    assert plane.api("PUT", f"{CONFIGMAPS}/x", config()).status == 200


@pytest.mark.parametrize(
    ("text", "value"),
    [("1e3", 1000), ("y", True), ("08", 8), ("0o17", 15), ("no", False), ("'1e3'", "1e3")],
)
def test_unquoted_words_are_read_as_go_reads_them(
    plane: ControlPlane, text: str, value: object
) -> None:
    put(plane, "wasmplugins/p.yaml", f"spec: {{defaultConfig: {{token: {text}, n: x}}}}\n")
    spec = plane.api("GET", f"{PLUGINS}/p").body["spec"]
    assert spec["defaultConfig"] == {"token": value, "false": "x"}


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("configmaps/x.yaml", "data: {a: yes}"),
        ("configmaps/x.yaml", "metadata: {labels: {a: 1}}"),
        ("configmaps/x.yaml", "metadata: {resourceVersion: 1}"),
        ("configmaps/x.yaml", "kind: Secret"),
        ("secrets/x.yaml", "data: {a: '%'}"),
        ("wasmplugins/x.yaml", "spec: {phase: NOPE}"),
        ("wasmplugins/x.yaml", "spec: {defaultConfig: text}"),
        ("envoyfilters/x.yaml", "spec: {configPatches: [{applyTo: NOPE}]}"),
        ("mcpbridges/x.yaml", "a: [1"),
        ("ingresses/x.yaml", "- a list"),
    ],
)
def test_one_malformed_file_ends_the_start(tmp_path: Path, path: str, text: str) -> None:
    plane = ControlPlane(tmp_path)
    (tmp_path / path).parent.mkdir()
    put(plane, path, text)
    process = plane.start_apiserver()
    _, said = process.communicate()
    assert process.returncode == 2
    assert f"failed to decode data read from file [{tmp_path / path}]" in said.decode()


HARMLESS = {
    "ingresses/a.bak.yaml": "metadata: {name: a}",
    "configmaps/Copy of a.yaml": "",
    "wasmplugins/empty.yaml": "",
    "ingresses/nulls.yaml": "metadata:\nspec: ~",
    "ingresses/null-label.yaml": "metadata: {labels: {a: ~}}",
    "ingresses/half-a-path.yaml": "spec: {rules: [{http: {paths: [{path: /}]}}]}",
    "configmaps/no-number.yaml": "metadata: {resourceVersion: a}",
    "configmaps/no-route.yaml": "metadata: {labels: {higress.io/config-map-type: ai-route}}",
    "mcpbridges/half-a-place.yaml": "spec: {registries: [{type: dns}]}",
}


def test_what_is_odd_and_ends_no_start_is_not_called_broken(plane: ControlPlane) -> None:
    for path, text in HARMLESS.items():
        put(plane, path, text)
    store = Store(plane.folder)
    assert list(store.broken()) == []
    assert list(store.copies()) == [plane.folder / "ingresses" / "a.bak.yaml"]
    with ControlPlane(plane.folder) as again:
        assert again.api("GET", f"{CONFIGMAPS}/no-number").status == 200


def test_a_file_that_becomes_malformed_fails_its_whole_kind_and_shows_itself(
    plane: ControlPlane,
) -> None:
    plane.api("POST", CONFIGMAPS, config())
    put(plane, "configmaps/bad.yaml", "token: sk-made-up-9\na: [1")
    for path in (CONFIGMAPS, f"{CONFIGMAPS}/bad"):
        answer = plane.api("GET", path)
        assert answer.status == 500
        assert "sk-made-up-9" in answer.body["message"]
    assert plane.api("GET", f"{CONFIGMAPS}/x").status == 200


def test_the_name_of_the_file_wins_and_only_yaml_counts(plane: ControlPlane) -> None:
    for name in ("a.yaml", "b.bak.yaml", ".c.yaml", "d.yml", "e.yaml.backup", "f.tmp"):
        put(plane, f"configmaps/{name}", "metadata: {name: other, namespace: elsewhere}\n")
    put(plane, "configmaps/empty.yaml", "")
    found = plane.api("GET", CONFIGMAPS).body["items"]
    assert sorted(one["metadata"]["name"] for one in found) == [".c", "a", "b.bak", "empty"]
    assert {one["metadata"]["namespace"] for one in found} == {"higress-system"}


def test_a_file_moved_into_place_is_one_change(plane: ControlPlane) -> None:
    plane.api("POST", CONFIGMAPS, config())
    with plane.watch(CONFIGMAPS) as events:
        assert ("ADDED", "x") in events(SETTLED)
        replace(plane, "configmaps/x.yaml", "data: {a: b}\n")
        assert events(SETTLED) == [("MODIFIED", "x")]
        replace(plane, "configmaps/y.yaml", "data: {a: b}\n")
        assert events(SETTLED) == [("ADDED", "y")]


def test_a_file_deleted_and_made_again_is_gone_in_between(plane: ControlPlane) -> None:
    plane.api("POST", CONFIGMAPS, config())
    with plane.watch(CONFIGMAPS) as events:
        events(SETTLED)
        (plane.folder / "configmaps" / "x.yaml").unlink()
        put(plane, "configmaps/x.yaml", "data: {a: b}\n")
        assert events(SETTLED) == [("DELETED", "x"), ("ADDED", "x")]


def test_what_changes_nothing_in_a_file_is_no_event_and_neither_is_what_cannot_be_read(
    plane: ControlPlane,
) -> None:
    plane.api("POST", CONFIGMAPS, config())
    with plane.watch(CONFIGMAPS) as events:
        events(SETTLED)
        path = plane.folder / "configmaps" / "x.yaml"
        path.chmod(0o600)
        path.touch()
        put(plane, "configmaps/x.yaml", "a: [1")
        assert events(SETTLED) == []


def test_a_write_through_the_api_is_seen_at_once_and_again(plane: ControlPlane) -> None:
    plane.api("POST", CONFIGMAPS, config())
    with plane.watch(CONFIGMAPS) as events:
        events(SETTLED)
        plane.api("PUT", f"{CONFIGMAPS}/x", config(a="b"))
        assert events(SETTLED) == [("MODIFIED", "x"), ("MODIFIED", "x")]
