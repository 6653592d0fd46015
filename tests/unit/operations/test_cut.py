"""Requests that are cut where an engine makes way are not cut without a word."""

from pathlib import Path

import pytest

from aigw.operations.deletion import delete
from aigw.operations.lifecycle import How, start
from aigw.operations.start_edit import StartWanted
from aigw.spec.gateway import EngineName
from aigw.state.paths import Home
from tests.fakes import Heard, Process, world

CUT = "requests that were still running were cut"


@pytest.mark.parametrize("drains", [True, False], ids=["all finish", "one is cut"])
@pytest.mark.parametrize("verb", ["move", "delete"])
def test_a_request_that_did_not_finish_in_time_is_told(
    tmp_path: Path, verb: str, *, drains: bool
) -> None:
    heard = Heard()
    home = Home(folder=tmp_path / "home", runtime=tmp_path / "run")
    here = world(home, Process(drains=drains), heard, {})
    start(here, "g", StartWanted(engine=EngineName.ENVOY), How())
    if verb == "move":
        start(here, "g", StartWanted(engine=EngineName.HIGRESS), How())
    else:
        delete(here, "g", purge=True)
    assert (CUT in heard.notes) is not drains
