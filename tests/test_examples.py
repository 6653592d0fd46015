"""The examples are gateways that start."""

import re
import runpy
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from aigw.spec.checking import lints
from aigw.spec.reading import parse
from aigw.state.document import load_tree
from tests.world import PATIENCE, ROOT, Machine

EXAMPLES = sorted((ROOT / "examples").glob("*.yaml"))
"""One a use."""


def with_key_file(path: Path, folder: Path) -> Path:
    """Copy an example so that every key in a file is one in this folder."""
    text = path.read_text(encoding="utf-8")
    copy = folder / path.name
    (folder / "key").write_text("sk-0123456789abcdef\n", encoding="utf-8")
    copy.write_text(re.sub(r"file:/[^\"]+", f"file:{folder / 'key'}", text), encoding="utf-8")
    return copy


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
def test_an_example_is_read_without_a_complaint(path: Path) -> None:
    assert lints(parse(load_tree(path), source=path.name)) == ()


@pytest.mark.envoy
@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
def test_an_example_can_be_started(path: Path, tmp_path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    keys = dict.fromkeys(re.findall(r'"env:(\w+)"', text), "sk-0123456789abcdef")
    with Machine(folder=tmp_path, environment=keys) as machine:
        if "keys: [store" in text:
            machine.run(
                "config",
                "add",
                "--provider",
                "deepseek",
                "--key",
                "sk-fedcba9876543210",
                "--no-check",
            )
        machine.start("--file", str(with_key_file(path, tmp_path)))
        assert machine.run("status", "--json").json()["state"] == "running"


@pytest.mark.envoy
def test_a_newcomer_sees_a_chat_and_an_auto_routed_chat_twice_the_same(tmp_path: Path) -> None:
    with Machine(folder=tmp_path) as machine:
        first, second = (first_chat(machine).partition("$ curl")[2] for _ in range(2))
        assert "x-aigw-model: demo\n" in first
        assert "x-aigw-model: demo-deep\nx-aigw-rule: deep\n" in first
        assert second == first


def test_the_demo_leaves_8080_to_the_gateway_that_a_newcomer_starts_next() -> None:
    free_port = runpy.run_path(str(ROOT / "examples" / "first_chat.py"))["free_port"]
    first = free_port()
    with socket.create_server(("127.0.0.1", first)):
        assert 8080 not in (first, second := free_port())
        assert first != second


def first_chat(machine: Machine) -> str:
    """Run what `make run` runs."""
    return subprocess.run(
        [sys.executable, str(ROOT / "examples" / "first_chat.py")],
        env={**machine.environ(), "AIGW_HTTP_PORT": str(machine.port)},
        cwd=machine.folder,
        check=True,
        stdout=subprocess.PIPE,
        text=True,
        timeout=PATIENCE,
    ).stdout
