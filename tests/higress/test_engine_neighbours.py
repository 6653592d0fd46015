"""What people made in the console beside ours: it works, stays, and is not left dangling."""

import json
import subprocess

import pytest

from tests.higress.edits import BRIDGE, DEEP, PROXY, THEIRS, add, drift
from tests.higress.higress_machine import KEY, HigressMachine, openai
from tests.higress.upstreams import Upstream, eventually

pytestmark = pytest.mark.docker


CREDENTIALS = [{"type": "key-auth", "source": "BEARER", "values": ["a-0123456789"]}]
ALICE = {"name": "alice", "credentials": CREDENTIALS}


def statuses(machine: HigressMachine, model: str) -> list[int]:
    """Ask without a key, with a wrong one and with that of alice."""
    return [machine.ask(model, key=key)[0] for key in ("", "wrong", "a-0123456789")]


def test_who_may_ask_is_said_in_the_console_and_stays(
    settled: HigressMachine, provider: Upstream
) -> None:
    route = settled.console("GET", "/v1/ai/routes/p995-openai")[1]["data"]
    closed = {**route, "authConfig": {"enabled": True, "allowedConsumers": ["alice"]}}
    own = {**closed, "name": "mine", "version": None}
    own["modelPredicates"] = [{"matchType": "EQUAL", "matchValue": "gpt-mine"}]
    for request in (
        ("POST", "/v1/consumers", ALICE),
        ("PUT", "/v1/ai/routes/p995-openai", closed),
        ("POST", "/v1/ai/routes", own),
    ):
        assert settled.console(*request)[0] in range(200, 300)

    shut = [401, 403, 200]
    eventually(lambda: statuses(settled, "gpt-4o") == statuses(settled, "gpt-mine") == shut)
    assert drift(settled) == []
    assert add(settled, provider) == ""
    for model in ("gpt-4o", "gpt-mine"):
        assert statuses(settled, model) == [401, 403, 200]
        assert provider.last().header("authorization") == f"Bearer {KEY}"
        assert "a-0123456789" not in str(provider.last().headers)
    opened = {**route, "version": None}
    assert settled.console("PUT", "/v1/ai/routes/p995-openai", opened)[0] == 200
    assert settled.console("DELETE", "/v1/ai/routes/mine")[0] == 204
    assert settled.console("DELETE", "/v1/consumers/alice")[0] == 204


def test_a_gateway_whose_provider_is_closed_to_all_but_consumers_is_changed_and_started(
    settled: HigressMachine, provider: Upstream
) -> None:
    route = settled.console("GET", "/v1/ai/routes/0-openai")[1]["data"]
    closed = {**route, "authConfig": {"enabled": True, "allowedConsumers": ["alice"]}}
    assert settled.console("POST", "/v1/consumers", ALICE)[0] == 201
    assert settled.console("PUT", "/v1/ai/routes/0-openai", closed)[0] == 200
    eventually(lambda: statuses(settled, "openai/gpt-4o") == [401, 403, 200])
    refused = settled.ask("openai/gpt-4o", key="")
    assert json.loads(refused[2])["error"]["code"] == "invalid_api_key"
    add(settled, provider)
    assert settled.ask("deepseek-chat")[0] == 200
    started = settled.run("restart").out.splitlines()
    assert "probe: its route asks for a consumer's key (401), as the console says" in started
    assert statuses(settled, "openai/gpt-4o") == [401, 403, 200]
    assert settled.console("PUT", "/v1/ai/routes/0-openai", {**route, "version": None})[0] == 200
    assert settled.console("DELETE", "/v1/consumers/alice")[0] == 204


def test_a_closed_route_stays_closed_under_the_name_that_other_patterns_give_it(
    settled: HigressMachine, provider: Upstream
) -> None:
    add(settled, provider)
    route = settled.console("GET", "/v1/ai/routes/p990-deepseek")[1]["data"]
    closed = {**route, "authConfig": {"enabled": True, "allowedConsumers": ["alice"]}}
    assert settled.console("POST", "/v1/consumers", ALICE)[0] == 201
    assert settled.console("PUT", "/v1/ai/routes/p990-deepseek", closed)[0] == 200
    eventually(lambda: statuses(settled, "deepseek-chat") == [401, 403, 200])
    settled.run("config", "add", "--id", "deepseek", "--models", "deep*,seek-*")
    assert statuses(settled, "deepseek-chat") == [401, 403, 200]
    assert statuses(settled, "seek-1") == [401, 403, 200]
    assert settled.run("plan").code == 0
    for name in ("p995-deepseek", "p994-deepseek"):
        route = settled.console("GET", f"/v1/ai/routes/{name}")[1]["data"]
        assert route["authConfig"]["allowedConsumers"] == ["alice"]
        assert settled.console("PUT", f"/v1/ai/routes/{name}", {**route, "version": None})[0] == 200
    assert statuses(settled, "deepseek-chat") == [401, 403, 200]
    settled.run("config", "remove", "--provider", "deepseek")
    assert settled.console("DELETE", "/v1/consumers/alice")[0] == 204


