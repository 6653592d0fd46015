"""What people do by hand to a gateway that runs, and what is seen of it."""

from collections.abc import Callable
from typing import Any

from tests.higress.higress_machine import HigressMachine
from tests.higress.upstreams import Upstream

PROXY, BRIDGE = "wasmplugins/ai-proxy.internal.yaml", "mcpbridges/default.yaml"
THEIRS, DEEP = "sk-theirs-0123456789", "sk-deep-0123456789"
OPENAI = "/v1/ai/providers/openai"


def used(machine: HigressMachine, provider: Upstream) -> str:
    """Ask once, and say with which key the provider was asked."""
    status, _, body = machine.ask("gpt-4o")
    assert status == 200, body
    return (provider.last().header("authorization") or "").removeprefix("Bearer ")


def edit(machine: HigressMachine, change: Callable[[dict[str, Any]], None]) -> None:
    """Change our provider in the console, as its page does: all of it is sent back."""
    status, answer = machine.console("GET", OPENAI)
    assert status == 200
    change(answer["data"])
    status, answer = machine.console("PUT", OPENAI, answer["data"])
    assert status == 200, answer


def steal(data: dict[str, Any]) -> None:
    """Change the key."""
    data["tokens"] = [THEIRS]


def drift(machine: HigressMachine) -> list[str]:
    """Return what `status` says of changes by hand."""
    listed: Any = machine.run("status", "--json", expect=None).json()["problems"]
    return [one["message"] for one in listed if one["code"] == "drift"]


def add(machine: HigressMachine, provider: Upstream) -> str:
    """Change something of ours; returns what was said to the person beside the result."""
    url = f"http://{provider.ip}:8000/v1"
    kind = ("--provider", "deepseek", "--url", url, "--key", DEEP, "--no-check")
    return machine.run("config", "add", *kind).err
