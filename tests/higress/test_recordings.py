"""The stand-in answers and writes what the real console and its API server did."""

from pathlib import Path

import pytest

from tests.higress.control_plane import ControlPlane
from tests.higress.pilot import pilot
from tests.higress.replay import NAMES, Replay, fill, steps


@pytest.mark.parametrize("name", NAMES)
def test_a_recording_is_the_same_when_it_is_sent_again(name: str, tmp_path: Path) -> None:
    fill(tmp_path, name)
    with pilot() as port, ControlPlane(tmp_path, pilot=port if name == "services" else 1) as plane:
        replay = Replay(plane, name)
        wrong = {
            f"{index} {step['request']['method']} {step['request']['path']}": found
            for index, step in enumerate(steps(name))
            if (found := replay(index, step))
        }
    shown = "\n".join(f"### {step}\n" + "\n".join(found) for step, found in wrong.items())
    assert not wrong, f"{len(wrong)} steps differ\n{shown}"
