"""What saving routes does to a store that we rendered: nothing that counts."""

import json
import shutil
from collections.abc import Iterator
from typing import Any

import pytest
import yaml

from tests.higress.control_plane import DEFAULTS, FIXTURES, ControlPlane

PATH = "/v1/ai/routes"
EVERY_WRITE = ("resourceVersion", "managedFields")
Tree = dict[str, Any]


@pytest.fixture(scope="module")
def plane(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ControlPlane]:
    """Run a console over a store as we render it."""
    folder = tmp_path_factory.mktemp("rendered")
    shutil.copytree(DEFAULTS, folder, dirs_exist_ok=True)
    shutil.copytree(FIXTURES / "minimal", folder, dirs_exist_ok=True)
    with ControlPlane(folder) as plane:
        yield plane


def meanings(plane: ControlPlane) -> dict[str, Tree]:
    """Read every file without what each write changes; a route's JSON as what it says."""
    found = {path: yaml.safe_load(text) for path, text in plane.files().items()}
    for path, body in found.items():
        for field in EVERY_WRITE:
            body["metadata"].pop(field, None)
        if path.startswith("configmaps/ai-route-"):
            body["data"] = json.loads(body["data"]["data"])
    return found


def listed(plane: ControlPlane) -> list[Tree]:
    """Show the AI routes."""
    routes: list[Tree] = plane.request("GET", PATH).body["data"]
    return routes


def save(plane: ControlPlane, route: Tree) -> tuple[int, Any]:
    """Send a route as it was shown."""
    answer = plane.request("PUT", f"{PATH}/{route['name']}", route)
    return answer.status, answer.body


def test_a_route_that_is_saved_a_second_time_changes_versions_only(plane: ControlPlane) -> None:
    route = listed(plane)[0] | {
        "version": None,
        "modelPredicates": [{"matchType": "PRE", "matchValue": "a-"}],
        "authConfig": {"enabled": True, "allowedConsumers": ["alice"]},
        "upstreams": [{"provider": "openai", "weight": 100, "modelMapping": {"*": "gpt-4o"}}],
    }
    save(plane, route)
    before = meanings(plane)

    assert save(plane, route)[0] == 200

    assert meanings(plane) == before


@pytest.mark.parametrize(
    ("headers", "annotation"),
    [
        pytest.param({"x-aigw-generation": "0123"}, "x-aigw-generation 0123", id="one"),
        pytest.param(
            {"x-aigw-generation": "0123", "x-aigw-provider": "openai"},
            "x-aigw-generation 0123\nx-aigw-provider openai",
            id="two",
        ),
    ],
)
def test_headers_of_answers_are_lines_of_one_annotation_and_are_kept(
    plane: ControlPlane, headers: dict[str, str], annotation: str
) -> None:
    route = next(route for route in listed(plane) if route["name"] == "e-openai")
    added = [{"key": key, "value": value} for key, value in headers.items()]
    route["headerControl"]["response"] = {"add": added}

    assert save(plane, route)[0] == 200

    stored = meanings(plane)
    ingress = stored["ingresses/ai-route-e-openai.internal.yaml"]
    control = ingress["metadata"]["annotations"]
    assert control["higress.io/response-header-control-add"] == annotation
    shown = next(route for route in listed(plane) if route["name"] == "e-openai")
    assert save(plane, shown)[0] == 200
    assert meanings(plane) == stored


def test_a_route_lists_what_it_takes_from_answers_by_name(plane: ControlPlane) -> None:
    shown = plane.request("GET", "/v1/routes/ai-route-q993-dashscope.internal").body["data"]

    assert shown["headerControl"]["request"]["remove"][:2] == [
        "x-hi-original-auth",
        "x-higress-llm-model",
    ]
    assert shown["headers"] == [
        {
            "matchType": "REGULAR",
            "matchValue": "^(.*-coder)$",
            "caseSensitive": None,
            "key": "x-higress-llm-model",
        }
    ]
