"""The stand-in's API server and console as processes over a folder, without any container."""

import contextlib
import json
import os
import socket
import ssl
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPException, HTTPResponse, HTTPSConnection
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from tests.waiting import until
from tests.world import ROOT, free_ports

STANDIN = ROOT / "tests" / "higress"
DEFAULTS = STANDIN / "standin" / "defaults"
FIXTURES = ROOT / "tests" / "fixtures" / "higress"
BASIC = "Basic YWRtaW46bWFkZS11cC1wYXNz"
"""The made-up administrator of the recordings."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """One answer, its body as JSON where it is JSON."""

    status: int
    headers: Mapping[str, str]
    body: Any


class ControlPlane:
    """`with ControlPlane(folder) as plane:` runs both processes and stops them."""

    def __init__(self, folder: Path, *, pilot: int | None = None) -> None:
        """Take two free ports; pilot's debug API is on a port of its own, or nowhere."""
        self.folder = folder
        self._processes: list[subprocess.Popen[bytes]] = []
        self._api, self.console = free_ports(2)
        self._pilot = pilot

    def __enter__(self) -> Self:
        self.start_apiserver()
        self.start_console()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        while self._processes:
            self.stop(self._processes.pop())

    def start_apiserver(self) -> subprocess.Popen[bytes]:
        """Start the API server and wait until it answers or has ended."""
        process = self._start("apiserver", "--root", self.folder, "--port", self._api)
        until(lambda: process.poll() is not None or self._api_answers())
        return process

    def start_console(self) -> subprocess.Popen[bytes]:
        """Start the console and wait until it answers."""
        options = ["--host", "127.0.0.1", "--port", self.console]
        options += ["--apiserver", f"https://127.0.0.1:{self._api}"]
        options += ["--pilot", self._pilot] if self._pilot else []
        process = self._start("console", *options)
        until(lambda: process.poll() is not None or self._console_answers())
        assert process.poll() is None, process.communicate()[1].decode()
        return process

    def _start(self, program: str, *options: object) -> subprocess.Popen[bytes]:
        command = [sys.executable, "-m", f"standin.{program}", *map(str, options)]
        environment = {**os.environ, "PYTHONDONTWRITEBYTECODE": "1"}
        process = subprocess.Popen(
            command, cwd=STANDIN, env=environment, stderr=subprocess.PIPE, stdout=subprocess.DEVNULL
        )
        self._processes.append(process)
        return process

    def stop(self, process: subprocess.Popen[bytes]) -> None:
        """Kill a process and close its ends."""
        process.kill()
        process.wait()
        if process.stderr:
            process.stderr.close()

    def request(
        self, method: str, path: str, body: object = None, headers: Mapping[str, str] | None = None
    ) -> Answer:
        """Ask the console; a text is sent as it is, anything else as JSON."""
        text = body if isinstance(body, str) or body is None else json.dumps(body)
        sent = {"Authorization": BASIC, "Content-Type": "application/json"}
        return self.raw(method, path, text, sent if headers is None else headers)

    def raw(self, method: str, path: str, text: str | None, headers: Mapping[str, str]) -> Answer:
        """Ask the console with exactly these headers."""
        connection = HTTPConnection("127.0.0.1", self.console, timeout=30)
        try:
            connection.request(method, path, text.encode() if text is not None else None, headers)
            response = connection.getresponse()
            content = response.read().decode()
            given = dict(response.getheaders())
        finally:
            connection.close()
        is_json = given.get("Content-Type") == "application/json"
        body = json.loads(content) if is_json else content
        return Answer(status=response.status, headers=given, body=body)

    def files(self) -> dict[str, str]:
        """Read every object's file below the folder."""
        return {
            path.relative_to(self.folder).as_posix(): path.read_text(encoding="utf-8")
            for path in self.folder.glob("*/*.yaml")
        }

    def _console_answers(self) -> bool:
        try:
            return self.request("GET", "/healthz/ready", headers={}).status == 200
        except OSError:
            return False

    def _api_answers(self) -> bool:
        try:
            return self.api("GET", "/readyz").status == 200
        except OSError:
            return False

    def api(self, method: str, path: str, body: object = None) -> Answer:
        """Ask the API server."""
        connection = HTTPSConnection("127.0.0.1", self._api, timeout=5, context=_trusting())
        headers = {"Content-Type": "application/json", "User-Agent": "tests/1"}
        try:
            connection.request(method, path, json.dumps(body), headers)
            response = connection.getresponse()
            content = response.read().decode()
            given = dict(response.getheaders())
        finally:
            connection.close()
        is_json = given.get("Content-Type") == "application/json"
        body = json.loads(content) if is_json else content
        return Answer(status=response.status, headers=given, body=body)

    @contextmanager
    def watch(self, path: str) -> Iterator[Callable[[float], list[tuple[str, str]]]]:
        """Watch a kind; the yielded function waits and gives the events since, with their names."""
        connection = HTTPSConnection("127.0.0.1", self._api, timeout=30, context=_trusting())
        connection.request("GET", f"{path}?watch=true")
        response = connection.getresponse()
        seen: list[tuple[str, str]] = []
        reader = threading.Thread(target=_collect, args=(response, seen), daemon=True)
        reader.start()

        def events(seconds: float) -> list[tuple[str, str]]:
            time.sleep(seconds)
            found = list(seen)
            del seen[: len(found)]
            return found

        try:
            yield events
        finally:
            if connection.sock:
                connection.sock.shutdown(socket.SHUT_RDWR)
            reader.join()
            connection.close()


def _collect(response: HTTPResponse, seen: list[tuple[str, str]]) -> None:
    with contextlib.suppress(OSError, ValueError, HTTPException):
        for line in response:
            event = json.loads(line)
            seen.append((event["type"], event["object"]["metadata"]["name"]))


def _trusting() -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context
