"""A gateway from its first start to its end."""

import json
import os
import re
import shlex
from pathlib import Path

import pytest

from tests.envoy.upstream import Upstream
from tests.waiting import until
from tests.world import Machine

pytestmark = pytest.mark.envoy
KEY = "sk-first-0123456789"
DEMO = ("--demo", "--auto-routing-default-model", "demo")


def test_a_gateway_without_a_provider_runs_and_says_how_to_add_one(machine: Machine) -> None:
    ended = machine.start("-q")
    assert ended.err == ""
    assert ended.out.splitlines()[0] == f"gateway higress-ai-gateway runs: {machine.url}"
    assert ended.out.splitlines()[-1].startswith("add a provider: ")
    assert machine.ask("gpt-4o")[0] == 404


def test_a_first_start_says_what_to_do_next_and_only_it(machine: Machine) -> None:
    *_, add, rule = machine.start("--demo", "-g", "two").out.splitlines()
    assert (add.partition(": ")[2], rule.partition(": ")[2]) == (
        'printf %s "$KEY" | aigw -g two config add --provider TYPE --key-stdin',
        "aigw -g two route add --model MODEL --trigger 'deep thinking'",
    )
    again = machine.run("start", "--non-interactive", "-g", "two").out
    assert again.splitlines()[-1].startswith("probe: ")


def test_a_first_start_shows_chats_that_work(machine: Machine) -> None:
    shown = machine.start(*DEMO).out
    commands = [shlex.split(one) for one in re.findall(r": (curl .*\\\n.*)", shown)]
    assert f"aigw logs --follow (files: {machine.data}/logs)\n" in shown
    assert {words[1] for words in commands} == {f"{machine.url}/chat/completions"}
    models = [json.loads(words[-1])["model"] for words in commands]
    assert models == ["demo", "auto"]
    assert [machine.ask(model)[0] for model in models] == [200, 200]


def test_a_start_is_the_first_until_one_has_worked(machine: Machine, upstream: Upstream) -> None:
    machine.run("config", "add", "--provider", "demo")
    taken = upstream.url.rpartition(":")[2]
    machine.run("start", "--non-interactive", "--http-port", taken, expect=5)
    assert f"see its models: curl {machine.url}/models" in machine.start().out
    machine.run("stop")
    assert "see its models" not in machine.start().out


def test_starting_twice_changes_nothing(machine: Machine) -> None:
    first = machine.start("--demo", "--json").json()
    again = machine.run("start", "--non-interactive", "--demo", "--json").json()
    assert (first["created"], again["created"], again["changed"]) == (True, False, [])
    planned = machine.run("plan", "--json").json()
    assert (planned["steps"], planned["in_sync"], planned["diff"]) == ([], True, "")
    assert (planned["engine"], planned["engine_reason"]) == (
        first["engine"],
        first["engine_reason"],
    )


def test_a_key_that_nobody_uses_any_more_is_removed(machine: Machine) -> None:
    machine.start("--demo")
    left = machine.data / "envoy" / "xds" / "sds" / "gone.1.json"
    left.write_text("{}")
    again = machine.run("start", "--non-interactive", "--json").json()
    assert again["changed"] == [{"action": "remove", "what": "key gone.1"}]
    assert not left.exists()
    assert machine.run("plan").code == 0


def test_what_a_killed_writer_left_is_purged(machine: Machine) -> None:
    machine.start("--demo")
    (machine.data / ".credentials.yaml.0123456789ab.tmp").write_text("openai: [sk-left]")
    machine.run("delete", "--purge", "--yes")
    assert not machine.data.exists()


def test_a_hint_is_about_the_gateway_that_was_named(machine: Machine) -> None:
    machine.start("--demo")
    taken = machine.start("-g", "two", expect=5)
    assert (
        f"error: port {machine.port} of 127.0.0.1 is taken by your gateway `higress-ai-gateway`, "
        "which `aigw stop -g higress-ai-gateway` stops"
    ) in taken.err
    assert "\nhint: aigw -g two start --http-port " in taken.err


