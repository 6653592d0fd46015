"""The console when what it stands on is gone or was changed behind its back."""

import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tests.higress.control_plane import ControlPlane
from tests.higress.replay import RECORDINGS, change, fill
from tests.waiting import until


@pytest.fixture
def plane(tmp_path: Path) -> Iterator[ControlPlane]:
    fill(tmp_path, "preseeded-admin")
    plane = ControlPlane(tmp_path)
    yield plane
    plane.__exit__(None, None, None)


def test_without_the_api_server_it_is_alive_but_knows_nobody(plane: ControlPlane) -> None:
    process = plane.start_apiserver()
    plane.start_console()
    assert plane.request("GET", "/user/info").status == 200
    plane.stop(process)
    assert plane.request("GET", "/healthz/ready", headers={}).status == 200
    assert plane.request("GET", "/system/config", headers={}).status == 500
    assert plane.request("GET", "/v1/ai/providers").status == 401
    plane.start_apiserver()
    until(lambda: plane.request("GET", "/v1/ai/providers").status == 200)


def test_the_first_caller_makes_the_admin_and_the_next_one_cannot(plane: ControlPlane) -> None:
    change(plane.folder, {"secrets/higress-console.yaml": "data: {}\ntype: Opaque\n"})
    user = {"name": "admin", "displayName": "Admin", "password": "made-up-pass"}
    with plane:
        assert plane.request("GET", "/user/info").status == 401
        for status in (200, 500):
            sent = {"adminUser": user, "configs": {}}
            assert plane.request("POST", "/system/init", sent, headers=JSON).status == status
        assert plane.request("GET", "/user/info").status == 200


def test_every_start_rewrites_its_own_settings_twice_and_nothing_else(plane: ControlPlane) -> None:
    before = plane.files()
    with plane:
        after = plane.files()
    changed = {path for path in after if before.get(path) != after[path]}
    assert changed == {"configmaps/higress-console.yaml"}


def test_of_writes_at_the_same_moment_each_is_kept_or_refused(plane: ControlPlane) -> None:
    def put(name: str) -> int:
        provider = {"name": name, "type": "deepseek", "tokens": ["sk-made-up-1"]}
        return plane.request("PUT", f"/v1/ai/providers/{name}", provider).status

    names = [f"p{number}" for number in range(12)]
    with plane, ThreadPoolExecutor(4) as pool:
        statuses = dict(zip(names, pool.map(put, names), strict=True))
        shown = plane.request("GET", "/v1/ai/providers").body["data"]
    assert set(statuses.values()) <= {200, 409}
    assert {one["name"] for one in shown} >= {n for n, status in statuses.items() if status == 200}


def test_every_recording_has_what_the_store_held_before_it() -> None:
    named = {path.stem for path in (RECORDINGS / "seeds").glob("*.json")}
    assert named == {path.stem for path in RECORDINGS.glob("*.json")} - {"init"}
    for path in (RECORDINGS / "seeds").glob("*.json"):
        assert json.loads(path.read_text("utf-8"))


JSON = {"Content-Type": "application/json"}
