"""The questions that every change asks of Docker, without its SDK: importing that takes longer."""

import json
from collections.abc import Mapping, Sequence
from contextlib import closing
from http import HTTPStatus
from http.client import HTTPException
from typing import Any
from urllib.parse import quote, urlencode

from aigw.clients import docker_seen
from aigw.clients.containers import ContainerSeen, DockerInfo, ImageSeen, Ran
from aigw.clients.docker_api import connection
from aigw.clients.docker_exec import Exec, attended, exit_code, frames
from aigw.clients.docker_hosts import DockerHost
from aigw.clients.docker_refusals import gone, refusal

_CALL_SECONDS = 60.0


class QuickDocker:
    """What is seen of one engine, and commands inside containers; see `Containers`."""

    def __init__(self, host: DockerHost) -> None:
        self._host = host

    def info(self) -> DockerInfo:
        """Say what engine it is."""
        return docker_seen.docker_info(self._asked("GET", "/info", "asking what it is"))

    def container(self, name: str) -> ContainerSeen | None:
        """Look at one; None when there is none of exactly that name or id."""
        doing = f"looking at container `{name}`"
        tree = self._asked("GET", f"/containers/{quote(name, safe='')}/json", doing, missing=True)
        # The engine takes the beginning of an id for a name, too.
        if tree is None or name not in {tree["Name"].removeprefix("/"), tree["Id"]}:
            return None
        return docker_seen.container_seen(tree)

    def containers(self, label: str) -> tuple[ContainerSeen, ...]:
        """Look at all that have a label, as `name` or `name=value`, running or not."""
        query = urlencode({"all": "1", "filters": json.dumps({"label": [label]})})
        doing = f"listing the containers labelled {label}"
        found = self._asked("GET", f"/containers/json?{query}", doing)
        seen = (self.container(one["Id"]) for one in found)
        return tuple(one for one in seen if one is not None)

    def image(self, name: str) -> ImageSeen | None:
        """Return an image by name, digest or id; None when it is not here."""
        doing = f"looking at image {name}"
        tree = self._asked("GET", f"/images/{quote(name)}/json", doing, missing=True)
        return docker_seen.image_seen(tree) if tree is not None else None

    def run(self, name: str, command: Sequence[str], *, seconds: float = 30.0) -> Ran:
        """Run a command inside a running container; no key may be in it, the engine shows it."""
        doing = f"running `{command[0]}` in `{name}`"
        wanted = {"Cmd": list(command), "AttachStdout": True, "AttachStderr": True}
        path = f"/containers/{quote(name, safe='')}/exec"
        identity = self._asked("POST", path, doing, body=wanted)["Id"]

        def code() -> int | None:
            return exit_code(self._asked("GET", f"/exec/{identity}/json", doing))

        prepared = Exec(id=identity, doing=doing, stdin=b"", code=code)
        try:
            return attended(self._host, prepared, seconds=seconds)
        except (OSError, HTTPException, ValueError) as error:
            raise gone(self._host, doing, slow=isinstance(error, TimeoutError)) from error

    def logs_tail(self, name: str, lines: int) -> str:
        """Return the last lines that it wrote to stdout and stderr."""
        path = f"/containers/{quote(name, safe='')}/logs?stdout=1&stderr=1&tail={lines}"
        text = self._text("GET", path, f"reading the log of `{name}`")
        return b"".join(frames(text)).decode(errors="replace")

    def _asked(
        self,
        method: str,
        path: str,
        doing: str,
        *,
        body: Mapping[str, object] | None = None,
        missing: bool = False,
    ) -> Any:  # noqa: ANN401 - JSON, of any shape until it was read
        """Return the JSON of an answer; with `missing` None for what is not there."""
        text = self._text(method, path, doing, body=body, missing=missing)
        try:
            return None if missing and not text else json.loads(text)
        except ValueError as error:
            raise gone(self._host, doing, slow=False) from error

    def _text(
        self,
        method: str,
        path: str,
        doing: str,
        *,
        body: Mapping[str, object] | None = None,
        missing: bool = False,
    ) -> bytes:
        """Return the body of an answer; with `missing` nothing for what is not there."""
        major, minor = self._host.api
        content = None if body is None else json.dumps(body)
        headers = {} if content is None else {"content-type": "application/json"}
        try:
            with closing(
                connection(self._host.url, self._host.tls, seconds=_CALL_SECONDS)
            ) as engine:
                engine.request(method, f"/v{major}.{minor}{path}", content, headers)
                answer = engine.getresponse()
                text = answer.read()
        except (OSError, HTTPException) as error:
            raise gone(self._host, doing, slow=isinstance(error, TimeoutError)) from error
        if missing and answer.status == HTTPStatus.NOT_FOUND:
            return b""
        if answer.status in range(200, 300):
            return text
        raise refusal(_said(text), doing, status=answer.status)


def _said(text: bytes) -> str:
    """Return the engine's own words."""
    try:
        return str(json.loads(text)["message"])
    except (ValueError, KeyError, TypeError):
        return text.decode(errors="replace").strip()[:200]
