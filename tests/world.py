"""A person's machine: its own home, commands as real processes, all of them stopped at the end.

with Machine(tmp_path) as machine:
    machine.run("start", "--demo")              # fails the test unless it ends with 0
    machine.run("config", "list", expect=None)  # any exit code
    machine.processes()                         # all that this machine's gateways run
"""

import json
import os
import re
import socket
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from http.client import HTTPConnection, HTTPResponse
from pathlib import Path
from types import TracebackType
from typing import Self

import psutil

ROOT = Path(__file__).parent.parent
SEEN = re.compile(r"^warning: a key on the command line is seen by other users.*\n", re.MULTILINE)
PATIENCE = 60.0
"""Seconds after which a command that has not ended is a failure."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ended:
    """How a command ended, and what it said."""

    code: int
    out: str
    err: str

    def json(self) -> dict[str, object]:
        """Read what it printed as one JSON object."""
        value = json.loads(self.out)
        assert isinstance(value, dict)
        return value


@dataclass(kw_only=True)
class Machine:
    """A home for gateways under `folder`; see the module's docstring."""

    folder: Path
    environment: Mapping[str, str] = field(default_factory=dict)
    port: int = field(default_factory=lambda: free_ports(1)[0])

    @property
    def home(self) -> Path:
        """What `AIGW_HOME` is set to."""
        return self.folder / "home"

    @property
    def data(self) -> Path:
        """The data folder of the default gateway."""
        return self.home / "gateways" / "higress-ai-gateway"

    @property
    def url(self) -> str:
        """The base URL a client is given."""
        return f"http://127.0.0.1:{self.port}/v1"

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        for process in self.processes():
            process.kill()
        psutil.wait_procs(self.processes(), timeout=10)

    def environ(self) -> dict[str, str]:
        """Return the environment its commands run with: no key of the tester's machine is in it."""
        kept = {name: os.environ[name] for name in ("PATH", "LANG", "TMPDIR") if name in os.environ}
        runtime = self.folder / "r"
        runtime.mkdir(mode=0o700, exist_ok=True)
        return {
            **kept,
            "HOME": str(self.folder),
            "AIGW_HOME": str(self.home),
            "XDG_RUNTIME_DIR": str(runtime),
            "PYTHONPATH": str(ROOT),
            "DOCKER_HOST": "unix:///nowhere/docker.sock",
            **self.environment,
        }

    def command(self, *arguments: str) -> Sequence[str]:
        """Spell a command as it is run."""
        return (sys.executable, "-m", "aigw", *arguments)

    def begin(self, *arguments: str, kept: bool = False) -> "subprocess.Popen[str]":
        """Start a command and do not wait for it; with `kept` what it says can be read."""
        output = subprocess.PIPE if kept else subprocess.DEVNULL
        return subprocess.Popen(
            self.command(*arguments),
            env=self.environ(),
            cwd=self.folder,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            text=True,
        )

    def run(self, *arguments: str, stdin: str = "", expect: int | None = 0) -> Ended:
        """Run a command to its end and check its exit code."""
        done = subprocess.run(
            self.command(*arguments),
            env=self.environ(),
            cwd=self.folder,
            input=stdin,
            capture_output=True,
            text=True,
            timeout=PATIENCE,
            check=False,
        )
        ended = Ended(code=done.returncode, out=done.stdout, err=without_progress(done.stderr))
        assert expect is None or ended.code == expect, (arguments, ended)
        return ended

    def start(self, *arguments: str, expect: int | None = 0) -> Ended:
        """Run `aigw start` without questions on this machine's port."""
        https, console = free_ports(2)
        ports = ("--http-port", self.port, "--https-port", https, "--console-port", console)
        return self.run("start", "--non-interactive", *map(str, ports), *arguments, expect=expect)

    def processes(self) -> list[psutil.Process]:
        """Return every process that runs for a gateway of this home."""
        return list(_processes_of(self.folder))

    def ask(
        self,
        model: str,
        text: str = "hello",
        *,
        body: Mapping[str, object] | None = None,
        key: str = "client",
    ) -> tuple[int, dict[str, str], bytes]:
        """Send one chat request through the gateway: status, headers in lower case, body.

        `key` is the client's own; with an empty one it has none.
        """
        tree = {"model": model, "messages": [{"role": "user", "content": text}], **(body or {})}
        connection = HTTPConnection("127.0.0.1", self.port, timeout=PATIENCE)
        headers = {"content-type": "application/json"}
        headers |= {"authorization": f"Bearer {key}"} if key else {}
        try:
            connection.request("POST", "/v1/chat/completions", json.dumps(tree), headers)
            answer: HTTPResponse = connection.getresponse()
            lower = {name.lower(): value for name, value in answer.getheaders()}
            return answer.status, lower, answer.read()
        finally:
            connection.close()


def without_progress(said: str) -> str:
    """Leave out the lines that tell of a wait: they come on a slow machine, and only there.

    And the warning of a key on the command line: most tests give keys so.
    """
    lines = SEEN.sub("", said).splitlines(keepends=True)
    return "".join(line for line in lines if not line.endswith(" ...\n"))


def free_ports(count: int) -> list[int]:
    """Return ports that nothing listens on now, all different."""
    probes = [socket.socket() for _ in range(count)]
    try:
        for probe in probes:
            probe.bind(("127.0.0.1", 0))
        return [int(probe.getsockname()[1]) for probe in probes]
    finally:
        for probe in probes:
            probe.close()


def _processes_of(folder: Path) -> Iterator[psutil.Process]:
    mark = str(folder)
    for process in psutil.process_iter():
        try:
            if process.status() == psutil.STATUS_ZOMBIE or process.pid == os.getpid():
                continue
            said = [*process.cmdline(), process.environ().get("AIGW_HOME", "")]
        except (psutil.NoSuchProcess, psutil.AccessDenied):
            continue
        if any(mark in part for part in said):
            yield process
