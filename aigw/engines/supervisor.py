"""Keeps the Envoy of one data folder alive: `python -m aigw.engines.supervisor FOLDER`.

It runs detached after `aigw start`, or in the foreground under systemd and in containers. SIGTERM
lets running requests finish and ends both; SIGUSR1 means that a command left a request
(engines/record.py). Killed itself, it leaves Envoy serving, and the next one adopts that Envoy.
"""

import os
import signal
import sys
from argparse import ArgumentParser
from collections.abc import Mapping, Sequence
from pathlib import Path

from aigw.engines.events import Events
from aigw.engines.supervising import Settings, Supervisor, say
from aigw.errors import AigwError, NotReady
from aigw.state.paths import GatewayPaths
from aigw.state.runtime import noted_runtime


def main(arguments: Sequence[str], environ: Mapping[str, str]) -> int:
    """Supervise until the end; returns the exit code."""
    parser = ArgumentParser(prog="aigw.engines.supervisor")
    parser.add_argument("folder", type=Path)
    parser.add_argument("--name", default="")
    parser.add_argument("--foreground", action="store_true")
    parser.add_argument("--locked", action="store_true")
    parser.add_argument("--drain-seconds", type=float, default=Settings().drain_seconds)
    parser.add_argument("--log-bytes", type=int, default=Settings().log_bytes)
    parser.add_argument("--log-files", type=int, default=Settings().log_files)
    asked = parser.parse_args(arguments)
    os.umask(0o077)
    try:
        paths = _paths(asked.folder.absolute(), asked.name)
        os.chdir(paths.folder)
        settings = Settings(
            foreground=asked.foreground,
            locked=asked.locked,
            drain_seconds=asked.drain_seconds,
            log_bytes=asked.log_bytes,
            log_files=asked.log_files,
        )
        supervisor = Supervisor(paths, settings=settings, environ=environ)
        _take_signals(supervisor.events, foreground=asked.foreground)
        supervisor.run()
    except AigwError as error:
        say(str(error))
        return error.exit_code
    return 0


def _paths(folder: Path, name: str) -> GatewayPaths:
    runtime = noted_runtime(folder / "run" / "runtime")
    if runtime is None or not (folder / "envoy" / "bootstrap.json").is_file():
        raise NotReady(f"`{folder}` is not set up to run", hint="aigw start")
    return GatewayPaths(name=name or folder.name, folder=folder, runtime=runtime)


def _take_signals(events: Events, *, foreground: bool) -> None:
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGUSR1):
        signal.signal(number, events.on_signal)
    # A closed terminal ends what runs in it, and nothing else.
    signal.signal(signal.SIGHUP, events.on_signal if foreground else signal.SIG_IGN)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:], os.environ))
