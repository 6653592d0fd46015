"""What people change by hand, in the console or in the store: seen, and kept where it is theirs."""

import json
import re
from typing import Any

import pytest
import yaml

from tests.higress.edits import BRIDGE, OPENAI, PROXY, THEIRS, add, drift, edit, steal, used
from tests.higress.higress_machine import KEY, HigressMachine
from tests.higress.upstreams import Upstream, eventually

pytestmark = pytest.mark.docker


def test_what_people_add_in_the_console_stays(settled: HigressMachine, provider: Upstream) -> None:
    before = settled.console("GET", "/v1/ai/providers/openai")[1]["data"]
    theirs = {**before, "name": "theirs", "tokens": [THEIRS]}
    theirs["rawConfigs"] = {**theirs["rawConfigs"], "id": "theirs", "apiTokens": [THEIRS]}
    credentials = [{"type": "key-auth", "source": "BEARER", "values": ["c-0123456789"]}]
    asked = (
        ("PUT", "/v1/ai/providers/theirs", theirs),
        ("POST", "/v1/consumers", {"name": "somebody", "credentials": credentials}),
        (
            "POST",
            "/v1/service-sources",
            {"name": "own", "type": "dns", "domain": "x.test", "port": 80},
        ),
    )
    for request in asked:
        status, answer = settled.console(*request)
        assert status in range(200, 300), (request, answer)
    assert drift(settled) == []
    assert settled.run("plan").code == 0
    assert add(settled, provider) == ""
    names = [one["name"] for one in settled.console("GET", "/v1/ai/providers")[1]["data"]]
    assert sorted(names) == ["deepseek", "openai", "theirs"]
    assert settled.console("GET", "/v1/consumers/somebody")[1]["data"]["name"] == "somebody"
    registries = [one["name"] for one in settled.resource(BRIDGE)["spec"]["registries"]]
    assert {"own", "llm-theirs.internal"} <= set(registries)
    settled.run("config", "remove", "--provider", "deepseek")
    settled.run("restart")
    names = [one["name"] for one in settled.console("GET", "/v1/ai/providers")[1]["data"]]
    assert sorted(names) == ["openai", "theirs"]
    assert settled.console("DELETE", "/v1/ai/providers/theirs")[0] == 204
    assert settled.run("plan").code == 0


def test_a_setting_that_people_add_to_our_provider_stays(
    settled: HigressMachine, provider: Upstream
) -> None:
    failover = {"enabled": True, "failureThreshold": 3, "successThreshold": 1}
    failover |= {"healthCheckInterval": 5000, "healthCheckTimeout": 5000}
    edit(settled, lambda data: data.update(tokenFailoverConfig=failover | MODEL))
    assert drift(settled) == []
    assert add(settled, provider) == ""
    kept = settled.console("GET", OPENAI)[1]["data"]["tokenFailoverConfig"]
    assert {name: kept[name] for name in failover} == failover
    assert used(settled, provider) == KEY


MODEL = {"healthCheckModel": "gpt-4o-mini"}


def test_a_key_changed_in_the_console_is_seen_and_set_back_with_words_and_a_copy(
    settled: HigressMachine, provider: Upstream
) -> None:
    edit(settled, steal)
    eventually(lambda: used(settled, provider) == THEIRS)
    field = f"{PROXY}: spec.defaultConfig.providers[openai].apiTokens"
    assert drift(settled) == [f"{field} was changed by hand; `aigw start` sets it again"]
    assert settled.run("status", "--json").json()["in_sync"] is False
    assert "(as gateway.yaml says, but for changes by hand)" in settled.run("status").out
    planned = settled.run("plan", "--diff", expect=10)
    assert f"  overwrite an edit in {field}" in planned.out.splitlines()
    hidden = [line.strip() for line in planned.out.splitlines() if "hidden" in line]
    assert hidden == ['-      - "[hidden 1]"', '+      - "[hidden 2]"']
    assert [key for key in (THEIRS, KEY) if key in planned.out + planned.err] == []
    started = settled.start()
    copy = settled.data / "run/higress/overwritten/wasmplugins.ai-proxy.internal.yaml"
    assert started.err == (
        f"overwriting a change by hand in {PROXY} (spec.defaultConfig.providers[openai].apiTokens)"
        f"; as it was it is kept as `{copy}`\n"
    )
    assert f"done: overwrite an edit in {field}" in started.out.splitlines()
    assert used(settled, provider) == KEY
    assert THEIRS in copy.read_text()
    assert copy.stat().st_mode & 0o777 == 0o600
    assert drift(settled) == []
    assert settled.run("status", "--json").json()["in_sync"] is True


def test_what_start_would_set_back_in_a_route_is_shown_line_by_line(
    settled: HigressMachine, provider: Upstream
) -> None:
    names = [one["name"] for one in settled.console("GET", "/v1/ai/routes")[1]["data"]]
    gpt = next(name for name in names if _prefix(settled, name) == "gpt-")
    page = f"/v1/ai/routes/{gpt}"
    route = settled.console("GET", page)[1]["data"]
    route["modelPredicates"][0]["matchValue"] = "theirs-"
    route["upstreams"][0]["modelMapping"] = {"gpt-4o": "theirs"}
    assert settled.console("PUT", page, route)[0] == 200
    planned = settled.run("plan", "--diff", "--json", expect=10).json()
    lines = str(planned["diff"]).splitlines()
    assert f"--- configmaps/ai-route-{gpt}.yaml as it is" in lines
    assert {'-      matchValue: "theirs-"', '+      matchValue: "gpt-"'} <= {*lines}
    shown = settled.run("plan", "--diff", expect=10).out.splitlines()
    assert shown[-len(lines) :] == lines
    settled.start()
    assert settled.run("plan", "--diff", "--json").json()["diff"] == ""
    assert used(settled, provider) == KEY


