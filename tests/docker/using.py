"""Another command that uses a container of its own, for as long as a test lets it."""

import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from typing import Any

import docker

from aigw.clients.throwaway import THROWAWAY
from tests.waiting import until

_COMMAND = """
import os, sys
from pathlib import Path
from aigw.clients.docker import Docker
from aigw.clients.docker_hosts import find
Docker(find(os.environ, Path.home())).once(sys.argv[1], ["sleep", "600"], seconds=600)
"""


@contextmanager
def using(image: str) -> Iterator[str]:
    """Have a command use a container of that image, and give its name; it is killed at the end."""
    raw: Any = docker.from_env()
    command = [sys.executable, "-c", _COMMAND, image]
    with closing(raw) as client, subprocess.Popen(command) as child:
        mine = f'"pid":{child.pid},'

        def made() -> list[str]:
            found = client.containers.list(filters={"label": THROWAWAY}, ignore_removed=True)
            return [one.name for one in found if mine in one.labels[THROWAWAY]]

        try:
            yield until(made)[0]
        finally:
            child.kill()
