"""Commands on a gateway that runs: everything is in force before they return, and said so."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import psutil
import pytest
import yaml

from tests.envoy.upstream import Upstream
from tests.waiting import until
from tests.world import Machine

pytestmark = pytest.mark.envoy
KEY = "sk-first-0123456789"
DEMO = ("--demo", "--auto-routing-default-model", "demo")


def add(machine: Machine, upstream: Upstream, *more: str) -> None:
    """Add a provider that the upstream stands for."""
    url = ("--url", f"{upstream.url}/v1")
    machine.run("config", "add", "--provider", "openai", "--no-check", *url, *more)


def used(machine: Machine, upstream: Upstream) -> list[str]:
    """Ask once and say with which key."""
    status, _, body = machine.ask("gpt-4o")
    assert status == 200, body
    return upstream.last().values("authorization")


def test_flags_change_a_gateway_that_runs(machine: Machine) -> None:
    machine.start("--demo")
    machine.start("--openai-key", KEY, "--openai-models", "gpt-4o", *DEMO)
    listed = machine.run("config", "list", "--json").json()["providers"]
    assert isinstance(listed, list)
    assert [(one["id"], one["models"]) for one in listed] == [
        ("demo", ["demo", "demo-*"]),
        ("openai", ["gpt-4o"]),
    ]
    status, headers, _ = machine.ask("auto", "hello")
    assert (status, headers["x-aigw-rule"]) == (200, "default")


def test_a_new_key_is_used_before_the_command_returns(machine: Machine, upstream: Upstream) -> None:
    machine.start()
    add(machine, upstream, "--key", KEY)
    assert used(machine, upstream) == [f"Bearer {KEY}"]
    ended = machine.run(
        *("config", "add", "--provider", "openai", "--no-check", "--json"),
        *("--key", "sk-second-9876543210"),
    )
    assert used(machine, upstream) == ["Bearer sk-second-9876543210"]
    changed = ended.json()
    assert changed["applied"] is True
    assert machine.ask("gpt-4o")[1]["x-aigw-generation"] == changed["generation"]


def test_a_change_is_one_only_where_something_changes(machine: Machine, upstream: Upstream) -> None:
    machine.start("--demo")
    flags = ("config", "add", "--provider", "openai", "--no-check", "--url", f"{upstream.url}/v1")
    for model, words in {
        "a": "added provider openai (...6789); models a\nthe running gateway uses it now\n",
        "b": "changed provider openai (...6789); models b\nthe running gateway uses it now\n",
    }.items():
        given = (*flags, "--key", KEY, "--models", model)
        assert machine.run(*given).out == words
        assert machine.run(*given).out == "provider openai is as asked already; nothing changed\n"
    assert machine.run("route", "off").out == "auto-routing is off; nothing changed\n"
    spec = machine.data / "gateway.yaml"
    spec.write_text(spec.read_text().replace("- b", "- c"))
    assert machine.run(*flags, "--models", "c").out.startswith("changed provider openai ")


def test_a_removed_provider_serves_nothing_any_more(machine: Machine, upstream: Upstream) -> None:
    machine.start("--demo")
    add(machine, upstream, "--key", KEY)
    assert machine.ask("gpt-4o")[0] == 200
    machine.run("config", "remove", "--provider", "openai")
    assert machine.ask("gpt-4o")[0] == 404
    assert KEY not in (machine.data / "credentials.yaml").read_text()


def test_a_rule_routes_before_the_command_returns(machine: Machine) -> None:
    machine.start(*DEMO)
    machine.run("route", "add", "--model", "demo-large", "--trigger", "deep", "--name", "deep")
    headers = machine.ask("auto", "Deep thoughts")[1]
    assert (headers["x-aigw-rule"], headers["x-aigw-model"]) == ("deep", "demo-large")
    machine.run("route", "remove", "--name", "deep")
    assert machine.ask("auto", "Deep thoughts")[1]["x-aigw-rule"] == "default"


def test_a_change_by_hand_is_seen_and_applied_by_start(machine: Machine) -> None:
    machine.start(*DEMO)
    spec = machine.data / "gateway.yaml"
    spec.write_text(spec.read_text().replace("default: demo", "default: demo-2"))
    status = machine.run("status", "--json").json()
    problems = status["problems"]
    assert isinstance(problems, list)
    assert (status["state"], status["in_sync"]) == ("running", False)
    assert [problem["code"] for problem in problems] == ["out_of_sync"]
    planned = machine.run("plan", "--diff", expect=10)
    assert "-  default: demo\n+  default: demo-2" in planned.out
    machine.run("start", "--non-interactive")
    assert machine.run("status", "--json").json()["in_sync"] is True
    assert machine.ask("auto")[1]["x-aigw-model"] == "demo-2"


def test_a_fallback_is_kept_and_said_to_be_unused(machine: Machine) -> None:
    file, first = machine.folder / "fallback.yaml", {"provider": "b"}
    providers = [{"id": "a", "type": "demo", "fallback": [first]}, {"id": "b", "type": "demo"}]
    file.write_text(json.dumps({"apiVersion": "aigw/v1", "providers": providers}))
    machine.start("--file", str(file))
    (problem,) = json.loads(machine.run("status", "--json").out)["problems"]
    assert problem["code"] == "fallback_unused"
    assert "no engine of this version uses it" in machine.run("status").out
    assert '"fallback"' in machine.run("config", "show", "--json").out


def test_a_key_in_the_environment_is_needed_to_apply_and_named_when_missing(
    machine: Machine, upstream: Upstream, tmp_path: Path
) -> None:
    machine.start()
    before = (machine.data / "gateway.yaml").read_bytes()
    refused = machine.run(
        *("config", "add", "--provider", "openai", "--no-check", "--key-env", "NOT_SET"), expect=3
    )
    assert refused.out == ""
    assert "providers[0].keys[0]: provider `openai` takes its key from $NOT_SET" in refused.err
    assert (machine.data / "gateway.yaml").read_bytes() == before
    with_key = Machine(folder=tmp_path, port=machine.port, environment={"MY_KEY": KEY})
    add(with_key, upstream, "--key-env", "MY_KEY")
    assert used(machine, upstream) == [f"Bearer {KEY}"]
    status = machine.run("status", "--json").json()
    assert (status["state"], status["in_sync"]) == ("running", False)
    assert with_key.run("status", "--json").json()["in_sync"] is True


def test_twenty_providers_added_at_once_are_all_there(machine: Machine, upstream: Upstream) -> None:
    machine.start()
    running = [
        machine.begin(
            *("config", "add", "--provider", "openai", "--id", f"p{number}", "--no-check"),
            *("--url", f"{upstream.url}/v1", "--models", f"model-{number}"),
            *("--key", f"sk-number-{number:02d}-0123456789"),
        )
        for number in range(20)
    ]
    assert [one.wait(120) for one in running] == [0] * 20
    keys = yaml.safe_load((machine.data / "credentials.yaml").read_text())
    assert keys == {f"p{number}": [f"sk-number-{number:02d}-0123456789"] for number in range(20)}
    for number in range(20):
        assert machine.ask(f"model-{number}")[0] == 200
        sent = upstream.last().values("authorization")
        assert sent == [f"Bearer sk-number-{number:02d}-0123456789"]
    assert machine.run("status", "--json").json()["in_sync"] is True


def test_a_gateway_without_its_supervisor_is_degraded_until_started(
    machine: Machine, upstream: Upstream
) -> None:
    machine.start()
    add(machine, upstream, "--key", KEY)
    supervisor = machine.run("status", "--json").json()["pid"]
    assert isinstance(supervisor, int)
    psutil.Process(supervisor).kill()
    until(lambda: not psutil.pid_exists(supervisor) or _ended(supervisor))
    degraded = machine.run("status", "--json", expect=5).json()
    assert degraded["state"] == "degraded"
    problems = degraded["problems"]
    assert isinstance(problems, list)
    assert [problem["code"] for problem in problems] == ["supervisor_gone"]
    assert used(machine, upstream) == [f"Bearer {KEY}"]
    machine.run("start", "--non-interactive")
    assert machine.run("status", "--json").json()["state"] == "running"


def _ended(pid: int) -> bool:
    return psutil.Process(pid).status() == psutil.STATUS_ZOMBIE


def nonsense(spec: Path) -> None:
    """Make a document that cannot be used."""
    spec.write_text(spec.read_text() + "nonsense: 1\n")


def a_folder(spec: Path) -> None:
    """Put something in its place that cannot be read."""
    spec.unlink()
    spec.mkdir()


BROKEN = {
    "invalid": (nonsense, "nonsense: is unknown"),
    "unreadable": (a_folder, "gateway.yaml"),
    "gone": (Path.unlink, "gateway.yaml` is gone"),
}


@pytest.mark.parametrize(("spoil", "words"), BROKEN.values(), ids=BROKEN.keys())
def test_a_spec_that_cannot_be_used_hides_nothing_of_what_is_served(
    machine: Machine, spoil: Callable[[Path], None], words: str
) -> None:
    machine.start(*DEMO)
    healthy = machine.run("status", "--json").json()
    spoil(machine.data / "gateway.yaml")
    for probe in ((), ("--probe",)):
        status = machine.run("status", "--json", *probe, expect=5).json()
        assert {**status, "providers": [], "problems": [], "uptime_seconds": 0} == {
            **healthy,
            **{"providers": [], "problems": [], "uptime_seconds": 0},
            **{"state": "degraded", "in_sync": False},
        }
        providers, problems = status["providers"], status["problems"]
        assert isinstance(providers, list)
        assert isinstance(problems, list)
        assert [one["id"] for one in providers] == ["demo"]
        (problem,) = problems
        assert problem["code"] == "spec_invalid"
        assert str(machine.data / "gateway.yaml") in problem["message"]
        assert words in problem["message"]
    said = machine.run("status", expect=5).out
    assert "\nas applied last:\nauto-routing: no rules, else demo\n" in said
    assert " (it cannot be compared with gateway.yaml)\n" in said
    listed = machine.run("list", "--json").json()["gateways"]
    assert isinstance(listed, list)
    assert [(one["state"], one["url"]) for one in listed] == [("degraded", machine.url)]
    machine.run("stop")
    stopped = machine.run("status", expect=4).out
    assert "\nproblem: " in stopped
    assert words in stopped


def test_a_start_right_after_its_supervisor_was_killed_finds_all_that_serves(
    machine: Machine,
) -> None:
    machine.start("--demo")
    for _ in range(5):
        supervisor = machine.run("status", "--json").json()["pid"]
        assert isinstance(supervisor, int)
        psutil.Process(supervisor).kill()
        started = machine.run("start", "--non-interactive", "--json").json()
        probe = started["probe"]
        assert isinstance(probe, dict)
        assert probe["ok"], probe


def the_demo_socket(machine: Machine) -> None:
    """Remove what a change by itself does not bring back."""
    for socket in (machine.folder / "r").glob("**/demo.sock"):
        socket.unlink()


def the_gateways_folder(machine: Machine) -> None:
    """Remove all sockets, and the folder that was written down."""
    shutil.rmtree(machine.folder / "r" / "aigw")


def the_sessions_folder(machine: Machine) -> None:
    """Remove what a logout removes."""
    shutil.rmtree(machine.folder / "r")


@pytest.mark.parametrize("remove", [the_demo_socket, the_gateways_folder, the_sessions_folder])
@pytest.mark.parametrize("heal", ["start --non-interactive", "restart"])
def test_sockets_that_were_removed_are_missed_and_made_again(
    machine: Machine, remove: Callable[[Machine], None], heal: str
) -> None:
    machine.start("--demo")
    remove(machine)
    status = machine.run("status", "--json", expect=5).json()
    problems = status["problems"]
    assert isinstance(problems, list)
    assert status["state"] == "degraded"
    assert [(one["code"], one["hint"]) for one in problems] == [("sockets_gone", "aigw restart")]
    machine.run(*heal.split())
    assert machine.ask("demo")[0] == 200
    assert machine.run("status", "--json").json()["state"] == "running"


def test_a_change_makes_all_sockets_again(machine: Machine) -> None:
    machine.start("--demo")
    the_gateways_folder(machine)
    machine.run("config", "add", "--provider", "openai", "--no-check", "--key", KEY)
    assert machine.ask("demo")[0] == 200
    assert machine.run("status", "--json").json()["state"] == "running"
