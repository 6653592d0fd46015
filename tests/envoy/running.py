"""A gateway on the embedded engine as a command runs it: data folder, supervisor, real Envoy.

with Running(tmp_path) as running:
    running.apply(running.spec(provider("p", upstream.url)))
    running.ask("gpt-4o")              # status of a chat
    running.supervisor, running.envoy  # who runs, as Identity
"""

import os
import shutil
import signal
import socket
import sys
import tempfile
import threading
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPException, HTTPResponse
from json import dumps
from pathlib import Path
from types import TracebackType
from typing import Self

from aigw.clients import process
from aigw.clients.envoy_admin import UnixConnection
from aigw.clients.process import Identity
from aigw.engines import one_envoy
from aigw.engines.envoy import EnvoyEngine
from aigw.engines.record import read_record
from aigw.spec.gateway import GatewaySpec, Listen
from aigw.spec.provider import ModelPattern, Provider
from aigw.spec.routing import AutoRouting
from aigw.spec.secret import Secret
from aigw.state.paths import Home
from aigw.state.secrets import save_credentials
from tests.waiting import PATIENCE, until
from tests.world import ROOT, free_ports

DEMO = Provider(
    id="demo",
    type="demo",
    models=(ModelPattern("*"),),
    patterns_given=True,
    keys=(),
    url="",
    model_map={},
    options={},
)
NO_ROUTING = AutoRouting()
_COMMAND = """
import json, os, sys
from pathlib import Path
from aigw.engines.envoy import EnvoyEngine
from aigw.spec.reading import parse
from aigw.state.paths import GatewayPaths
folder, runtime, verb, tree = sys.argv[1:]
paths = GatewayPaths(name="g", folder=Path(folder), runtime=Path(runtime))
engine = EnvoyEngine(paths, environ=os.environ)
getattr(engine, verb)(engine.plan(parse(json.loads(tree), source="test")))
print("done", flush=True)
sys.stdin.read()
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Answered:
    """A whole answer; header names in lower case."""

    status: int
    headers: Mapping[str, str]
    body: bytes


class Running:
    """See the module's docstring."""

    def __init__(self, folder: Path, *, name: str = "g") -> None:
        self._sockets = Path(tempfile.mkdtemp(prefix="aigw-test-"))
        home = Home(folder=folder / "home", runtime=self._sockets)
        self.paths = home.prepare(name)
        self.port = free_ports(1)[0]
        self.engine = EnvoyEngine(self.paths, environ=os.environ)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        record = read_record(self.paths)
        ours = (record.supervisor if record else None, one_envoy.living(self.paths))
        for each in ours:
            if each is not None:
                kill(each)
        shutil.rmtree(self._sockets)

    def spec(
        self, *providers: Provider, port: int | None = None, routing: AutoRouting = NO_ROUTING
    ) -> GatewaySpec:
        """Make a spec, with the demo provider when none is named."""
        listen = Listen(http=self.port if port is None else port)
        return GatewaySpec(listen=listen, providers=providers or (DEMO,), auto_routing=routing)

    def keep_keys(self, **keys: tuple[str, ...]) -> None:
        """Replace the stored keys."""
        secrets = {name: tuple(map(Secret, values)) for name, values in keys.items()}
        save_credentials(self.paths.credentials, secrets)

    def apply(self, spec: GatewaySpec) -> None:
        """Make the gateway be what the spec says."""
        self.port = spec.listen.http
        self.engine.apply(self.engine.plan(spec))

    def start(self) -> GatewaySpec:
        """Run the demo provider."""
        spec = self.spec()
        self.apply(spec)
        return spec

    def command(self, verb: str, *, port: int | None = None, **tree: object) -> list[str]:
        """Spell a process that runs `verb` of the engine with the spec `tree`, and waits then."""
        listen = {"http": self.port if port is None else port}
        demo = {"id": "demo", "type": "demo", "models": ["*"]}
        spec = {"apiVersion": "aigw/v1", "listen": listen, "providers": [demo], **tree}
        paths = (str(self.paths.folder), str(self.paths.runtime))
        return [sys.executable, "-c", _COMMAND, *paths, verb, dumps(spec)]

    def environ(self) -> dict[str, str]:
        """Return what a process needs to find the program."""
        return {**os.environ, "PYTHONPATH": str(ROOT)}

    @property
    def supervisor(self) -> Identity:
        """The supervisor that runs."""
        found = self.engine.look().supervisor
        assert found is not None
        return found

    @property
    def envoy(self) -> Identity:
        """The Envoy that runs."""
        found = one_envoy.living(self.paths)
        assert found is not None
        return found

    @property
    def generation(self) -> str:
        """What answers now; empty when nobody does."""
        return self.engine.look().generation

    @contextmanager
    def open(self, text: str, *, model: str = "m", stream: bool = False) -> Iterator[HTTPResponse]:
        """Send a chat and give the answer as soon as its head is there."""
        body = {"model": model, "stream": stream, "messages": [{"role": "user", "content": text}]}
        headers = {"content-type": "application/json"}
        with closing(HTTPConnection("127.0.0.1", self.port, timeout=PATIENCE)) as client:
            client.request("POST", "/v1/chat/completions", dumps(body), headers)
            with closing(client.getresponse()) as answer:
                yield answer

    def ask(self, text: str = "hello", *, model: str = "m") -> Answered:
        """Send a chat and read the whole answer."""
        with self.open(text, model=model) as answer:
            headers = {name.lower(): value for name, value in answer.getheaders()}
            return Answered(status=answer.status, headers=headers, body=answer.read())

    def log_all(self) -> None:
        """Have Envoy log whatever it does."""
        admin = UnixConnection(self.paths.admin_socket, seconds=PATIENCE)
        with closing(admin):
            admin.request("POST", "/logging?level=debug")
            assert admin.getresponse().status == 200

    def refuses(self) -> bool:
        """Say whether nobody listens."""
        with closing(HTTPConnection("127.0.0.1", self.port, timeout=PATIENCE)) as client:
            try:
                client.connect()
            except ConnectionRefusedError:
                return True
        return False


def kill(each: Identity) -> None:
    """End a process as a crash would, and wait until it is gone."""
    process.send(each, signal.SIGKILL)
    until(lambda: process.wait_for_exit(each, seconds=PATIENCE))
    process.reap(each)


def listener(port: int) -> socket.socket:
    """Listen on a port."""
    taken = socket.socket()
    taken.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    taken.bind(("127.0.0.1", port))
    taken.listen()
    return taken


def supervise(running: Running, *options: str) -> list[str]:
    """Spell a supervisor of the gateway's folder."""
    folder = str(running.paths.folder)
    return [sys.executable, "-m", "aigw.engines.supervisor", folder, "--name", "g", *options]


class Load:
    """Clients that ask and ask; `outcomes` counts statuses, and `none` for no answer."""

    def __init__(self, running: Running) -> None:
        self._running = running
        self._over = threading.Event()
        self._threads = [threading.Thread(target=self._ask) for _ in range(4)]
        self.outcomes: Counter[str] = Counter()

    def __enter__(self) -> "Load":
        for thread in self._threads:
            thread.start()
        until(lambda: self.outcomes["200"] > len(self._threads))
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        for thread in self._threads:
            thread.join()

    def _ask(self) -> None:
        while not self._over.is_set():
            try:
                self.outcomes[str(self._running.ask().status)] += 1
            except (OSError, HTTPException):
                self.outcomes["none"] += 1
