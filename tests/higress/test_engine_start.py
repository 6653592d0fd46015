"""A gateway on the Higress engine begins to serve, and says how."""

import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Self

import pytest

from tests.higress.higress_machine import HIGRESS, KEY, HigressMachine, openai
from tests.higress.upstreams import Upstream, eventually

pytestmark = pytest.mark.docker

SECOND = "sk-second-9876543210"


def test_the_first_start_answers_a_chat_with_the_right_key_and_the_second_has_nothing_to_do(
    machine: HigressMachine, provider: Upstream
) -> None:
    provider.forget()
    file = str(machine.document(openai(provider)))
    started = machine.start("--file", file, "--openai-key", KEY, "--json").json()
    probe = started.pop("probe")
    changed = started.pop("changed")
    console = machine.outer[1]
    assert started == {
        "gateway": machine.name,
        "engine": "higress",
        "engine_reason": "asked for",
        "state": "running",
        "url": machine.url,
        "console_url": f"http://127.0.0.1:{console}",
        "data_folder": str(machine.data),
        "created": True,
        "providers": ["openai"],
        "first": True,
    }
    assert isinstance(probe, dict)
    assert (probe["ok"], probe["status"], probe["what"]) == (True, 200, "/v1/chat/completions")
    assert provider.requests() == []
    assert isinstance(changed, list)
    ports = f"{machine.port}, {machine.outer[0]} and {console} of 127.0.0.1"
    assert {"action": "create", "what": f"container with ports {ports}"} in changed
    status, headers, body = machine.ask("gpt-4o")
    assert (status, headers["x-aigw-provider"], headers["x-aigw-model"]) == (
        200,
        "openai",
        "gpt-4o",
    )
    assert provider.last().header("authorization") == f"Bearer {KEY}"
    assert json.loads(body)["choices"][0]["message"]["content"] == "Hello from stub"
    born, files = machine.born(), _stamps(machine)
    again = machine.start("--json").json()
    assert (again["changed"], again["created"]) == ([], False)
    assert (
        machine.start()
        .out.splitlines()[0]
        .startswith(f"gateway {machine.name} runs already, as it should be: {machine.url}")
    )
    assert machine.run("plan").out == (
        f"gateway {machine.name} is as it should be; nothing to do\n"
    )
    assert (machine.born(), _stamps(machine)) == (born, files)


def _stamps(machine: HigressMachine) -> dict[str, int]:
    """Say when each file of the store was written."""
    return {str(file): file.stat().st_mtime_ns for file in machine.store.rglob("*.yaml")}


def test_without_providers_it_serves_health_and_says_how_to_add_one(
    machine: HigressMachine,
) -> None:
    started = machine.start("-q")
    assert started.err == ""
    first, engine, probe, console, add = started.out.splitlines()
    assert first == f"gateway {machine.name} runs: {machine.url}"
    assert engine == "engine: higress (asked for)"
    assert probe.startswith("probe: /health answered 200 in ")
    assert console.startswith(f"console: http://127.0.0.1:{machine.outer[1]} ")
    assert add.startswith("add a provider: ")
    status, headers, body = machine.ask("gpt-4o")
    assert (status, json.loads(body)["error"]["code"]) == (404, "model_not_found")
    answer = machine.get("/health")
    assert answer[0] == 200
    assert answer[1]["x-aigw-generation"] == machine.run("status", "--json").json()["generation"]
    assert json.loads(machine.get("/v1/models")[2])["data"] == []
    assert headers["x-aigw-generation"] == answer[1]["x-aigw-generation"]


def test_several_keys_are_all_used_and_auto_routing_chooses(
    machine: HigressMachine, provider: Upstream
) -> None:
    provider.forget()
    file = str(machine.document(openai(provider)))
    machine.start(
        *("--file", file, "--openai-key", f"{KEY},{SECOND}"),
        *("--auto-routing", "--auto-routing-default-model", "gpt-4o-mini"),
    )
    machine.run("route", "add", "--model", "o1-deep", "--trigger", "deep thinking|深入思考")
    chosen = {
        text: json.loads(_asked(machine, "higress/auto", text))["model"]
        for text in ("Hello!", "Deep thinking: why?", "深入思考一下", "I like deep thinking")
    }
    assert list(chosen.values()) == ["gpt-4o-mini", "o1-deep", "o1-deep", "gpt-4o-mini"]
    assert json.loads(_asked(machine, "auto", "hello"))["model"] == "gpt-4o-mini"
    eventually(lambda: _asked(machine, "gpt-4o", "hi") and _keys(provider) == {KEY, SECOND})


def _asked(machine: HigressMachine, model: str, text: str) -> bytes:
    status, _, body = machine.ask(model, text)
    assert status == 200, body
    return body


