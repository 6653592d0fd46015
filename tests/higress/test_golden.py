"""The stand-in makes of the upstream script's folders what the real console made of them."""

from pathlib import Path

import pytest

from tests.higress.control_plane import ControlPlane
from tests.higress.golden import NAMES, Golden, fill, recorded

BOOTING = [name for name in NAMES if recorded(name)["boots"]]
BROKEN = [name for name in NAMES if not recorded(name)["boots"]]


@pytest.mark.parametrize("name", BOOTING)
def test_a_folder_of_the_script_looks_and_changes_as_recorded(name: str, tmp_path: Path) -> None:
    fill(tmp_path, name)
    report = recorded(name)
    plane = ControlPlane(tmp_path)
    before = plane.files()
    with plane:
        wrong = list(Golden(plane, report).differences(before))
    assert not wrong, "\n".join(wrong)
    with plane:
        assert plane.request("GET", "/system/config", headers={}).status == 200


@pytest.mark.parametrize("name", BROKEN)
def test_a_folder_with_a_malformed_file_ends_the_api_server_at_once(
    name: str, tmp_path: Path
) -> None:
    fill(tmp_path, name)
    plane = ControlPlane(tmp_path)
    process = plane.start_apiserver()
    _, said = process.communicate()
    assert process.returncode == 2
    assert recorded(name)["error"] in said.decode().replace(str(tmp_path), "/data")
