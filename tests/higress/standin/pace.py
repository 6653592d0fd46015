"""How fast the container boots: everything at once, or as slowly as the real one."""

import os
import socket
import sys
import time

SLOW = os.environ.get("STANDIN_REAL_SPEED", "") == "1"
POLL = 1.0 if SLOW else 0.05
"""Seconds between two looks at a port; the real start scripts look each second."""
PUSH_SECONDS = 10.0 if SLOW else 1.0
"""How long changes that do not end can put off what follows from them: PILOT_DEBOUNCE_MAX."""

_REAL = {
    "apiserver": 3.0,
    "plugin-server": 1.0,
    "controller": 2.0,
    "pilot": 25.0,
    "gateway": 20.0,
    "console": 20.0,
}


def delay(program: str) -> None:
    """Wait as long as a program takes to start: `STANDIN_<PROGRAM>_DELAY`, in seconds."""
    told = os.environ.get(f"STANDIN_{program.upper().replace('-', '_')}_DELAY", "")
    time.sleep(float(told) if told else _REAL.get(program, 0.0) if SLOW else 0.0)


def is_open(port: int) -> bool:
    """Tell whether something listens on a port of this container."""
    with socket.socket() as probe:
        probe.settimeout(1)
        return probe.connect_ex(("127.0.0.1", port)) == 0


def wait_for(*ports: int) -> None:
    """Wait, for ever, until each of these ports is open."""
    for port in ports:
        if not is_open(port):
            sys.stdout.write(f"waiting for port {port}\n")
            sys.stdout.flush()
        while not is_open(port):
            time.sleep(POLL)
