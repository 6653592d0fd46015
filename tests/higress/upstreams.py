"""Providers in containers, for tests that need the whole way.

    with Upstream() as provider:            # a container; provider.ip, plain and TLS
        (request,) = provider.requests()    # method, path, headers, body, port
        provider.answers(answer(status=429, body="{}"), stream("data: a\\n\\n", pause=0.5))

Upstream ports: 80, 8000, 11434 (plain), 443 (TLS, made-up certificate). Without being told, it
answers as its path asks (chat, messages, embeddings, models; a stream when the body asks for one).
"""

import base64
import json
import time
import urllib.request
import uuid
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Self, TypeVar

import docker
from docker.errors import NotFound

from tests.higress import image
from tests.waiting import until

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
        try:
            self.container = made.run(image.standin(), detach=True, name=self.name, **options)
        except BaseException:
            self.remove()  # made, perhaps, and not started
            raise

    def remove(self) -> None:
        """Remove it, whatever its state."""
        with suppress(NotFound):
            self.client.containers.get(self.name).remove(force=True)

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
        self.remove()
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
