"""A person's machine whose gateways run on the Higress engine, in containers of the stand-in.

    with Upstream() as provider, HigressMachine(folder=tmp_path) as machine:
        machine.start("--file", str(machine.document(openai(provider))))
        machine.ask("gpt-4o")                     # through the gateway: status, headers, body
        with machine.streaming(provider):         # a stream runs meanwhile, and comes whole
            machine.run("config", "add", ...)

Every container that was made for a folder of this machine goes with the `with` block.
"""

import json
import os
import threading
import uuid
from base64 import b64encode
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass, field
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from types import TracebackType
from typing import Any

import docker
import yaml
from docker.errors import NotFound

from tests.higress import image
from tests.higress.upstreams import PATIENCE, Upstream, stream
from tests.world import Ended, Machine, free_ports

SLOW_MODEL = "gpt-slow"
KEY = "sk-first-0123456789"


@dataclass(kw_only=True)
class HigressMachine(Machine):
    """A machine with one gateway of a name of its own; see the module's docstring."""

    name: str = field(default_factory=lambda: f"b-gateway-{uuid.uuid4().hex[:8]}")
    client: docker.DockerClient = field(default_factory=docker.from_env)
    outer: tuple[int, int] = field(default_factory=lambda: _two(free_ports(2)))

    @property
    def data(self) -> Path:
        """The data folder of the gateway."""
        return self.home / "gateways" / self.name

    @property
    def store(self) -> Path:
        """The file store of the gateway."""
        return self.data / "higress"

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        for container in self.containers():
            with suppress(NotFound):
                container.remove(force=True)
        self.client.close()
        super().__exit__(kind, error, trace)

    def containers(self) -> list[Any]:
        """Return every container that was made for a gateway of this machine."""
        found: Any = self.client.containers
        listed = found.list(all=True, ignore_removed=True, filters={"label": "aigw.folder"})
        mine = f"{self.folder}{os.sep}"
        return [one for one in listed if one.labels["aigw.folder"].startswith(mine)]

    def environ(self) -> dict[str, str]:
        """Return the environment its commands run with."""
        engine = os.environ.get("DOCKER_HOST", "unix:///var/run/docker.sock")
        return super().environ() | {
            "DOCKER_HOST": engine,
            "AIGW_GATEWAY": self.name,
            **self.environment,
        }

    def start(self, *arguments: str, expect: int | None = 0) -> Ended:
        """Run `aigw start` without questions, the first time with the stand-in's image."""
        https, console = self.outer
        ports = ("--http-port", self.port, "--https-port", https, "--console-port", console)
        tag = image.standin().partition(":")[2]
        stand = ("--image-repo", image.REPOSITORY, "--image-tag", tag, "--pull", "never")
        first = (*map(str, ports), *stand, *(() if "--engine" in arguments else HIGRESS))
        given = () if self.data.exists() else first
        return self.run("start", "--non-interactive", *given, *arguments, expect=expect)

    def document(self, *providers: Mapping[str, object], **more: object) -> Path:
        """Write a gateway.yaml outside of every gateway, to be taken by `start --file`."""
        tag = image.standin().partition(":")[2]
        https, console = self.outer
        tree = {
            "apiVersion": "aigw/v1",
            "engine": "higress",
            "listen": {"http": self.port, "https": https, "console": console},
            "image": {"repository": image.REPOSITORY, "tag": tag, "pull": "never"},
            "providers": list(providers),
            **more,
        }
        file = self.folder / f"{uuid.uuid4().hex[:8]}.yaml"
        file.write_text(yaml.safe_dump(tree, sort_keys=False))
        return file

    def get(self, path: str) -> tuple[int, dict[str, str], bytes]:
        """Ask the gateway for a path: status, headers in lower case, body."""
        with closing(HTTPConnection("127.0.0.1", self.port, timeout=PATIENCE)) as connection:
            connection.request("GET", path)
            answer = connection.getresponse()
            lower = {name.lower(): value for name, value in answer.getheaders()}
            return answer.status, lower, answer.read()

    @property
    def container(self) -> Any:  # noqa: ANN401 - the SDK has no types here
        """The gateway's container as it is now."""
        found: Any = self.client.containers
        return found.get(self.name)

    def spec(self) -> dict[str, Any]:
        """Read the gateway's document."""
        tree = yaml.safe_load((self.data / "gateway.yaml").read_text())
        assert isinstance(tree, dict)
        return tree

    def provider_state(self, name: str) -> str:
        """Return what `status` says of a provider."""
        listed: Any = self.run("status", "--json").json()["providers"]
        return next(str(one["state"]) for one in listed if one["id"] == name)

    def stat(self, name: str) -> int:
        """Return one of Envoy's counters."""
        lines = self.sh(f"curl -s '127.0.0.1:15000/stats?filter=^{name}$'").splitlines()
        return int(lines[0].rpartition(":")[2]) if lines else 0

    def born(self) -> tuple[str, str]:
        """Say which container it is and when it was started: alike means nothing was restarted."""
        container = self.container
        return container.id, container.attrs["State"]["StartedAt"]

    def sh(self, command: str) -> str:
        """Run a shell command inside and return what it says."""
        done = self.container.exec_run(["sh", "-c", command])
        return str(done.output.decode(errors="replace"))

    def end_part(self, name: str) -> None:
        """End a part of the container once; it starts again."""
        self.sh(f"pkill -9 -f '{name}'")

    def console(self, method: str, path: str, body: object = None) -> tuple[int, Any]:
        """Ask the console as its administrator."""
        user, password = self.account()
        return self.console_as(user, password, method, path, body)

    def console_as(self, user: str, password: str, *request: Any) -> tuple[int, Any]:  # noqa: ANN401
        """Ask the console as somebody: method, path and perhaps a body."""
        method, path, body = (*request, None)[:3]
        basic = b64encode(f"{user}:{password}".encode()).decode()
        headers = {"authorization": f"Basic {basic}", "content-type": "application/json"}
        content = None if body is None else json.dumps(body)
        with closing(HTTPConnection("127.0.0.1", self.outer[1], timeout=PATIENCE)) as connection:
            connection.request(method, path, content, headers)
            answer = connection.getresponse()
            text = answer.read()
            return answer.status, json.loads(text) if text else None

    def account(self) -> tuple[str, str]:
        """Return who `aigw console --password` says is administrator."""
        shown = self.run("console", "--password", "--json").json()
        return str(shown["user"]), str(shown["password"])

    def resource(self, path: str) -> dict[str, Any]:
        """Read an object of the store."""
        tree = yaml.safe_load((self.store / path).read_text())
        assert isinstance(tree, dict)
        return tree

    def put(self, path: str, tree: object) -> None:
        """Replace an object of the store by hand, as an editor does."""
        target = self.store / path
        temporary = target.with_name(f".{target.name}.tmp")
        temporary.write_text(yaml.safe_dump(tree))
        temporary.rename(target)

    @contextmanager
    def streaming(
        self, upstream: Upstream, *, chunks: int = 20, pause: float = 0.1
    ) -> Iterator[None]:
        """Have a stream run through the gateway inside the block; it must come whole."""
        heard = Heard(self.port, upstream, chunks=chunks, pause=pause)
        heard.begin()
        try:
            yield
        finally:
            heard.thread.join(PATIENCE)
        assert heard.whole(), heard.text


