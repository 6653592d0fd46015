"""What a gateway does not take: said, and everything serves and stands as before."""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from copy import deepcopy
from typing import Any

import pytest

from tests.higress.higress_machine import KEY, HigressMachine
from tests.higress.upstreams import Upstream, eventually
from tests.world import Ended

pytestmark = pytest.mark.docker

PROXY = "wasmplugins/ai-proxy.internal.yaml"
DEEP = "sk-deep-0123456789"
SOON = 30.0


def stands(machine: HigressMachine) -> tuple[object, ...]:
    """Return all that a refused change must leave alone; versions of objects may rise."""
    resources = {
        str(file): machine.resource(str(file.relative_to(machine.store)))
        for file in machine.store.rglob("*.yaml")
    }
    for one in resources.values():
        for name in ("resourceVersion", "managedFields", "creationTimestamp"):
            one["metadata"].pop(name, None)
    documents = [(machine.data / name).read_text() for name in ("gateway.yaml", "credentials.yaml")]
    return machine.born(), documents, resources


@contextmanager
def unharmed(machine: HigressMachine, provider: Upstream) -> Iterator[None]:
    """What stands and serves before the block does so after it."""
    before = stands(machine)
    yield
    assert stands(machine) == before
    assert not (machine.data / "run/higress/unfinished.json").exists()
    provider.forget()
    status, _, body = machine.ask("gpt-4o")
    assert status == 200, body
    assert provider.last().header("authorization") == f"Bearer {KEY}"
    assert machine.ask("deepseek-chat")[0] == 404


def add(machine: HigressMachine, provider: Upstream, *, expect: int | None = 5) -> Ended:
    """Add a provider that is right in itself."""
    url = f"http://{provider.ip}:8000/v1"
    kind = ("--provider", "deepseek", "--url", url, "--key", DEEP, "--no-check")
    return machine.run("config", "add", *kind, expect=expect)


def test_a_provider_that_higress_cannot_have_is_refused_before_anything_is_written(
    running: HigressMachine, provider: Upstream
) -> None:
    files = {file: file.stat().st_mtime_ns for file in running.store.rglob("*")}
    bad = (
        (("--id", "bad-"), "Higress takes no id that ends in `-`: `bad-`"),
        (("--url", "http://[2001:db8::1]/v1"), "Higress reaches no provider by an IPv6 address"),
    )
    with unharmed(running, provider):
        for flags, words in bad:
            url = () if "--url" in flags else ("--url", f"http://{provider.ip}:8000/v1")
            refused = running.run(
                *("config", "add", "--provider", "custom-openai", *url, *flags, "--no-check"),
                expect=2,
            )
            assert refused.err.startswith(f"error: {words}")
    assert {file: file.stat().st_mtime_ns for file in running.store.rglob("*")} == files


def test_what_envoy_refuses_leaves_the_old_keys_and_routes(
    running: HigressMachine, provider: Upstream
) -> None:
    good = running.resource(PROXY)
    running.put(PROXY, _broken(good))
    eventually(lambda: _problems(running) == ["update_rejected", "store_broken"])
    with unharmed(running, provider), running.streaming(provider):
        refused = add(running, provider)
        assert refused.err.startswith("error: the gateway refused its configuration (")
        assert "; everything is as before" in refused.err
        assert DEEP not in refused.err
    assert _problems(running, expect=5) == ["update_rejected", "store_broken"]
    running.put(PROXY, _raised(good, by=100))
    eventually(lambda: _problems(running) == [])
    add(running, provider, expect=0)
    assert running.ask("deepseek-chat")[0] == 200
    running.run("config", "remove", "--provider", "deepseek")


TOO_MANY = [f"m{number}-*x*" for number in range(200)]
"""Globs that make a regular expression larger than Envoy takes."""


def assert_told(refused: Ended, end: str) -> None:
    """Say which counter rose and what Envoy's log says of it."""
    first, *log = refused.err.partition("error: ")[2].splitlines()
    assert first.startswith("the gateway refused its configuration (http.")
    assert first.endswith(f".rds.http.8080.update_rejected){end}")
    assert any("regex" in line and "program size" in line for line in log), log


def test_routes_that_envoy_refuses_at_a_first_start_are_told_long_before_the_timeout(
    machine: HigressMachine, provider: Upstream
) -> None:
    url = f"http://{provider.ip}:8000/v1"
    glob = {"id": "custom-openai", "type": "custom-openai", "url": url, "models": TOO_MANY}
    document = str(machine.document({**glob, "keys": ["store"]}))
    begun = time.monotonic()
    refused = machine.start("--file", document, "--custom-openai-key", KEY, expect=5)
    assert time.monotonic() - begun < 2 * SOON
    assert_told(refused, "; everything is as before")
    assert machine.containers() == []
    files = [file for file in machine.data.rglob("*") if file.is_file()]
    assert [file for file in files if KEY.encode() in file.read_bytes()] == []


