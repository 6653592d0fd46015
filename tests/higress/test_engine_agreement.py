"""What the spec says of a gateway is what its container does, and what its console would write."""

import json
from collections.abc import Iterator
from contextlib import closing
from http.client import HTTPConnection
from pathlib import Path
from typing import Any

import pytest
import yaml

from aigw.rendering.reconcile import same
from tests.higress.higress_machine import HigressMachine
from tests.higress.upstreams import PATIENCE, Upstream

pytestmark = pytest.mark.docker

TABLE = Path(__file__).parents[1] / "fixtures" / "serving_cases.yaml"
GROUPS: dict[str, dict[str, Any]] = yaml.safe_load(TABLE.read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def one(provider: Upstream, tmp_path_factory: pytest.TempPathFactory) -> Iterator[HigressMachine]:
    """One gateway, which is given one group of the table after the other while it runs."""
    with HigressMachine(folder=tmp_path_factory.mktemp("agreement")) as machine:
        give(machine, provider, "precedence")
        yield machine


def give(machine: HigressMachine, provider: Upstream, group: str) -> None:
    """Have the gateway of a group run, every provider of it with a key of its own."""
    url = f"http://{provider.ip}:8000/v1"
    listed = GROUPS[group]["providers"]
    names = {one["id"]: f"KEY_{number}" for number, one in enumerate(listed)}
    machine.environment = {name: f"sk-{one}" for one, name in names.items()}
    providers = [{**one, "url": url, "keys": [f"env:{names[one['id']]}"]} for one in listed]
    machine.start("--file", str(machine.document(*providers)))


def ask(machine: HigressMachine, model: str, forced: str | None) -> tuple[int, dict[str, str]]:
    """Ask for a model, perhaps of one provider; returns status and headers."""
    with closing(HTTPConnection("127.0.0.1", machine.port, timeout=PATIENCE)) as connection:
        headers = {"content-type": "application/json"}
        if forced is not None:
            headers["x-aigw-provider"] = forced
        messages = [{"role": "user", "content": "hi"}]
        body = json.dumps({"model": model, "messages": messages})
        connection.request("POST", "/v1/chat/completions", body, headers)
        answer = connection.getresponse()
        answer.read()
        return answer.status, {name.lower(): value for name, value in answer.getheaders()}


@pytest.mark.parametrize("group", GROUPS)
def test_a_model_goes_to_the_provider_of_the_table(
    one: HigressMachine, provider: Upstream, group: str
) -> None:
    give(one, provider, group)
    wrong = []
    for case in GROUPS[group]["cases"]:
        provider.forget()
        status, headers = ask(one, case["asked"], case.get("forced"))
        got = [
            (asked.header("authorization"), asked.json()["model"]) for asked in provider.requests()
        ]
        wanted = [(f"Bearer sk-{case['provider']}", case["upstream_model"])]
        if case["provider"] is None:
            right = (status, got) == (404, [])
        else:
            right = (status, got, headers.get("x-aigw-provider")) == (200, wanted, case["provider"])
        if not right:
            wrong.append((case["name"], status, got, headers.get("x-aigw-provider")))
    assert wrong == []


def test_saving_everything_in_the_console_changes_versions_only(
    one: HigressMachine, provider: Upstream
) -> None:
    give(one, provider, "precedence")
    user, password = one.account()
    before = _store(one)
    for kind in ("providers", "routes"):
        for name in _names(one, f"/v1/ai/{kind}"):
            path = f"/v1/ai/{kind}/{name}"
            status, answer = one.console_as(user, password, "GET", path)
            assert status == 200, answer
            status, answer = one.console_as(user, password, "PUT", path, answer["data"])
            assert status == 200, answer
    after = _store(one)
    assert after.keys() == before.keys()
    assert [path for path in before if not same(before[path], after[path])] == []
    assert one.run("plan").code == 0
    assert one.run("status").code == 0
    assert ask(one, "gpt-4o-mini", None)[0] == 200


def _names(machine: HigressMachine, path: str) -> list[str]:
    status, answer = machine.console("GET", path)
    assert status == 200, answer
    return [one["name"] for one in answer["data"]]


def _store(machine: HigressMachine) -> dict[str, dict[str, Any]]:
    files = sorted(machine.store.rglob("*.yaml"))
    return {
        str(file.relative_to(machine.store)): yaml.safe_load(file.read_text()) for file in files
    }


def test_who_answered_is_told_where_equal_globs_stand_in_another_order_than_ids(
    one: HigressMachine, provider: Upstream
) -> None:
    url = f"http://{provider.ip}:8000/v1"
    one.environment = {"KEY": "sk-1"}
    listed = [
        {"id": name, "type": "custom-openai", "url": url, "keys": ["env:KEY"], "models": [glob]}
        for name, glob in (("b", "*-b*"), ("a", "*-a*"))
    ]
    one.start("--file", str(one.document(*listed)))
    answered = [ask(one, model, None)[1]["x-aigw-provider"] for model in ("x-a", "x-b", "x-a-b")]
    assert answered == ["a", "b", "b"]
