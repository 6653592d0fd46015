"""A gateway that tests do harm to, shared by those of a module: each leaves it well again."""

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from uuid import uuid4

from tests.higress import image
from tests.higress.higress_machine import KEY, HigressMachine, openai
from tests.higress.upstreams import Upstream


@contextmanager
def running(folder: Path, upstream: Upstream) -> Iterator[HigressMachine]:
    """Have a gateway `f-...` that serves one provider."""
    with HigressMachine(folder=folder, name=f"f-gateway-{uuid4().hex[:8]}") as machine:
        machine.start("--file", str(machine.document(openai(upstream))), "--openai-key", KEY)
        yield machine


def expect_well(machine: HigressMachine, upstream: Upstream) -> None:
    """The next `start` is enough: it runs as gateway.yaml says, and chats come to the provider."""
    machine.start()
    status = machine.run("status", "--json").json()
    assert (status["state"], status["in_sync"], status["problems"]) == ("running", True, [])
    upstream.forget()
    code, _, body = machine.ask("gpt-4o")
    assert code == 200, body
    assert upstream.last().header("authorization") == f"Bearer {KEY}"


def problems(machine: HigressMachine) -> Mapping[str, Mapping[str, str]]:
    """Return what `status` says is wrong, by code word."""
    said = machine.run("status", "--json", expect=None)
    listed = json.loads(said.out)["problems"]
    return {one["code"]: one for one in listed}


@contextmanager
def stranger(machine: HigressMachine, name: str, *, ports: tuple[int, ...] = ()) -> Iterator[str]:
    """Have somebody else's container, which runs where it publishes ports; it must survive."""
    made = machine.client.containers.create(
        image.standin(),
        name=name,
        entrypoint=["sleep", "600"],
        ports={f"{inner}/tcp": ("127.0.0.1", port) for inner, port in enumerate(ports, 9000)},
    )
    try:
        if ports:
            made.start()
        yield str(made.id)
        found = machine.client.containers.get(name)
        assert (found.id, found.status) == (made.id, "running" if ports else "created")
    finally:
        made.remove(force=True)
