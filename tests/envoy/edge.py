"""A real Envoy with our filters around stand-ins of Higress's plugins.

    with EdgeGateway(spec, tmp_path, upstream) as edge:
        edge.router.routing = AutoRouting(...)      # what the model router decides by, at once
        reply = edge.post("/v1/chat/completions", {...})

`change` alters Envoy's configuration before it is written: a plugin that is not there, a filter
that fails. The key of provider `p` is `sk-p`.
"""

import json
import signal
import subprocess
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path
from types import TracebackType
from typing import Self

from aigw.spec.gateway import GatewaySpec
from tests.envoy.client import Client, ask_socket
from tests.envoy.edge_config import Tree, configuration
from tests.envoy.edge_plugins import ModelRouter
from tests.envoy.gateway import ENVOY, put, wait_for
from tests.envoy.upstream import PATIENCE, Upstream


class EdgeGateway(Client):
    """See the module's docstring."""

    def __init__(
        self,
        spec: GatewaySpec,
        folder: Path,
        upstream: Upstream,
        *,
        rules: Mapping[str, Mapping[str, str]] | None = None,
        change: Callable[[Tree], object] = lambda _: None,
    ) -> None:
        super().__init__()
        self.spec = spec
        self.router = ModelRouter()
        self.router.routing = spec.auto_routing
        self.log = folder / "envoy.log"
        self._file = folder / "edge.json"
        self._sockets = tempfile.TemporaryDirectory(prefix="aigw-test-")
        self._admin = Path(self._sockets.name) / "admin.sock"
        ports = {"upstream": upstream.port, "router": self.router.port}
        self._resources = configuration(spec, ports, rules or {})
        change(self._resources)

    def __enter__(self) -> Self:
        self.router.__enter__()
        admin = {"address": {"pipe": {"path": str(self._admin), "mode": 0o600}}}
        put(self._file, {"admin": admin, "static_resources": self._resources})
        with self.log.open("wb") as log:
            self.process = subprocess.Popen(self._command(), stdout=log, stderr=log)
        try:
            self.port = wait_for(self._listening_port, what=self.log.read_text)
        except BaseException as error:
            self.process.kill()
            self.__exit__(type(error), error, None)
            raise
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.process.send_signal(signal.SIGTERM)
        self.process.wait(PATIENCE)
        self.router.__exit__(kind, error, trace)
        self._sockets.cleanup()

    def _command(self) -> list[str]:
        assert ENVOY, "envoy is not installed"
        options = ["--concurrency", "1", "--disable-hot-restart", "--log-level", "warning"]
        return [ENVOY, "-c", str(self._file), *options]

    def _listening_port(self) -> int | None:
        if self.process.poll() is not None:
            raise AssertionError(self.log.read_text())
        try:
            found = ask_socket(self._admin, "/listeners?format=json")
        except OSError:
            return None
        statuses = json.loads(found).get("listener_statuses", [])
        ports = [status["local_address"]["socket_address"]["port_value"] for status in statuses]
        return ports[0] if ports else None
