"""The stand-in answers and writes what the real console and its API server did."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.higress.control_plane import ControlPlane
from tests.higress.replay import NAMES, Replay, fill, steps
from tests.higress.standin.debug_pages import serve

NOWHERE = 1
WITH_PILOT = {"services"}
"""Where pilot's debug API answered; nothing listened on its port in the other recordings."""


@contextmanager
def pilot(folder: Path) -> Iterator[int]:
    """Serve pilot's pages about the registries in a folder."""
    with serve(folder, 0) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
        thread.start()
        try:
            yield server.server_port
        finally:
            server.shutdown()
            thread.join()


@pytest.mark.parametrize("name", NAMES)
def test_a_recording_is_the_same_when_it_is_sent_again(name: str, tmp_path: Path) -> None:
    fill(tmp_path, name)
    with (
        pilot(tmp_path) as port,
        ControlPlane(tmp_path, pilot=port if name in WITH_PILOT else NOWHERE) as plane,
    ):
        replay = Replay(plane, name)
        wrong = {
            f"{index} {step['request']['method']} {step['request']['path']}": found
            for index, step in enumerate(steps(name))
            if (found := replay(index, step))
        }
    shown = "\n".join(f"### {step}\n" + "\n".join(found) for step, found in wrong.items())
    assert not wrong, f"{len(wrong)} steps differ\n{shown}"