def _keys(provider: Upstream) -> set[str]:
    values = (one.header("authorization") or "" for one in provider.requests())
    return {value.removeprefix("Bearer ") for value in values}


def test_auto_takes_higress_where_the_image_is_here_and_says_so(
    machine: HigressMachine, provider: Upstream
) -> None:
    file = str(machine.document(openai(provider), engine="auto"))
    planned = machine.start("--file", file, "--openai-key", KEY, "--engine", "auto", "--dry-run")
    assert planned.out.splitlines()[:3] == [
        f"gateway {machine.name}: `aigw -g {machine.name} start` would",
        "  write gateway.yaml",
        "  write credentials.yaml",
    ]
    ports = f"{machine.port}, {machine.outer[0]} and {machine.outer[1]} of 127.0.0.1"
    assert planned.out.splitlines()[-2:] == [
        f"  create container with ports {ports}",
        "engine: higress (a Docker engine answers and has the image)",
    ]
    assert not machine.home.exists()
    assert machine.containers() == []
    flags = ("--file", file, "--openai-key", KEY, "--engine", "auto", "--json")
    started = machine.start(*flags).json()
    assert (started["engine"], started["engine_reason"]) == (
        "higress",
        "a Docker engine answers and has the image",
    )
    assert machine.run("start", "--non-interactive", "--json").json()["changed"] == []


def test_auto_takes_the_embedded_engine_where_the_image_is_not_to_be_had(
    machine: HigressMachine,
) -> None:
    missing = ("--image-repo", "b-no-such-image", "--pull", "never", "--engine", "auto")
    planned = machine.start(*missing, "--dry-run")
    assert "  create container" not in planned.out
    started = machine.start(*missing, "--json").json()
    assert (started["engine"], started["engine_reason"]) == (
        "envoy",
        "a Docker engine answers, but the image is not here",
    )
    assert machine.containers() == []


def test_a_dry_run_names_the_image_and_where_it_is_to_come_from(machine: HigressMachine) -> None:
    elsewhere = ("--registry", "example.com", "--image-repo", "d/gateway", "--image-tag", "2")
    planned = machine.start(*elsewhere, "--pull", "missing", "--dry-run")
    assert "  pull image d/gateway:2 from example.com" in planned.out.splitlines()
    file = machine.folder / "gateway.tar"
    file.touch()
    planned = machine.start(*elsewhere, "--image-archive", str(file), "--dry-run")
    assert f"  load image example.com/d/gateway:2 from {file}" in planned.out.splitlines()
    planned = machine.start(*elsewhere, "--pull", "never", "--dry-run")
    want = "for want of image example.com/d/gateway:2, which is not to be pulled"
    assert f"  fail {want}" in planned.out.splitlines()


def test_an_image_that_is_not_here_is_said_and_nothing_runs(machine: HigressMachine) -> None:
    refused = machine.start(*HIGRESS, "--image-tag", "b-no-such-tag", expect=5)
    assert "b-no-such-tag" in refused.err
    assert machine.containers() == []


def test_a_provider_on_this_machine_is_reached_from_the_container_and_that_is_said(
    machine: HigressMachine, provider: Upstream
) -> None:
    with OnThisMachine(provider.container.attrs["NetworkSettings"]["Gateway"]) as here:
        url = f"http://localhost:{here.port}/v1"
        started = machine.start(
            "--file", str(machine.document({"id": "mine", "type": "custom-openai", "url": url}))
        )
        assert started.err == (
            "provider `mine` is on this machine, which the gateway's container reaches as "
            "host.docker.internal; the program behind it must listen on an address that containers "
            "reach, such as 0.0.0.0 or that of Docker's bridge: 127.0.0.1 is none\n"
        )
        status, _, body = machine.ask("mine/model")
        assert (status, json.loads(body)) == (200, {"host": f"host.docker.internal:{here.port}"})
    assert machine.start().err == ""


class OnThisMachine(ThreadingHTTPServer):
    """A provider on the tester's machine, at the address by which containers know it."""

    def __init__(self, address: str) -> None:
        super().__init__((address, 0), _Echo)

    @property
    def port(self) -> int:
        """Where it listens."""
        return int(self.server_address[1])

    def __enter__(self) -> Self:
        threading.Thread(target=self.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self.shutdown()
        self.server_close()


class _Echo(BaseHTTPRequestHandler):
    def log_message(self, format: str, *args: object) -> None:
        """Say nothing."""

    def do_POST(self) -> None:
        """Answer which host was asked for."""
        while self.rfile.readline().strip() != b"0":  # the body comes in chunks
            pass
        body = json.dumps({"host": self.headers["host"]}).encode()
        self.send_response(200)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
