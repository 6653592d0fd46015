"""A folder as we render it boots, and what the console shows of it can be sent back."""

import json
import shutil
from collections.abc import Iterator

import pytest

from tests.higress.control_plane import DEFAULTS, FIXTURES, ControlPlane
from tests.higress.standin.goyaml import load

WRITTEN = {"resourceVersion", "managedFields"}
PROVIDERS = ["anthropic", "dashscope", "local", "openai", "openrouter"]


@pytest.fixture(scope="module")
def plane(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ControlPlane]:
    folder = tmp_path_factory.mktemp("minimal")
    shutil.copytree(DEFAULTS, folder, dirs_exist_ok=True)
    shutil.copytree(FIXTURES / "minimal", folder, dirs_exist_ok=True)
    with ControlPlane(folder) as running:
        yield running


def objects(plane: ControlPlane) -> dict[str, object]:
    """Read every file without what every write changes; a null says no more than nothing does."""
    found = {path: load(text) for path, text in plane.files().items()}
    for value in found.values():
        kept = {k: v for k, v in value["metadata"].items() if k not in WRITTEN and v is not None}
        value["metadata"] = kept
        if "data" in (value.get("data") or {}):
            # A route's JSON: the console has its own order of fields.
            value["data"]["data"] = json.loads(value["data"]["data"])
    return found


def test_every_provider_is_shown(plane: ControlPlane) -> None:
    shown = plane.request("GET", "/v1/ai/providers").body["data"]
    assert [one["name"] for one in shown] == PROVIDERS


@pytest.mark.parametrize("page", ["/v1/ai/providers", "/v1/ai/routes"])
def test_sending_back_what_is_shown_changes_versions_only(plane: ControlPlane, page: str) -> None:
    before, versions = objects(plane), plane.files()
    for one in plane.request("GET", page).body["data"]:
        answer = plane.request("PUT", f"{page}/{one['name']}", one)
        assert answer.status == 200, answer.body
    assert objects(plane) == before
    assert plane.files() != versions


def test_an_ingress_without_a_config_map_is_no_route_to_send_back(plane: ControlPlane) -> None:
    routes = {one["name"] for one in plane.request("GET", "/v1/ai/routes").body["data"]}
    assert "q993-dashscope" not in routes
    plain = {one["name"] for one in plane.request("GET", "/v1/routes").body["data"]}
    assert "ai-route-q993-dashscope.internal" in plain