class Heard:
    """A stream that a client listens to."""

    def __init__(self, port: int, upstream: Upstream, *, chunks: int, pause: float) -> None:
        self.port, self.chunks, self.text = port, chunks, b""
        upstream.answers(stream(*map(_chunk, range(chunks)), pause=pause, model=SLOW_MODEL))
        self.thread = threading.Thread(target=self._listen, daemon=True)
        self._began = threading.Event()

    def begin(self) -> None:
        """Ask, and wait for the first word."""
        self.thread.start()
        assert self._began.wait(PATIENCE)

    def whole(self) -> bool:
        """Say whether all of it came."""
        return all(_chunk(number).strip().encode() in self.text for number in range(self.chunks))

    def _listen(self) -> None:
        messages = [{"role": "user", "content": "tell me"}]
        body = json.dumps({"model": SLOW_MODEL, "stream": True, "messages": messages})
        headers = {"content-type": "application/json"}
        with closing(HTTPConnection("127.0.0.1", self.port, timeout=PATIENCE)) as connection:
            connection.request("POST", "/v1/chat/completions", body, headers)
            answer = connection.getresponse()
            with suppress(OSError, HTTPException):
                while part := answer.read1():
                    self.text += part
                    self._began.set()
        self._began.set()


HIGRESS = ("--engine", "higress")


def openai(upstream: Upstream, **more: object) -> dict[str, object]:
    """Return the provider `openai` of a gateway.yaml, which the upstream stands for."""
    url = f"http://{upstream.ip}:8000/v1"
    return {"id": "openai", "type": "openai", "url": url, "keys": ["store"], **more}


def _chunk(number: int) -> str:
    delta = {"index": 0, "delta": {"content": f"word {number} "}}
    chunk = {"id": "c", "object": "chat.completion.chunk", "choices": [delta]}
    return f"data: {json.dumps(chunk)}\n\n"


def _two(ports: list[int]) -> tuple[int, int]:
    one, other = ports
    return one, other
