"""What every test of the command line begins with."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cli.program import Program
from tests.envoy.upstream import Upstream
from tests.fakes import Process
from tests.world import Machine


@pytest.fixture
def aigw(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Program:
    """The program with an empty home; no variable of the tester's machine reaches it."""
    kept = ("PATH", "HOME", "TMPDIR")
    for name in [name for name in os.environ if name not in kept]:
        monkeypatch.delenv(name)
    return Program(home=tmp_path / "home")


@pytest.fixture(scope="module")
def upstream() -> Iterator[Upstream]:
    """A provider that remembers what it was sent."""
    with Upstream() as provider:
        yield provider


@pytest.fixture
def machine(tmp_path: Path) -> Iterator[Machine]:
    """A machine where nothing runs yet, for commands as real processes."""
    with Machine(folder=tmp_path) as one:
        yield one


@pytest.fixture
def process() -> Process:
    """What the fake engine runs."""
    return Process()


@pytest.fixture
def routed(aigw: Program) -> Program:
    """A gateway with two providers and auto-routing."""
    for provider in ("openai", "deepseek"):
        key = ("--key", f"sk-{provider}-0123456789")
        assert aigw("config", "add", "--no-check", "--provider", provider, *key).code == 0
    assert aigw("route", "default", "gpt-4o").code == 0
    return aigw