def test_a_dry_run_changes_nothing(machine: Machine) -> None:
    planned = machine.run("start", "--dry-run", "--demo")
    assert planned.err == ""
    assert planned.out.splitlines()[:2] == [
        "gateway higress-ai-gateway: `aigw start` would",
        "  write gateway.yaml",
    ]
    assert not machine.home.exists()
    assert machine.processes() == []


def test_a_whole_document_is_taken_with_its_comments(machine: Machine, tmp_path: Path) -> None:
    file = tmp_path / "mine.yaml"
    file.write_text(
        "# mine\napiVersion: aigw/v1\nproviders:\n  - {id: demo, type: demo}  # for now\n"
    )
    machine.start("--file", str(file))
    text = (machine.data / "gateway.yaml").read_text()
    assert "# mine\n" in text
    assert "# for now\n" in text
    assert machine.ask("demo")[0] == 200


def test_stopping_restarting_and_starting_again(machine: Machine) -> None:
    machine.start("--demo")
    assert machine.run("restart").out.splitlines()[0].startswith("gateway higress-ai-gateway runs")
    assert machine.run("stop").out == (
        "gateway higress-ai-gateway is stopped\n`aigw start` starts it again\n"
    )
    assert machine.run("stop", "--json").json() == {
        "gateway": "higress-ai-gateway",
        "state": "stopped",
        "drained": True,
    }
    assert machine.run("status", "--json", expect=4).json()["state"] == "stopped"
    assert machine.processes() == []
    machine.run("start", "--non-interactive")
    assert machine.ask("demo")[0] == 200


def test_a_spec_that_would_not_come_up_is_not_gone_down_into(machine: Machine) -> None:
    machine.start("--demo")
    spec = machine.data / "gateway.yaml"
    spec.write_text(spec.read_text() + "nonsense: 1\n")
    refused = machine.run("restart", expect=3)
    assert "nonsense: is unknown" in refused.err
    assert machine.ask("demo")[0] == 200


def test_deleting_asks_a_person_and_leaves_the_data_folder(machine: Machine) -> None:
    machine.start("--demo")
    refused = machine.run("delete", expect=2)
    assert refused.err == "error: there is nobody to ask: give --yes\n\nhint: aigw delete --yes\n"
    assert machine.ask("demo")[0] == 200
    deleted = machine.run("delete", "--yes").out.splitlines()
    assert deleted[-2:] == [
        f"  left {machine.data}",
        "spec, keys and logs are kept; `aigw delete --purge` removes them too",
    ]
    assert machine.processes() == []
    assert sorted(path.name for path in machine.data.iterdir()) == [
        "credentials.yaml",
        "gateway.yaml",
        "lock",
        "logs",
    ]
    assert machine.run("delete", "--yes").out.splitlines() == [
        "gateway higress-ai-gateway does not run, and only its data folder was there",
        *deleted[-2:],
    ]
    machine.run("start", "--non-interactive")
    assert machine.ask("demo")[0] == 200


def test_purging_leaves_nothing_of_ours_and_all_that_is_not(
    machine: Machine, tmp_path: Path
) -> None:
    folder = tmp_path / "my data"
    machine.start("--demo", "--data-folder", str(folder))
    (folder / "notes.txt").write_text("mine")
    deleted = machine.run("delete", "--purge", "--yes", "--json").json()
    assert deleted["left"] == [str(folder)]
    assert [path.name for path in folder.iterdir()] == ["notes.txt"]
    assert list((machine.home / "gateways").iterdir()) == []
    assert machine.processes() == []
    machine.run("delete", "--purge", "--yes", expect=4)


def test_a_taken_port_is_said_with_who_has_it(machine: Machine, upstream: Upstream) -> None:
    port = upstream.url.rpartition(":")[2]
    refused = machine.run("start", "--non-interactive", "--http-port", port, expect=5)
    assert refused.out == ""
    assert re.fullmatch(
        rf"error: port {port} of 127\.0\.0\.1 is taken by `.*` \(process {os.getpid()}\); "
        r"gateway `higress-ai-gateway` was saved, but does not run\n\n"
        r"hint: aigw start --http-port \d+\n",
        refused.err,
    )
    assert machine.processes() == []