def test_what_another_default_model_changes_is_not_lost_among_generations(
    settled: HigressMachine,
) -> None:
    document = settled.data / "gateway.yaml"
    before = document.read_text()
    tree = {**settled.spec(), "autoRouting": {"enabled": True, "default": "gpt-4o"}}
    document.write_text(json.dumps(tree))
    lines = settled.run("plan", "--diff", expect=10).out.splitlines()
    document.write_text(before)
    heads = [line.split()[1] for line in lines if line.startswith("--- ")]
    assert heads == [
        "applied",
        "wasmplugins/model-router.internal.yaml",
        "envoyfilters/aigw-table.yaml",
    ]
    assert re.fullmatch(r"differing in the generation alone \([0-9a-f]{12}\): \d+", lines[-1])
    assert len(lines) < 100


def test_another_change_of_ours_sets_it_back_with_the_same_words(
    settled: HigressMachine, provider: Upstream
) -> None:
    edit(settled, steal)
    assert add(settled, provider).startswith(f"overwriting a change by hand in {PROXY} (")
    assert used(settled, provider) == KEY


def test_a_route_changed_or_removed_by_hand_is_seen_and_made_again(
    settled: HigressMachine, provider: Upstream
) -> None:
    names = [one["name"] for one in settled.console("GET", "/v1/ai/routes")[1]["data"]]
    gpt = next(name for name in names if _prefix(settled, name) == "gpt-")
    assert settled.console("DELETE", f"/v1/ai/routes/{gpt}")[0] == 204
    eventually(lambda: settled.ask("gpt-4o")[0] == 404)
    assert [one for one in drift(settled) if f"ai-route-{gpt}" in one]
    started = settled.start()
    assert f"making configmaps/ai-route-{gpt}.yaml again, which was removed by hand" in started.err
    assert used(settled, provider) == KEY


def test_a_place_removed_by_hand_is_an_error_that_clients_can_read_until_it_is_there_again(
    settled: HigressMachine, provider: Upstream
) -> None:
    bridge = settled.resource(BRIDGE)
    spec, metadata = bridge["spec"], bridge["metadata"]
    spec["registries"] = [one for one in spec["registries"] if one["name"] != "llm-openai.internal"]
    metadata["resourceVersion"] = str(int(metadata["resourceVersion"]) + 1)
    settled.put(BRIDGE, bridge)
    assert eventually(lambda: _refused(settled)) == (502, "provider_unreachable")
    assert drift(settled)
    settled.start()
    assert used(settled, provider) == KEY


def _refused(machine: HigressMachine) -> tuple[int, str] | tuple[()]:
    status, _, body = machine.ask("gpt-4o")
    return () if status == 200 else (status, json.loads(body)["error"]["code"])


def _prefix(machine: HigressMachine, route: str) -> str:
    """Return the model that a route is for, as it begins."""
    body = json.loads(machine.resource(f"configmaps/ai-route-{route}.yaml")["data"]["data"])
    predicates = body.get("modelPredicates") or [{}]
    return str(predicates[0].get("matchValue"))


def test_a_changed_password_of_the_console_is_used_from_then_on(
    settled: HigressMachine, provider: Upstream
) -> None:
    user, password = settled.account()
    new = {"oldPassword": password, "newPassword": "their-own-password"}
    status, answer = settled.console("POST", "/user/changePassword", new)
    assert status in range(200, 300), answer
    assert settled.account() == (user, "their-own-password")
    assert drift(settled) == []
    assert add(settled, provider) == ""
    assert settled.console("GET", "/user/info")[0] == 200
    assert settled.console_as(user, password, "GET", "/user/info")[0] == 401


def test_a_file_changed_by_hand_so_that_it_cannot_be_read_is_named(
    settled: HigressMachine, provider: Upstream
) -> None:
    good = settled.resource("configmaps/higress-config.yaml")
    file = settled.store / "ingresses" / "mine.yaml"
    file.write_text("a: [1")
    problems: Any = settled.run("status", "--json", expect=None).json()["problems"]
    assert [one["code"] for one in problems] == ["store_broken"]
    assert str(file) in problems[0]["message"]
    refused = settled.run("restart", expect=None)
    assert refused.code == 3
    assert str(file) in refused.err
    assert used(settled, provider) == KEY
    file.unlink()
    assert yaml.safe_load((settled.store / "configmaps/higress-config.yaml").read_text()) == good


def test_a_copy_beside_a_file_is_told_as_a_second_object_and_stops_no_start(
    settled: HigressMachine, provider: Upstream
) -> None:
    folder = settled.store / "ingresses"
    copy = folder / "copy.bak.yaml"
    copy.write_bytes((folder / "aigw-health.internal.yaml").read_bytes())
    told: Any = settled.run("status", "--json").json()["problems"]
    words = "is a second live object, named after its file; it stops no start"
    aside = {"code": "store_copy", "hint": f"mv {copy} {copy}.aside"}
    assert told == [{**aside, "message": f"`{copy}` {words}"}]
    assert f"note: `{copy}` {words}" in settled.run("status").out.splitlines()
    settled.run("restart")
    assert used(settled, provider) == KEY
    copy.unlink()