def test_routes_that_envoy_refuses_are_told_soon_and_forgotten_once_they_are_taken_back(
    running: HigressMachine, provider: Upstream
) -> None:
    url = f"http://{provider.ip}:8000/v1"
    glob = ("--provider", "custom-openai", "--id", "glob", "--url", url, "--no-check")
    begun = time.monotonic()
    with unharmed(running, provider):
        refused = running.run("config", "add", *glob, "--models", ",".join(TOO_MANY), expect=5)
    assert time.monotonic() - begun < SOON
    assert_told(refused, "; everything is as before")
    assert _problems(running, expect=0) == []
    assert running.run("plan").code == 0


def test_a_refusal_is_told_after_a_restart_though_one_was_taken_back_before_it(
    settled: HigressMachine, provider: Upstream
) -> None:
    good = settled.resource(PROXY)
    for by in (100, 200):  # more often than after the restart
        settled.put(PROXY, _broken(good, by=by - 50))
        eventually(lambda: "update_rejected" in _problems(settled))
        settled.put(PROXY, _raised(good, by=by))
        eventually(lambda: _problems(settled) == [])
    add(settled, provider, expect=0)
    settled.run("config", "remove", "--provider", "deepseek")
    settled.container.restart()
    eventually(lambda: settled.run("status", expect=None).code == 0)
    good = settled.resource(PROXY)
    settled.put(PROXY, _broken(good))
    eventually(lambda: "update_rejected" in _problems(settled))
    settled.put(PROXY, _raised(good, by=100))
    eventually(lambda: _problems(settled) == [])


def _broken(good: dict[str, Any], by: int = 1) -> dict[str, Any]:
    """Add a provider by hand that Envoy's plugin refuses."""
    broken = _raised(deepcopy(good), by)
    spec = broken["spec"]
    spec["defaultConfig"]["providers"].append({"id": "theirs", "type": "togetherai"})
    rule = {"activeProviderId": "theirs"}
    spec["matchRules"].append(
        {"config": rule, "configDisable": False, "service": ["llm-theirs.internal.dns"]}
    )
    return broken


def _raised(tree: dict[str, Any], by: int = 1) -> dict[str, Any]:
    metadata = tree["metadata"]
    version = str(int(metadata["resourceVersion"]) + by)
    return {**tree, "metadata": {**metadata, "resourceVersion": version}}


def _problems(machine: HigressMachine, *, expect: int | None = None) -> list[str]:
    listed: Any = machine.run("status", "--json", expect=expect).json()["problems"]
    return [one["code"] for one in listed]


def test_other_writers_in_the_console_are_waited_for(
    running: HigressMachine, provider: Upstream
) -> None:
    over, answers = threading.Event(), set()
    mine = running.console("GET", "/v1/ai/providers/openai")[1]["data"]
    account = running.account()
    theirs = {**mine, "name": "theirs", "rawConfigs": {**mine["rawConfigs"], "id": "theirs"}}

    def write() -> None:
        while not over.wait(0.02):
            put = ("PUT", "/v1/ai/providers/theirs", theirs)
            answers.add(running.console_as(*account, *put)[0])

    writers = [threading.Thread(target=write) for _ in range(2)]
    for one in writers:
        one.start()
    try:
        add(running, provider, expect=0)
        assert running.ask("deepseek-chat")[0] == 200
        running.run("config", "remove", "--provider", "deepseek")
    finally:
        over.set()
        for one in writers:
            one.join()
    assert 200 in answers
    assert running.ask("deepseek-chat")[0] == 404
    names = [one["name"] for one in running.console("GET", "/v1/ai/providers")[1]["data"]]
    assert sorted(names) == ["openai", "theirs"]
    running.console("DELETE", "/v1/ai/providers/theirs")
    assert running.run("plan").code == 0


def test_a_console_without_its_store_is_said_and_nothing_is_lost(
    running: HigressMachine, provider: Upstream
) -> None:
    file = running.store / "ingresses" / "zz-mine.yaml"
    file.write_text("a: [1")
    running.sh("pkill -9 -f programs.apiserver")
    eventually(lambda: "FATAL" in running.container.logs().decode())
    assert running.ask("gpt-4o")[0] == 200
    problems: Any = running.run("status", "--json", expect=5).json()["problems"]
    assert {one["code"] for one in problems} >= {"console_silent", "store_broken"}
    file_problem = next(one for one in problems if one["code"] == "store_broken")
    assert str(file) in file_problem["message"]
    documents = running.spec()
    refused = add(running, provider, expect=None)
    assert refused.code in {3, 5}
    assert str(file) in refused.err
    assert DEEP not in refused.err
    assert running.spec() == documents
    assert running.ask("gpt-4o")[0] == 200
    assert running.run("restart", expect=3).err.count(str(file)) >= 1
    assert running.ask("gpt-4o")[0] == 200
    file.unlink()
    running.run("restart")
    assert running.run("status").code == 0
    add(running, provider, expect=0)
    assert running.ask("deepseek-chat")[0] == 200