def test_providers_added_in_the_console_leave_nothing_to_do(settled: HigressMachine) -> None:
    added = ("zhipuai", "moonshot")  # their addresses stand the other way round in the alphabet
    for name in added:
        body = {"type": name, "name": name, "tokens": [THEIRS], "rawConfigs": {}}
        assert settled.console("PUT", f"/v1/ai/providers/{name}", body)[0] == 200
    before = settled.resource(BRIDGE)
    try:
        assert settled.run("plan").code == 0
        settled.start()
        assert settled.resource(BRIDGE) == before
    finally:
        for name in added:
            settled.console("DELETE", f"/v1/ai/providers/{name}")


AI_ROUTE = {
    "name": "mine",
    "upstreams": [{"provider": "deepseek", "weight": 100}],
    "modelPredicates": [{"matchType": "PRE", "matchValue": "mine-"}],
}
FALLBACK = {
    **AI_ROUTE,
    "upstreams": [{"provider": "openai", "weight": 100}],
    "fallbackConfig": {
        "enabled": True,
        "upstreams": [{"provider": "deepseek"}],
        "responseCodes": ["5xx"],
    },
}
PLAIN_ROUTE = {
    "name": "mine",
    "path": {"matchType": "PRE", "matchValue": "/mine"},
    "services": [{"name": "llm-deepseek.internal.static", "port": 80, "weight": 100}],
}


@pytest.mark.parametrize(
    ("path", "form", "called"),
    [
        ("/v1/ai/routes", AI_ROUTE, "AI route `mine`"),
        ("/v1/ai/routes", FALLBACK, "AI route `mine`"),
        ("/v1/routes", PLAIN_ROUTE, "route `mine`"),
    ],
    ids=["AI route", "fallback of an AI route", "plain route"],
)
def test_a_provider_that_a_route_of_the_console_needs_is_not_removed(
    settled: HigressMachine, provider: Upstream, path: str, *, form: object, called: str
) -> None:
    before = (settled.data / "gateway.yaml").read_text()
    add(settled, provider)
    assert settled.console("POST", path, form)[0] == 201
    stands = (settled.data / "gateway.yaml").read_text()
    remove = ("config", "remove", "--provider", "deepseek")
    document = settled.document(openai(provider))
    refused = [settled.run(*remove, "--force", expect=2)]
    refused.append(settled.start("--file", str(document), expect=2))
    (settled.data / "gateway.yaml").write_text(before)
    refused += [settled.run(word, expect=2) for word in ("plan", "start", "restart")]
    (settled.data / "gateway.yaml").write_text(stands)
    assert {one.err for one in refused} == {
        f"error: provider `deepseek` is needed by {called} of the console; "
        "change or remove that first\n"
        "\nhint: aigw console --open\n"
    }
    assert settled.run("plan").code == 0
    assert settled.ask("deepseek-chat")[0] == 200
    assert settled.console("DELETE", f"{path}/mine")[0] == 204
    settled.run(*remove)
    assert "deepseek" not in (settled.store / PROXY).read_text()


def test_a_stopped_gateway_keeps_what_a_route_of_the_console_needs_too(
    settled: HigressMachine, provider: Upstream
) -> None:
    add(settled, provider)
    assert settled.console("POST", "/v1/ai/routes", AI_ROUTE)[0] == 201
    settled.run("stop")
    remove = ("config", "remove", "--provider", "deepseek")
    refused = settled.run(*remove, expect=2).err.splitlines()
    words = "provider `deepseek` is needed by AI route `mine` of the console"
    assert refused[0] == f"error: {words}; change or remove that first"
    subprocess.run(refused[-1].removeprefix("hint: "), shell=True, check=True)
    settled.run(*remove)
    settled.start()
    names = [one["name"] for one in settled.console("GET", "/v1/ai/routes")[1]["data"]]
    assert "mine" not in names


def test_a_provider_of_the_console_that_is_taken_over_is_ours_from_then_on(
    settled: HigressMachine, provider: Upstream
) -> None:
    theirs = {"name": "kimi", "type": "moonshot", "protocol": "openai/v1", "tokens": [THEIRS]}
    assert settled.console("PUT", "/v1/ai/providers/kimi", theirs)[0] == 200
    route = {**AI_ROUTE, "upstreams": [{"provider": "kimi", "weight": 100}]}
    assert settled.console("POST", "/v1/ai/routes", route)[0] == 201
    kind = ("--provider", "moonshot", "--id", "kimi", "--url", f"http://{provider.ip}:8000/v1")
    said = settled.run("config", "add", *kind, "--key", DEEP, "--no-check").err
    assert said.splitlines()[0] == (
        "provider `kimi` was made in the console; it is ours from now on: gateway.yaml says what "
        f"it is, and `aigw -g {settled.name} config remove --id kimi` removes it"
    )
    again = settled.run("config", "add", *kind, "--key", KEY, "--no-check")
    assert "was made in the console" not in again.err
    refused = settled.run("config", "remove", "--id", "kimi", expect=2).err
    assert "provider `kimi` is needed by AI route `mine` of the console" in refused
    assert settled.console("DELETE", "/v1/ai/routes/mine")[0] == 204
    settled.run("config", "remove", "--id", "kimi")
    names = [one["name"] for one in settled.console("GET", "/v1/ai/providers")[1]["data"]]
    assert names == ["openai"]