def test_without_docker_the_higress_engine_says_so(machine: Machine) -> None:
    refused = machine.run("start", "--non-interactive", "--engine", "higress", expect=5)
    assert refused.err == (
        "error: no Docker engine: DOCKER_HOST (/nowhere/docker.sock): there is no such socket\n\n"
        "hint: unset DOCKER_HOST\n"
    )
    assert "there is none yet" in machine.run("status", expect=4).err


def test_several_gateways_side_by_side(machine: Machine, tmp_path: Path) -> None:
    other = Machine(folder=tmp_path)
    machine.start("--demo")
    other.start("--demo", "-g", "other")
    listed = machine.run("list", "--json").json()["gateways"]
    assert isinstance(listed, list)
    assert [(one["name"], one["state"], one["url"]) for one in listed] == [
        ("higress-ai-gateway", "running", machine.url),
        ("other", "running", other.url),
    ]
    machine.run("delete", "--purge", "--yes", "-g", "other")
    assert machine.ask("demo")[0] == 200


def test_the_requests_are_shown_for_people_and_for_programs(machine: Machine) -> None:
    machine.start(*DEMO)
    machine.ask("auto", "hello")
    machine.ask("unknown-model")
    shown = _until_logged(machine, 3)
    assert any(" 200 POST /v1/chat/completions " in line for line in shown)
    assert any(" 404 POST /v1/chat/completions " in line for line in shown)
    assert not any("/health" in line for line in shown)
    raw = map(json.loads, machine.run("logs", "--json", "--tail", "2").out.splitlines())
    assert [(line["status"], line["stream"]) for line in raw] == [(200, False), (404, False)]
    assert machine.run("logs", "--engine").err == ""


def test_a_log_with_nothing_in_it_is_said_to_be_empty(machine: Machine) -> None:
    machine.run("config", "add", "--provider", "demo")
    assert machine.run("logs").err == "there are no requests yet\n"
    assert machine.run("logs", "--engine").err == "the engine has said nothing yet\n"
    for words in (("-q",), ("--tail", "0")):
        assert machine.run("logs", *words).err == ""
    shown = machine.run("logs", "--json")
    assert (shown.code, shown.out, shown.err) == (0, "", "there are no requests yet\n")


def _until_logged(machine: Machine, count: int) -> list[str]:
    """Read the log until it holds so many requests; the engine writes it every 500 ms."""
    for _ in range(50):
        lines = machine.run("logs").out.splitlines()
        if len(lines) >= count:
            return lines
    raise AssertionError("the requests were never logged")


def test_a_provider_is_probed_through_the_gateway(machine: Machine) -> None:
    machine.start("--demo")
    machine.run(
        *("config", "add", "--provider", "openai", "--key", KEY, "--no-check"),
        *("--url", "http://127.0.0.1:9"),
    )
    status = machine.run("status", "--probe", "--json", expect=5).json()
    providers = status["providers"]
    assert status["state"] == "degraded"
    assert isinstance(providers, list)
    assert [(one["id"], one["state"]) for one in providers] == [
        ("demo", "ok"),
        ("openai", "failed"),
    ]
    told = machine.run("status", "--probe", expect=5).out
    reason = str(providers[1]["detail"])
    assert [line for line in told.splitlines() if reason in line] == [
        f"problem: provider `openai`: {reason}"
    ]
    assert re.search(r"^openai .* failed$", told, re.MULTILINE)


def test_a_gateway_in_the_foreground_ends_with_its_command(machine: Machine) -> None:
    flags = ("start", "--foreground", "--non-interactive", "--demo")
    child = machine.begin(*flags, "--http-port", str(machine.port))
    until(lambda: _answers(machine))
    assert machine.run("status", "--json").json()["pid"] == child.pid
    busy = machine.run(*flags, expect=1)
    assert busy.err.startswith("error: gateway `higress-ai-gateway` runs already")
    child.terminate()
    assert child.wait(20) == 0
    assert machine.processes() == []


def _answers(machine: Machine) -> bool:
    try:
        return machine.ask("demo")[0] == 200
    except OSError:
        return False
