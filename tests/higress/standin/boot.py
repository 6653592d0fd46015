"""Start and watch the programs of the container, and say so as supervisord does.

What `docker logs` shows are these lines and nothing else; a program's own words stand in
`/var/log/higress/<program>.log`.
"""

import os
import signal
import subprocess
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path

from .pace import SLOW, is_open
from .ports import APISERVER

LOGS = Path("/var/log/higress")
START_SECONDS = 1.0
RETRIES = 3
BACKOFF = 1.0 if SLOW else 0.2
"""Seconds before the first retry; supervisord waits that much longer before each next one."""

PROGRAMS = (
    "apiserver",
    "plugin-server",
    "controller",
    "pilot",
    "gateway",
    "console",
    *("prometheus", "promtail", "loki", "grafana"),
)
COMMANDS = dict.fromkeys(("prometheus", "promtail", "loki", "grafana"), ("sleep", "2"))
"""Observability is not in this image; its programs end well after two seconds."""

HIDDEN = ("plugin-host",)
"""What stands in for code that is inside Envoy in the real image."""


def say(level: str, text: str) -> None:
    """Print one line in supervisord's form."""
    now = time.time()
    stamp = time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(now))
    sys.stdout.write(f"{stamp},{int(now % 1 * 1000):03d} {level} {text}\n")
    sys.stdout.flush()


@dataclass(slots=True, kw_only=True)
class Program:
    """One program and how far it is."""

    name: str
    hidden: bool = False
    state: str = "STOPPED"
    since: float = 0.0
    tries: int = 0
    process: subprocess.Popen[bytes] | None = field(default=None)

    def say(self, level: str, text: str) -> None:
        """Speak of this program, unless nobody may know of it."""
        if not self.hidden:
            say(level, text)

    def spawn(self) -> None:
        """Start it, its output appended to its log."""
        with (LOGS / f"{self.name}.log").open("ab") as log:
            self.process = subprocess.Popen(
                COMMANDS.get(self.name, (sys.executable, "-m", "standin.programs", self.name)),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        self.state, self.since = "STARTING", time.monotonic()
        self.say("INFO", f"spawned: '{self.name}' with pid {self.process.pid}")

    def look(self) -> None:
        """Notice that it runs, that it ended, or that it is time to try again."""
        age = time.monotonic() - self.since
        if self.state == "BACKOFF" and age >= BACKOFF * self.tries:
            self.spawn()
        if self.state not in {"STARTING", "RUNNING"} or self.process is None:
            return
        code = self.process.poll()
        if code is not None:
            self.ended(code)
        elif self.state == "STARTING" and age >= START_SECONDS and self.is_up():
            self.state, self.tries = "RUNNING", 0
            self.say(
                "INFO",
                f"success: {self.name} entered RUNNING state, process has stayed up for "
                "> than 1 seconds (startsecs)",
            )

    def is_up(self) -> bool:
        """Tell whether it is past its start: on a busy machine the store fails after seconds."""
        return self.name != "apiserver" or is_open(APISERVER)

    def ended(self, code: int) -> None:
        """Start it again, or later, or never, as `autorestart=unexpected` says."""
        status = code if code >= 0 else 128 - code
        early = self.state == "STARTING"
        expected = status == 0 and not early
        self.say(
            "INFO" if expected else "WARN",
            f"exited: {self.name} (exit status {status}; {'' if expected else 'not '}expected)",
        )
        self.process = None
        if expected:
            self.state = "EXITED"
        elif not early:
            self.spawn()
        elif self.tries < RETRIES:
            self.state, self.since, self.tries = "BACKOFF", time.monotonic(), self.tries + 1
        else:
            self.state = "FATAL"
            self.say(
                "INFO",
                f"gave up: {self.name} entered FATAL state, too many start retries too quickly",
            )

    def stop(self, number: int) -> None:
        """Send a signal to it and to whatever it started."""
        if self.process is not None and self.process.poll() is None:
            os.killpg(self.process.pid, number)


def main() -> None:
    """Run until somebody asks to stop."""
    LOGS.mkdir(parents=True, exist_ok=True)
    say("CRIT", "Supervisor is running as root.  Privileges were not dropped because no user is "
        "specified in the config file.  If you intend to run as root, you can set user=root in "
        "the config file to avoid this message.")  # fmt: skip
    say("INFO", f"supervisord started with pid {os.getpid()}")
    programs = [Program(name=name, hidden=True) for name in HIDDEN]
    programs += [Program(name=name) for name in PROGRAMS]
    asked: list[int] = []
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda got, _: asked.append(got))
    time.sleep(START_SECONDS if SLOW else 0)
    for program in programs:
        program.spawn()
    while not asked:
        for program in programs:
            program.look()
        reap({program.process.pid for program in programs if program.process})
        time.sleep(0.05)
    finish(programs, asked[0])


def reap(own: set[int]) -> None:
    """Bury orphans: the first process of a container inherits them."""
    with_children = Path("/proc/self/task", str(os.getpid()), "children")
    try:
        children = {int(pid) for pid in with_children.read_text().split()}
    except OSError:
        return
    for pid in children - own:
        try:
            os.waitpid(pid, os.WNOHANG)
        except ChildProcessError:
            continue


def finish(programs: list[Program], number: int) -> None:
    """Stop everything, the last started first."""
    say("WARN", f"received {signal.Signals(number).name} indicating exit request")
    waiting = [program for program in programs if program.process]
    names = ", ".join(program.name for program in waiting if not program.hidden)
    say("INFO", f"waiting for {names} to die")
    for program in reversed(waiting):
        program.stop(signal.SIGTERM)
    deadline = time.monotonic() + 5
    for program in reversed(waiting):
        assert program.process is not None
        try:
            program.process.wait(max(0.0, deadline - time.monotonic()))
        except subprocess.TimeoutExpired:
            program.stop(signal.SIGKILL)
        program.say("WARN", f"stopped: {program.name} (terminated by SIGTERM)")


if __name__ == "__main__":
    main()
