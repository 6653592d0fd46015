"""What saving routes does to a store: to a rendered one nothing, to a script's what was seen."""

import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.higress.control_plane import DEFAULTS, FIXTURES, ControlPlane

PATH = "/v1/ai/routes"
EVERY_WRITE = ("resourceVersion", "managedFields")
GOLDEN = ("15-togetherai", "31-config-commands")
Tree = dict[str, Any]


@pytest.fixture
def plane(tmp_path: Path) -> Iterator[ControlPlane]:
    """Run a console over a store as we render it."""
    shutil.copytree(DEFAULTS, tmp_path, dirs_exist_ok=True)
    shutil.copytree(FIXTURES / "minimal", tmp_path, dirs_exist_ok=True)
    with ControlPlane(tmp_path) as plane:
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


def test_saving_every_rendered_route_as_it_is_shown_changes_versions_only(
    plane: ControlPlane,
) -> None:
    before, routes = meanings(plane), listed(plane)

    assert [save(plane, route)[0] for route in routes] == [200] * 11

    assert meanings(plane) == before


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


@pytest.mark.parametrize("name", GOLDEN)
def test_routes_of_the_scripts_store_are_shown_and_saved_as_recorded(
    name: str, tmp_path: Path
) -> None:
    recorded = json.loads((FIXTURES / "recordings" / "golden" / f"{name}.json").read_text("utf-8"))
    shutil.copytree(DEFAULTS, tmp_path, dirs_exist_ok=True)
    shutil.copytree(FIXTURES / "golden" / name / "data", tmp_path, dirs_exist_ok=True)
    (tmp_path / "secrets/higress-console.yaml").write_text(admin(), encoding="utf-8")
    with ControlPlane(tmp_path) as plane:
        routes = listed(plane)
        answers = {route["name"]: save(plane, route) for route in routes}

    assert {route["name"]: short(route) for route in routes} == shortened(recorded["routes"])
    refused = {name: [s, b["message"], []] for name, (s, b) in answers.items() if s != 200}
    assert refused == recorded["route_round_trip_failures"]


def short(route: Tree) -> Tree:
    """Give what was recorded of most routes."""
    return {
        "version": route["version"],
        "upstreams": [[one["provider"], one["weight"]] for one in route["upstreams"]],
        "modelPredicates": [[p["matchType"], p["matchValue"]] for p in route["modelPredicates"]],
    }


def shortened(routes: list[Tree] | Tree) -> Tree:
    """Give the recorded routes in short, which some recordings have in full."""
    if isinstance(routes, dict):
        return routes
    return {route["name"]: short(route) for route in routes}


def admin() -> str:
    """Give the Secret of the recordings' administrator."""
    return (FIXTURES / "minimal" / "secrets" / "higress-console.yaml").read_text("utf-8")
