"""A gateway on the Higress engine is changed while it runs: no restart, and no stream is cut."""

import json
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from tests.higress.higress_machine import KEY, HigressMachine
from tests.higress.upstreams import Upstream, eventually

pytestmark = pytest.mark.docker

PROXY, BRIDGE = "wasmplugins/ai-proxy.internal.yaml", "mcpbridges/default.yaml"
ROUTER = "wasmplugins/model-router.internal.yaml"
SECOND, DEEP = "sk-second-9876543210", "sk-deep-0123456789"
PAIR = "AKIA0123456789:wJalr/made+up<&>EXAMPLE"
ACCOUNT = {
    "client_email": "a@b.iam.gserviceaccount.com",
    "private_key_id": "0123456789",
    "private_key": "-----BEGIN PRIVATE KEY-----\nmade up\n-----END PRIVATE KEY-----\n",
    "token_uri": "https://oauth2.googleapis.com/token",
}


@contextmanager
def undisturbed(machine: HigressMachine, provider: Upstream) -> Iterator[None]:
    """Have a stream run inside the block; at its end it is whole and nothing was restarted."""
    born, listeners = machine.born(), machine.stat("listener_manager.listener_modified")
    with machine.streaming(provider):
        yield
    assert machine.born() == born
    assert machine.stat("listener_manager.listener_modified") == listeners


def add(machine: HigressMachine, provider: Upstream, *more: str, kind: str = "deepseek") -> object:
    """Add a provider that the upstream stands for; returns the generation that was said."""
    url = f"http://{provider.ip}:8000/v1"
    said = machine.run(
        "config", "add", "--provider", kind, "--url", url, "--no-check", *more, "--json"
    )
    changed = said.json()
    assert changed["applied"] is True
    return changed["generation"]


def used(machine: HigressMachine, provider: Upstream, model: str) -> str:
    """Ask once, and say with which key the provider was asked."""
    status, _, body = machine.ask(model)
    assert status == 200, body
    return (provider.last().header("authorization") or "").removeprefix("Bearer ")


def by_console(machine: HigressMachine, path: str) -> bool:
    """Say whether the console wrote an object."""
    fields = machine.resource(path)["metadata"].get("managedFields") or []
    return any(one["manager"] == "Kubernetes Java Client" for one in fields)


def test_keys_that_sign_or_that_are_exchanged_for_tokens_are_taken_and_proved(
    running: HigressMachine, provider: Upstream
) -> None:
    vertex = ("--set", "vertexRegion=europe-west1", "--set", "vertexProjectId=made-up")
    for kind, key, options in (
        ("bedrock", PAIR, ("--set", "awsRegion=us-east-1")),
        ("vertex", json.dumps(ACCOUNT), vertex),
    ):
        with undisturbed(running, provider):
            add = ("config", "add", "--provider", kind, "--key-stdin", "--no-check", *options)
            running.run(*add, stdin=key)
            running.run("config", "remove", "--provider", kind)


def test_a_provider_comes_and_goes_by_the_console_and_leaves_nothing(
    running: HigressMachine, provider: Upstream
) -> None:
    version = int(running.resource(PROXY)["metadata"]["resourceVersion"])
    with undisturbed(running, provider):
        generation = add(running, provider, "--key", DEEP)
        assert used(running, provider, "deepseek-chat") == DEEP
    assert running.ask("gpt-4o")[1]["x-aigw-generation"] == generation
    assert by_console(running, PROXY)
    assert by_console(running, BRIDGE)
    assert by_console(running, "configmaps/ai-route-0-deepseek.yaml")
    assert int(running.resource(PROXY)["metadata"]["resourceVersion"]) > version
    with undisturbed(running, provider):
        running.run("config", "remove", "--provider", "deepseek")
        assert running.ask("deepseek-chat")[0] == 404
    assert used(running, provider, "gpt-4o") == KEY
    left = [file for file in running.store.rglob("*") if "deepseek" in file.name]
    left += [file for file in running.store.rglob("*.yaml") if "deepseek" in file.read_text()]
    assert [str(file) for file in left if file.name != "builtin.yaml"] == []
    assert running.run("plan").code == 0


def test_a_changed_key_and_one_more_are_used_at_once(
    running: HigressMachine, provider: Upstream
) -> None:
    with undisturbed(running, provider):
        add(running, provider, "--key", SECOND, kind="openai")
        assert used(running, provider, "gpt-4o") == SECOND
        add(running, provider, "--key", KEY, "--append", kind="openai")
        eventually(lambda: used(running, provider, "gpt-4o") == KEY)
        eventually(lambda: used(running, provider, "gpt-4o") == SECOND)
        running.run("config", "remove", "--provider", "openai", "--key-ending", SECOND[-4:])
    assert {used(running, provider, "gpt-4o") for _ in range(5)} == {KEY}


