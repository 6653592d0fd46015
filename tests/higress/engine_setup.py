"""A container engine for tests: the one that answers, or one that is started for them.

`python -m tests.higress.engine_setup COMMAND ...` runs a command with it: `make test` does, for its
processes share one.
"""

import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from aigw.clients.docker_hosts import find
from aigw.errors import DockerMissing

PATIENCE = 30.0


class NoEngine(Exception):
    """Why no container engine can be had here."""


def answers() -> bool:
    """Tell whether an engine answers."""
    try:
        return bool(find(os.environ, Path.home()))
    except DockerMissing:
        return False


@contextmanager
def engine() -> Iterator[None]:
    """Have an engine inside the `with` block; one that was started here is stopped after it."""
    if answers():
        yield
        return
    daemon = shutil.which("dockerd", path="/usr/local/sbin:/usr/sbin:/usr/local/bin:/usr/bin")
    if daemon is None:
        raise NoEngine(
            "no container engine answers and dockerd is missing (apt-get install docker.io)"
        )
    if os.geteuid() != 0:
        raise NoEngine("no container engine answers, and only root can start one")
    log = Path(tempfile.gettempdir()) / "aigw-test-dockerd.log"
    with log.open("wb") as output:
        process = subprocess.Popen([daemon], stdout=output, stderr=output, start_new_session=True)
    try:
        _wait(process, log)
        yield
    finally:
        process.terminate()
        process.wait(PATIENCE)


def _wait(process: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + PATIENCE
    while not answers():
        if process.poll() is not None or time.monotonic() > deadline:
            raise NoEngine(f"dockerd does not come up: {log.read_text(errors='replace')[-800:]}")
        time.sleep(0.1)


def main(command: list[str]) -> int:
    """Run a command with an engine; without one it is run all the same, and says what it misses."""
    try:
        with engine():
            return subprocess.call(command)
    except NoEngine as error:
        sys.stderr.write(f"warning: {error}; tests that need containers do not run\n")
        return subprocess.call(command)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
