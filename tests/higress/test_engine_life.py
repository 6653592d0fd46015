"""A gateway on the Higress engine is restarted, stopped, moved to the other engine and deleted."""

import json
import signal
import subprocess
import threading
import time
from pathlib import Path
from typing import Any

import pytest

from tests.higress.higress_machine import KEY, Heard, HigressMachine, openai
from tests.higress.upstreams import Upstream, eventually

pytestmark = pytest.mark.docker


def used(machine: HigressMachine, provider: Upstream) -> str:
    """Ask once, and say with which key the provider was asked."""
    status, _, body = machine.ask("gpt-4o")
    assert status == 200, body
    return (provider.last().header("authorization") or "").removeprefix("Bearer ")


def test_a_running_gateway_is_described_whole(running: HigressMachine) -> None:
    status = running.run("status", "--json").json()
    uptime = status.pop("uptime_seconds")
    assert isinstance(uptime, int)
    generation = running.get("/health")[1]["x-aigw-generation"]
    (provider,) = _listed(status.pop("providers"))
    assert (provider["id"], provider["keys"], provider["state"]) == (
        "openai",
        [f"...{KEY[-4:]}"],
        "configured",
    )
    assert status == {
        "gateway": running.name,
        "engine": "higress",
        "state": "running",
        "url": running.url,
        "console_url": f"http://127.0.0.1:{running.outer[1]}",
        "data_folder": str(running.data),
        "pid": None,
        "container": running.name,
        "generation": generation,
        "in_sync": True,
        "auto_routing": {"enabled": False, "default_model": "", "rules": 0},
        "problems": [],
    }


def _listed(value: object) -> list[dict[str, Any]]:
    assert isinstance(value, list)
    return value


def test_the_console_takes_the_password_that_is_shown(running: HigressMachine) -> None:
    shown = running.run("console", "--password").out.splitlines()
    url, user, password = (line.partition(": ")[2] for line in shown)
    assert url == f"http://127.0.0.1:{running.outer[1]}"
    assert running.console_as(user, password, "GET", "/user/info")[0] == 200
    assert running.console_as(user, "wrong", "GET", "/user/info")[0] == 401
    assert running.run("console").out.splitlines() == [
        *shown[:2],
        f"password: `aigw -g {running.name} console --password` shows it",
    ]
    init = {"adminUser": {"name": "me", "password": "mine"}}
    assert running.console_as(user, "wrong", "POST", "/system/init", init)[0] != 200


