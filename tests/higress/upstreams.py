"""Providers and gateways in containers, for tests that need the whole way.

    with Upstream() as provider:                    # a container; provider.ip, plain and TLS
        with Gateway(folder, hosts={"api.openai.com": provider.ip}) as gateway:
            gateway.ready()                         # the port answers
            reply = gateway.post("/v1/chat/completions", {"model": "gpt-4o", "messages": []})
            (request,) = provider.requests()        # method, path, headers, body, port
            provider.answers(answer(status=429, body="{}"), stream("data: a\\n\\n", pause=0.5))

Upstream ports: 80, 8000, 11434 (plain), 443 (TLS, made-up certificate). Without being told, it
answers as its path asks (chat, messages, embeddings, models; a stream when the body asks for one).
"""

import base64
import json
import shutil
import tempfile
import time
import urllib.request
import uuid
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from types import TracebackType
from typing import Any, Self, TypeVar

import docker
from docker.errors import NotFound

from tests.higress import image
from tests.waiting import until

HTTP, CONSOLE = 8080, 8001
PATIENCE = 90.0
"""Seconds for a container to do something: others may keep the machine busy."""

Found = TypeVar("Found")
Json = dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Received:
    """One request as the provider saw it; header names in lower case."""

    method: str
    path: str
    headers: tuple[tuple[str, str], ...]
    body: bytes
    port: int
    at: float

    def header(self, name: str) -> str | None:
        """Return the first value of a header."""
        return next((value for key, value in self.headers if key == name), None)

    def json(self) -> Any:  # noqa: ANN401 - whatever was sent
        """Read the body."""
        return json.loads(self.body)


def eventually(condition: Callable[[], Found]) -> Found:
    """Return the first true value of `condition`, with the patience that containers need."""

    def slowly() -> Found:
        found = condition()
        if not found:
            time.sleep(0.05)  # asking costs more than waiting: much goes through the engine
        return found

    return until(slowly, seconds=PATIENCE)


def answer(
    *, status: int = 200, body: str | object = "{}", headers: Mapping[str, str] | None = None,
    model: str = "", wait: float = 0,
) -> Json:  # fmt: skip
    """Say what a provider answers; `model` limits it to requests for that model."""
    text = body if isinstance(body, str) else json.dumps(body)
    told: Json = {"status": status, "body": text, "headers": dict(headers or {}), "wait": wait}
    return told | ({"model": model} if model else {})


def stream(*texts: str, pause: float = 0.02, cut: bool = False, model: str = "") -> Json:
    """Say which chunks a provider streams; `cut`: the connection ends without an end."""
    told: Json = {"chunks": [[text, pause] for text in texts], "cut": cut}
    return told | ({"model": model} if model else {})


class Container:
    """A container of the stand-in's image that goes away with its `with` block."""

    def __init__(self, name: str) -> None:
        self.name = f"{name}-{uuid.uuid4().hex[:8]}"
        self.client = docker.from_env()
        self.container: Any = None
        self._ip = ""

    def run(self, **options: object) -> None:
        """Create and start it."""
        made: Any = self.client.containers
        options.setdefault("labels", {"aigw.test": "1"})
        self.container = made.run(image.standin(), detach=True, name=self.name, **options)

    @property
    def ip(self) -> str:
        """Return its address on the default bridge."""
        if not self._ip:
            self.container.reload()
            self._ip = str(self.container.attrs["NetworkSettings"]["IPAddress"])
        return self._ip

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        with suppress(NotFound):
            self.container.remove(force=True)
        self.client.close()


class Upstream(Container):
    """A provider."""

    def __init__(self) -> None:
        super().__init__("aigw-test-upstream")

    def __enter__(self) -> Self:
        self.run(entrypoint=["python3", "-m", "standin.upstream"])
        eventually(self._is_up)
        return self

    def _is_up(self) -> bool:
        try:
            self._control("GET", "/requests")
        except OSError:
            return False
        return True

    def _control(self, method: str, path: str, value: object = None) -> Any:  # noqa: ANN401
        data = None if value is None else json.dumps(value).encode()
        request = urllib.request.Request(f"http://{self.ip}:9000{path}", data, method=method)
        with urllib.request.urlopen(request, timeout=10) as reply:
            return json.loads(reply.read())

    def requests(self) -> list[Received]:
        """Return what was asked since the last `forget`."""
        return [
            Received(
                method=one["method"],
                path=one["path"],
                headers=tuple((name, value) for name, value in one["headers"]),
                body=base64.b64decode(one["body"]),
                port=one["port"],
                at=one["at"],
            )
            for one in self._control("GET", "/requests")
        ]

    def last(self) -> Received:
        """Return the last request."""
        return self.requests()[-1]

    def forget(self) -> None:
        """Forget requests and answers."""
        self._control("DELETE", "/requests")

    def answers(self, *told: Json) -> None:
        """Say what to answer: one a request, the last stays."""
        self._control("PUT", "/answers", list(told))


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
        self.place = Path(tempfile.mkdtemp(prefix="aigw-test-higress-"))
        self.data, self.logs = self.place / "data", self.place / "logs"
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
        shutil.rmtree(self.place, ignore_errors=True)

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
        eventually(lambda: path.exists() and len(path.read_text().splitlines()) >= count)
        return path.read_text().splitlines()

    def settled(self, seconds: float = 0.8) -> None:
        """Let a change that is refused arrive: nothing tells of it but a counter."""
        time.sleep(seconds)
