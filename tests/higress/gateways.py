"""The stand-in in its container, as a test needs it.

with Gateway(folder, hosts={"api.openai.com": provider.ip}) as gateway:
    gateway.ready()                     # the port answers
    reply = gateway.post("/v1/chat/completions", {"model": "gpt-4o", "messages": []})
"""

import json
import shutil
import tempfile
import time
from collections.abc import Mapping
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from tests.higress.upstreams import PATIENCE, Container, Json, eventually
from tests.waiting import ended_lines

HTTP, CONSOLE = 8080, 8001


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """An answer of the gateway, read whole."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    def json(self) -> Any:  # noqa: ANN401 - whatever was answered
        """Read the body."""
        return json.loads(self.body)

    def events(self) -> list[Any]:
        """Read the data of server-sent events that are JSON."""
        lines = [line[5:].strip() for line in self.body.splitlines() if line.startswith(b"data:")]
        return [json.loads(line) for line in lines if line != b"[DONE]"]


class Gateway(Container):
    """The stand-in, with a copy of a data folder."""

    def __init__(
        self,
        folder: Path | None = None,
        *,
        hosts: Mapping[str, str] | None = None,
        environment: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__("aigw-test-gateway")
        self.place = tempfile.TemporaryDirectory(prefix="aigw-test-higress-")
        self.data, self.logs = (Path(self.place.name) / name for name in ("data", "logs"))
        self.logs.mkdir()
        if folder:
            shutil.copytree(folder, self.data)
        else:
            self.data.mkdir()
        self.hosts, self.environment = dict(hosts or {}), dict(environment or {})
        self.ports: Json = {}

    def __enter__(self) -> Self:
        self.run(
            environment={"GATEWAY_CONCURRENCY": "2", **self.environment},
            extra_hosts=self.hosts,
            ports={f"{port}/tcp": ("127.0.0.1", None) for port in (HTTP, CONSOLE)},
            volumes={
                str(self.data): {"bind": "/data", "mode": "rw"},
                str(self.logs): {"bind": "/var/log/proxy", "mode": "rw"},
            },
        )
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        super().__exit__(kind, error, trace)
        self.place.cleanup()

    def port(self, inner: int = HTTP) -> int:
        """Return the host's port for one of the container's; a start gives new ones."""
        if not self.ports:
            self.container.reload()
            self.ports = dict(self.container.ports)
        return int(self.ports[f"{inner}/tcp"][0]["HostPort"])

    def power_cut(self) -> None:
        """Kill the container and start it again."""
        self.container.kill()
        self.container.start()
        self.ports = {}

    def ready(self) -> Self:
        """Wait until the gateway's port answers."""
        eventually(lambda: self.status() is not None)
        return self

    def console_ready(self) -> Self:
        """Wait until the console reaches the store."""
        eventually(lambda: self.status("/system/config", port=CONSOLE) == 200)
        return self

    def status(self, path: str = "/standin-is-ready", *, port: int = HTTP) -> int | None:
        """Return the status of a small request; nothing while the port only resets."""
        try:
            return self.request("GET", path, port=port).status
        except (OSError, HTTPException):
            return None

    def request(
        self,
        method: str,
        path: str,
        body: bytes | None = None,
        headers: Mapping[str, str] | None = None,
        *,
        port: int = HTTP,
    ) -> Reply:
        """Send one request over a connection of its own."""
        connection = HTTPConnection("127.0.0.1", self.port(port), timeout=PATIENCE)
        try:
            connection.request(method, path, body, dict(headers or {}))
            got = connection.getresponse()
            names = {name.lower(): value for name, value in got.getheaders()}
            return Reply(status=got.status, headers=names, body=got.read())
        finally:
            connection.close()

    def post(self, path: str, value: object, **headers: str) -> Reply:
        """Send JSON; underscores in header names become dashes."""
        given = {name.replace("_", "-"): text for name, text in headers.items()}
        body = value if isinstance(value, bytes) else json.dumps(value).encode()
        return self.request("POST", path, body, {"content-type": "application/json", **given})

    def chat(self, model: str, text: str = "Hello!", **headers: str) -> Reply:
        """Ask a model one thing."""
        messages = [{"role": "user", "content": text}]
        return self.post("/v1/chat/completions", {"model": model, "messages": messages}, **headers)

    def sh(self, command: str) -> str:
        """Run a shell command inside and return what it says."""
        done = self.container.exec_run(["sh", "-c", command])
        return str(done.output.decode(errors="replace"))

    def admin(self, path: str) -> str:
        """Ask Envoy's administration."""
        return self.sh(f"curl -s '127.0.0.1:15000{path}'")

    def stat(self, name: str) -> int:
        """Return one of Envoy's counters."""
        lines = self.admin(f"/stats?filter=^{name}$").splitlines()
        return int(lines[0].rpartition(":")[2]) if lines else 0

    def rejected(self, plugin: str) -> int:
        """Return how often a plugin's configuration was refused."""
        prefix = "extension_config_discovery.http_filter.higress-system"
        return self.stat(f"{prefix}.{plugin}.update_rejected")

    def said(self) -> str:
        """Return what `docker logs` shows."""
        return str(self.container.logs().decode())

    def write(self, path: str, text: str) -> None:
        """Replace a file of the store in one step."""
        target = self.data / path
        target.parent.mkdir(parents=True, exist_ok=True)
        temporary = target.parent / f".{target.name}.tmp"
        temporary.write_text(text)
        temporary.rename(target)

    def edit(self, path: str, before: str, after: str) -> None:
        """Replace a text in a file of the store."""
        text = (self.data / path).read_text()
        assert before in text
        self.write(path, text.replace(before, after))

    def lines(self, count: int) -> list[str]:
        """Return the access log once it has that many lines."""
        path = self.logs / "access.log"
        eventually(lambda: len(ended_lines(path)) >= count)
        return ended_lines(path)

    def settled(self, seconds: float = 0.8) -> None:
        """Let a change that is refused arrive: nothing tells of it but a counter."""
        time.sleep(seconds)