def test_the_console_is_opened_in_the_browser_of_the_person(
    running: HigressMachine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    browser, opened = tmp_path / "browser", tmp_path / "opened"
    browser.write_text(f'#!/bin/sh\nprintf %s "$1" > {opened}\n')
    browser.chmod(0o755)
    monkeypatch.setitem(running.environment, "BROWSER", str(browser))
    running.run("console", "--open")
    url = f"http://127.0.0.1:{running.outer[1]}"
    assert eventually(lambda: opened.exists() and opened.read_text()) == url
    monkeypatch.setitem(running.environment, "BROWSER", "false")
    assert f"no browser could be started: open {url}" in running.run("console", "--open").err


def test_the_probe_of_every_provider_is_a_real_request(
    running: HigressMachine, provider: Upstream
) -> None:
    provider.forget()
    status = running.run("status", "--probe", "--json", expect=None).json()
    (one,) = _listed(status["providers"])
    assert one["state"] == "ok"
    assert one["detail"].split()[0] == provider.last().json()["model"]


def test_requests_are_logged_for_people_and_programs(
    running: HigressMachine, provider: Upstream
) -> None:
    provider.forget()
    running.ask("gpt-4o", "a question that nobody should find in a log")
    running.ask("unknown-model")
    shown = eventually(lambda: _lines(running))
    assert any(" 200 POST /v1/chat/completions" in line for line in shown)
    assert any(" 404 POST /v1/chat/completions" in line for line in shown)
    assert not any("/health" in line for line in shown)
    raw = [json.loads(line) for line in running.run("logs", "--json").out.splitlines()]
    (asked,) = (one for one in raw if one["served_model"] == "gpt-4o")
    assert (asked["status"], asked["path"], asked["provider"], asked["usage"]["output"]) == (
        *(200, "/v1/chat/completions", "openai"),
        3,
    )
    assert "nobody should find" not in json.dumps(raw)
    with (running.data / "logs" / "parts" / "console.log").open("a") as log:
        log.write(f"it quotes {KEY}\n")
    words = running.run("logs", "--engine").out
    few = running.run("logs", "--engine", "--tail", "1").out.splitlines()
    assert [line for line in few if line.startswith("==> ")] == few[::2]
    assert "==> gateway" in few
    assert words.index("==> console\n") < words.index("==> gateway\n")
    assert "it quotes " in words
    assert KEY not in words


def _lines(machine: HigressMachine) -> list[str]:
    lines = machine.run("logs").out.splitlines()
    return lines if any(" 404 " in line for line in lines) else []


def test_a_log_that_grows_is_followed(running: HigressMachine) -> None:
    told: list[str] = []
    with subprocess.Popen(
        running.command("logs", "--follow", "--tail", "0"),
        env=running.environ(),
        stdout=subprocess.PIPE,
        text=True,
    ) as child:
        assert child.stdout is not None
        lines = child.stdout
        reader = threading.Thread(target=lambda: told.extend(lines), daemon=True)
        reader.start()
        eventually(lambda: running.ask("gpt-followed")[0] == 200 and bool(told))
        child.terminate()
        reader.join(20)
    assert " gpt-followed provider=openai " in told[0]


def test_a_restart_is_refused_into_a_document_that_would_not_come_up(
    running: HigressMachine, provider: Upstream
) -> None:
    born, spec = running.born(), running.data / "gateway.yaml"
    text = spec.read_text()
    spec.write_text(text + "nonsense: 1\n")
    refused = running.run("restart", expect=3)
    assert "nonsense: is unknown" in refused.err
    spec.write_text(text)
    assert (running.born(), used(running, provider)) == (born, KEY)
    done = running.run("restart", "--json").json()
    assert done["changed"] == [{"action": "restart", "what": "gateway"}]
    assert running.born()[0] == born[0]
    assert running.born() != born
    assert used(running, provider) == KEY


def test_stopping_lets_a_stream_finish_and_takes_no_more_requests(
    running: HigressMachine, provider: Upstream
) -> None:
    with running.streaming(provider, chunks=20, pause=0.1):
        stopped = running.run("stop", "--json").json()
    assert stopped == {"gateway": running.name, "state": "stopped", "drained": True}
    assert running.run("status", "--json", expect=4).json()["state"] == "stopped"
    again = running.run("stop", "--json").json()
    assert again["drained"] is True
    assert running.run("console", expect=4).err.splitlines()[0] == (
        f"error: gateway `{running.name}` is not running"
    )
    changed = running.run(
        *("config", "add", "--provider", "groq", "--key", "sk-groq-0123456789", "--no-check"),
        *("--url", f"http://{provider.ip}:8000/v1", "--json"),
    ).json()
    assert (changed["applied"], changed["generation"]) == (False, None)
    assert running.start().out.splitlines()[0] == f"gateway {running.name} runs: {running.url}"
    assert running.ask("groq/m")[0] == 200
    assert used(running, provider) == KEY


def test_a_stream_that_takes_longer_than_stop_waits_is_cut_and_that_is_said(
    running: HigressMachine, provider: Upstream
) -> None:
    heard = Heard(running.port, provider, chunks=600, pause=0.1)
    heard.begin()
    begun = time.monotonic()
    stopped = running.run("stop", "--timeout", "1")
    assert time.monotonic() - begun < 30
    assert stopped.out.splitlines()[0] == (
        f"gateway {running.name} is stopped; requests that were still running were cut"
    )
    heard.thread.join(30)
    assert not heard.whole()
    provider.forget()
    running.start()
    assert used(running, provider) == KEY


def test_another_engine_takes_over_and_gives_back(
    running: HigressMachine, provider: Upstream
) -> None:
    moved = running.start("--engine", "envoy", "--json")
    assert moved.json()["engine"] == "envoy"
    assert running.containers() == []
    assert used(running, provider) == KEY
    assert running.run("console", expect=2).err.startswith("error: gateway")
    planned = running.start("--engine", "higress", "--dry-run").out.splitlines()
    assert "  move to the higress engine" in planned
    back = running.start("--engine", "higress", "--json").json()
    assert (back["engine"], back["url"]) == ("higress", running.url)
    assert used(running, provider) == KEY
    assert [one for one in running.processes() if "envoy" in one.name()] == []
    assert running.run("plan").code == 0


def test_a_move_for_which_there_is_no_image_stops_nothing(
    running: HigressMachine, provider: Upstream
) -> None:
    running.start("--engine", "envoy")
    before = running.run("status", "--json").json()["pid"]
    refused = running.start("--engine", "higress", "--image-tag", "nosuch", expect=5)
    assert refused.err == (
        "error: none of these images is here\n  aigw-standin:nosuch\n"
        "\nhint: aigw start --engine higress --pull missing\n"
    )
    assert running.run("status", "--json").json()["pid"] == before
    assert used(running, provider) == KEY
    assert running.run("plan").code == 0
    running.start("--engine", "higress")
    assert used(running, provider) == KEY


def test_a_move_that_fails_or_is_interrupted_goes_back(
    running: HigressMachine, provider: Upstream
) -> None:
    running.start("--engine", "envoy")
    failed = running.start("--engine", "higress", "--retain", "--memory", "64m", expect=5)
    assert "it runs on the other engine as before" in failed.err
    assert running.run("status", "--json").json()["engine"] == "envoy"
    assert used(running, provider) == KEY
    kept = len(running.containers())
    child = running.begin("start", "--non-interactive", "--engine", "higress")
    eventually(lambda: len(running.containers()) > kept)
    child.send_signal(signal.SIGINT)
    assert child.wait(90) == 130
    assert running.run("status", "--json").json()["engine"] == "envoy"
    assert used(running, provider) == KEY
    running.start("--engine", "higress")
    assert used(running, provider) == KEY
    assert [one for one in running.processes() if "envoy" in one.name()] == []


def test_two_gateways_stand_side_by_side(
    running: HigressMachine, provider: Upstream, tmp_path: Path
) -> None:
    with HigressMachine(folder=tmp_path, environment={"AIGW_HOME": str(running.home)}) as other:
        other.start("--file", str(other.document(openai(provider))), "--openai-key", KEY)
        found = _listed(running.run("list", "--json").json()["gateways"])
        assert {(one["name"], one["engine"], one["state"], one["url"]) for one in found} == {
            (running.name, "higress", "running", running.url),
            (other.name, "higress", "running", other.url),
        }
        other.run("delete", "--purge", "--yes")
    assert used(running, provider) == KEY
    assert [one["name"] for one in _listed(running.run("list", "--json").json()["gateways"])] == [
        running.name
    ]


def test_a_container_that_a_killed_move_left_is_deleted(running: HigressMachine) -> None:
    running.run("stop")
    (running.data / "run" / "choice.json").write_text('{"engine": "envoy", "reason": "asked for"}')
    running.run("delete", "--yes")
    assert running.containers() == []
    running.start("--engine", "higress")


def test_deleting_leaves_spec_keys_and_logs_and_purging_nothing(
    running: HigressMachine, provider: Upstream
) -> None:
    refused = running.run("delete", expect=2)
    assert "there is nobody to ask" in refused.err
    deleted = running.run("delete", "--yes").out.splitlines()
    assert deleted[:2] == [
        f"deleted gateway {running.name}",
        f"  removed container {running.name}",
    ]
    assert running.containers() == []
    assert (running.data / "gateway.yaml").exists()
    running.run("start", "--non-interactive")
    assert used(running, provider) == KEY
    running.run("delete", "--purge", "--yes")
    assert running.containers() == []
    assert not running.data.exists()
    running.run("status", expect=4)
