"""A real Envoy with a rendered gateway, in a process and a folder of its own.

    with Gateway(spec(provider("openai", upstream.url)), tmp_path) as gateway:
        answer = gateway.post("/v1/chat/completions", {"model": "gpt-4o", "messages": []})
        gateway.lines()     # the access log

`change` alters the rendered configuration before it is written, for what only a test may do:
`reach(upstream)` sends every cluster to a local address and leaves all else as it is.
"""

import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Mapping
from contextlib import closing
from http.client import HTTPConnection
from pathlib import Path
from types import TracebackType
from typing import Any, Self, TypeVar

from msgspec.structs import replace

from aigw.catalog.options import OptionValue
from aigw.rendering.envoy import EnvoyConfig, KeyRing, render
from aigw.rendering.layout import Layout, Limits
from aigw.rendering.resource import Discovery, discovery
from aigw.spec.gateway import GatewaySpec, Listen
from aigw.spec.provider import ModelPattern, Provider
from aigw.spec.secret import Secret, Stored
from tests.envoy.client import Client, ask_socket
from tests.envoy.upstream import PATIENCE, Upstream
from tests.waiting import ended_lines

ENVOY = shutil.which(
    "envoy", path=os.pathsep.join((str(Path(sys.executable).parent), os.environ["PATH"]))
)
GENERATION = "abc123def456"
NO_HURRY = Limits()
Found = TypeVar("Found")


def provider(
    provider_id: str,
    url: str = "",
    *,
    type: str = "custom-openai",
    models: Iterable[str] = ("*",),
    model_map: Mapping[str, str] | None = None,
    options: Mapping[str, OptionValue] | None = None,
) -> Provider:
    """Make a provider; without more it takes every model."""
    return Provider(
        id=provider_id,
        type=type,
        models=tuple(map(ModelPattern, models)),
        patterns_given=True,
        keys=(Stored(),),
        url=url,
        model_map=model_map or {},
        options=options or {},
    )


def keys(**by_provider: Iterable[str]) -> KeyRing:
    """Make a ring of keys."""
    return {name: tuple(map(Secret, values)) for name, values in by_provider.items()}


class Gateway(Client):
    """See the module's docstring. Keys not given are `sk-ID` for each provider."""

    def __init__(
        self,
        wanted: GatewaySpec | Iterable[Provider],
        folder: Path,
        *,
        ring: KeyRing | None = None,
        ca_file: Path | None = None,
        limits: Limits = NO_HURRY,
        change: Callable[[EnvoyConfig], EnvoyConfig] = lambda config: config,
    ) -> None:
        super().__init__()
        if not isinstance(wanted, GatewaySpec):
            wanted = GatewaySpec(providers=tuple(wanted))
        self.spec = replace(wanted, listen=Listen(http=0))
        self.ring = ring or {each.id: (Secret(f"sk-{each.id}"),) for each in wanted.providers}
        self._sockets = tempfile.TemporaryDirectory(prefix="aigw-test-")
        self.layout = Layout(
            folder=folder / "envoy",
            admin_socket=Path(self._sockets.name) / "admin.sock",
            demo_socket=Path(self._sockets.name) / "demo.sock",
            access_log=folder / "access.log",
            ca_file=ca_file or Path(self._sockets.name) / "no-authority.pem",
            limits=limits,
        )
        self.engine_log = folder / "envoy.log"
        self._bootstrap = folder / "envoy" / "bootstrap.json"
        self._change = change

    def __enter__(self) -> Self:
        self.write(render(self.spec, self.ring, self.layout, generation=GENERATION))
        with self.engine_log.open("wb") as log:
            self.process = subprocess.Popen(self._command(), stdout=log, stderr=log)
        try:
            self.port = wait_for(self._listening_port, what=self._words)
        except BaseException:
            self.process.kill()
            self.process.wait()
            self._sockets.cleanup()
            raise
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.process.send_signal(signal.SIGTERM)
        try:
            self.process.wait(PATIENCE)
        except subprocess.TimeoutExpired:
            self.process.kill()
            raise
        finally:
            self._sockets.cleanup()

    def write(self, config: EnvoyConfig) -> None:
        """Write all files of a configuration, each in one step, in the order of a reload."""
        config = self._change(config)
        self._bootstrap.parent.mkdir(parents=True, exist_ok=True)
        put(self._bootstrap, dict(config.bootstrap))
        for name, secret in config.secrets.items():
            put(self.layout.secret(name), secret.tree())
        put(self.layout.clusters, config.clusters.tree())
        put(self.layout.routes, config.routes.tree())
        if not self.layout.listeners.exists():
            put(self.layout.listeners, config.listeners.tree())

    def lines(self, count: int) -> list[dict[str, Any]]:
        """Return the access log once it has that many lines."""

        def written() -> list[dict[str, Any]] | None:
            lines = [json.loads(line) for line in ended_lines(self.layout.access_log)]
            return lines if len(lines) >= count else None

        return wait_for(written, what=lambda: f"fewer than {count} lines were logged")

    def admin(self, path: str) -> str:
        """Ask Envoy's admin interface."""
        return ask_socket(self.layout.admin_socket, path)

    def _command(self) -> list[str]:
        assert ENVOY, "envoy is not installed"
        options = ["--concurrency", "1", "--disable-hot-restart", "--reject-unknown-dynamic-fields"]
        flush = ["--file-flush-interval-msec", "50"]
        return [ENVOY, "-c", str(self._bootstrap), *options, *flush, "--log-level", "warning"]

    def _listening_port(self) -> int | None:
        if self.process.poll() is not None:
            raise AssertionError(self._words())
        try:
            statuses = json.loads(self.admin("/listeners?format=json")).get("listener_statuses", [])
        except OSError:
            return None
        ports = [status["local_address"]["socket_address"]["port_value"] for status in statuses]
        return ports[0] if ports and self._is_served(ports[0]) else None

    def _is_served(self, port: int) -> bool:
        with closing(HTTPConnection("127.0.0.1", port, timeout=PATIENCE)) as client:
            try:
                client.request("GET", "/health")
                with closing(client.getresponse()) as response:
                    return response.status == 200
            except OSError:
                return False

    def _words(self) -> str:
        return self.engine_log.read_text()


def put(path: Path, tree: object) -> None:
    """Write JSON in one step."""
    path.parent.mkdir(parents=True, exist_ok=True)
    new = path.with_suffix(".new")
    new.write_text(json.dumps(tree))
    new.rename(path)


def wait_for(look: Callable[[], Found | None], *, what: Callable[[], str]) -> Found:
    """Look again and again until there is something; else fail with what was last seen."""
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        if (found := look()) is not None:
            return found
        time.sleep(0.005)
    raise AssertionError(what())


def reach(upstream: Upstream) -> Callable[[EnvoyConfig], EnvoyConfig]:
    """Send every cluster to the upstream's address and port, and change nothing else."""

    def change(config: EnvoyConfig) -> EnvoyConfig:
        return replace(config, clusters=_reaching(config.clusters, upstream.port))

    return change


def _reaching(clusters: Discovery, port: int) -> Discovery:
    resources = json.loads(json.dumps(clusters.resources))
    for resource in resources:
        for group in resource["load_assignment"]["endpoints"]:
            for endpoint in group["lb_endpoints"]:
                address = endpoint["endpoint"]["address"]["socket_address"]
                address.update(address="127.0.0.1", port_value=port)
    return discovery(resources)