def test_a_provider_that_moves_is_asked_at_its_new_place_at_once(
    running: HigressMachine, provider: Upstream
) -> None:
    with Upstream() as other:
        with undisturbed(running, provider):
            add(running, other, kind="openai")
            provider.answers()
            provider.forget()
            assert used(running, other, "gpt-4o") == KEY
        assert [one for one in provider.requests() if b"gpt-4o" in one.body] == []
        add(running, provider, kind="openai")
        assert used(running, provider, "gpt-4o") == KEY


def test_a_type_that_the_console_does_not_know_comes_and_goes_by_file(
    running: HigressMachine, provider: Upstream
) -> None:
    with undisturbed(running, provider):
        running.run(
            *("config", "add", "--provider", "dify", "--id", "app", "--key", "app-0123456789"),
            *("--no-check", "--models", "my-app"),
        )
        names = [one["name"] for one in running.console("GET", "/v1/ai/providers")[1]["data"]]
        assert names == ["openai"]
        assert running.provider_state("app") == "configured"
        running.run("config", "remove", "--id", "app")
    assert "app-0123456789" not in (running.store / PROXY).read_text()
    assert running.ask("my-app")[0] == 404
    assert running.run("plan").code == 0


def test_a_glob_has_no_route_in_the_console_and_serves_all_the_same(
    running: HigressMachine, provider: Upstream
) -> None:
    with undisturbed(running, provider):
        add(running, provider, "--key", DEEP, "--models", "*-turbo,deepseek-chat")
        assert used(running, provider, "any-turbo") == DEEP
        assert running.ask("any-turbo-2")[0] == 404
    routes = [one["name"] for one in running.console("GET", "/v1/ai/routes")[1]["data"]]
    assert [name for name in routes if name.endswith("-deepseek")] == ["0-deepseek", "e-deepseek"]
    running.run("config", "remove", "--provider", "deepseek")
    assert running.ask("any-turbo")[0] == 404
    assert [file.name for file in running.store.rglob("*deepseek*")] == []


def test_rules_of_auto_routing_come_change_and_go_by_file(
    running: HigressMachine, provider: Upstream
) -> None:
    def chosen(text: str) -> str:
        status, _, body = running.ask("higress/auto", text)
        return str(json.loads(body)["model"]) if status == 200 else str(status)

    with undisturbed(running, provider):
        running.run("route", "default", "gpt-4o-mini")
        assert chosen("Hello!") == "gpt-4o-mini"
        version = int(running.resource(ROUTER)["metadata"]["resourceVersion"])
        running.run("route", "add", "--model", "o1-deep", "--trigger", "深入思考", "--name", "deep")
        assert (chosen("深入思考 why?"), chosen("Hello!")) == ("o1-deep", "gpt-4o-mini")
        assert int(running.resource(ROUTER)["metadata"]["resourceVersion"]) > version
        running.run("route", "default", "gpt-4o")
        assert (chosen("深入思考 why?"), chosen("Hello!")) == ("o1-deep", "gpt-4o")
        running.run("route", "remove", "--name", "deep")
        assert chosen("深入思考 why?") == "gpt-4o"
        running.run("route", "off")
        assert chosen("Hello!") == "404"
        again = running.run("route", "off").out
        assert again == "auto-routing is off; nothing changed\n"
    assert not by_console(running, ROUTER)
    assert running.run("plan").code == 0


def test_several_providers_come_at_once_by_a_document(
    running: HigressMachine, provider: Upstream
) -> None:
    kinds = ("moonshot", "groq", "claude", "mistral")
    with undisturbed(running, provider):
        url = f"http://{provider.ip}:8000/v1"
        tree = running.spec()
        tree["providers"] += [
            {"id": kind, "type": kind, "url": url, "keys": [f"env:{kind.upper()}"]}
            for kind in kinds
        ]
        running.environment = {kind.upper(): f"sk-{kind}-0123456789" for kind in kinds}
        file = running.folder / "more.yaml"
        file.write_text(json.dumps(tree))
        running.start("--file", str(file))
        for kind in kinds:
            status, headers, _ = running.ask(f"{kind}/m")
            assert (status, headers["x-aigw-provider"]) == (200, kind)
            said = provider.last()
            sent = said.header("x-api-key") or (said.header("authorization") or "")[7:]
            assert sent == f"sk-{kind}-0123456789"
    for kind in kinds:
        running.run("config", "remove", "--provider", kind)
    assert {used(running, provider, "gpt-4o") for _ in range(2)} == {KEY}
