"""What breaks inside a container that is up is told by name, harms nothing else, and is mended."""

import shlex
import subprocess
import time
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from tests.higress.faults.faulty import expect_well, problems
from tests.higress.higress_machine import KEY, HigressMachine
from tests.higress.test_engine_refusals import stands
from tests.higress.upstreams import Upstream, eventually

pytestmark = pytest.mark.docker
CANARY = "sk-canary-in-a-broken-file"
LATE = "sk-canary-groq-0123"
ADD = ("config", "add", "--provider", "groq", "--key", LATE, "--no-check")
SOON = 60.0


def malformed(file: Path) -> None:
    file.write_text(f'apiVersion: v1\nkind: ConfigMap\ndata:\n  key: "{CANARY}\n')


def wrong_type(file: Path) -> None:
    file.write_text(f"# {CANARY}\ndata:\n  size: 12\n")


def unknown_alias(file: Path) -> None:
    file.write_text(f"data:\n  a: *{CANARY}\n")


BROKEN: dict[str, tuple[Callable[[Path], object], str]] = {
    "malformed": (malformed, "line 5: found unexpected end of stream"),
    "a number where a text must be": (wrong_type, "data.size: must be text"),
    "an alias of nothing": (unknown_alias, "line 2: found undefined alias"),
    "bytes that are no text": (
        lambda file: file.write_bytes(b"a: \xff\xfe"),
        "is no text in UTF-8",
    ),
    "a folder": (lambda file: file.mkdir(), "cannot be read: "),
    "a link to nowhere": (
        lambda file: file.symlink_to("/nowhere/at-all.yaml"),
        "cannot be read: there is no such file",
    ),
}


def paste(hint: str) -> None:
    """Run the command that a hint is."""
    subprocess.run(shlex.split(hint), check=True)


def clear(file: Path) -> None:
    """Remove what a test left."""
    for one in (file, file.with_name(f"{file.name}.aside")):
        one.rmdir() if one.is_dir() else one.unlink(missing_ok=True)


@pytest.mark.parametrize("kind", BROKEN)
def test_a_broken_file_is_named_while_it_serves_and_nothing_goes_down_for_it(
    machine: HigressMachine, kind: str
) -> None:
    file = machine.store / "configmaps" / "evil.yaml"
    born, (make, words) = machine.born(), BROKEN[kind]
    make(file)
    try:
        told = problems(machine)["store_broken"]
        assert told["message"].startswith(f"{file}: {words}")
        assert told["hint"] == f"mv {file} {file}.aside"
        refused = machine.run("restart", expect=3)
        assert f"\n  {file}: {words}" in refused.err
        assert refused.err.splitlines()[-1] == f"hint: mv {file} {file}.aside"
        assert CANARY not in f"{told}{refused}"
        assert (machine.born(), machine.ask("gpt-4o")[0]) == (born, 200)
        paste(told["hint"])
        assert "store_broken" not in problems(machine)
    finally:
        clear(file)


def test_a_file_broken_while_it_was_stopped_is_named_before_anything_starts(
    machine: HigressMachine, upstream: Upstream
) -> None:
    file = machine.store / "wasmplugins" / "evil.yaml"
    machine.run("stop")
    malformed(file)
    refused = machine.start("-v", "--debug", expect=3)
    assert refused.err.splitlines()[-4:] == [
        "error: the gateway's store cannot be used:",
        f"  {file}: line 5: found unexpected end of stream",
        "",
        f"hint: mv {file} {file}.aside",
    ]
    assert CANARY not in f"{refused}"
    assert machine.container.status == "exited"
    file.unlink()
    expect_well(machine, upstream)


def test_a_broken_file_that_keeps_the_console_from_writing_is_blamed(
    machine: HigressMachine, upstream: Upstream
) -> None:
    file = machine.store / "wasmplugins" / "evil.yaml"
    malformed(file)
    kept = (machine.data / "gateway.yaml").read_bytes()
    refused = machine.run(*ADD, "-v", "--debug", expect=5)
    file.unlink()
    assert f"`{file}` is broken: line 5: found unexpected end of stream" in refused.err
    assert refused.err.splitlines()[-1] == f"hint: mv {file} {file}.aside"
    assert CANARY not in f"{refused}"
    assert "sk-canary" not in f"{refused}"
    assert (machine.data / "gateway.yaml").read_bytes() == kept
    expect_well(machine, upstream)


def test_an_api_server_that_gave_up_for_a_file_comes_back_without_it(
    machine: HigressMachine, upstream: Upstream
) -> None:
    file = machine.store / "configmaps" / "evil.yaml"
    malformed(file)
    machine.end_part("programs apiserver")
    eventually(lambda: b"gave up: apiserver" in machine.container.logs(tail=20))
    assert problems(machine)["part_dead"] == {
        "code": "part_dead",
        "message": "its part `apiserver` gave up",
        "hint": "aigw restart",
    }
    assert machine.ask("gpt-4o")[0] == 200
    for command in (("start",), ADD):
        refused = machine.run(*command, expect=3)
        assert refused.err.splitlines()[-1] == f"hint: mv {file} {file}.aside"
    file.unlink()
    planned = machine.run("plan", expect=10).out
    assert "restart container: its part `apiserver` gave up" in planned
    expect_well(machine, upstream)


def test_an_envoy_that_gave_up_is_named_with_the_end_of_its_log(
    machine: HigressMachine, upstream: Upstream
) -> None:
    machine.sh("mv /usr/local/bin/envoy /usr/local/bin/gone")
    machine.end_part("^/usr/local/bin/envoy")
    eventually(lambda: b"gave up: gateway" in machine.container.logs(tail=20))
    told = problems(machine)
    assert told["part_dead"]["message"] == "its part `gateway` gave up"
    assert (
        told["not_answering"]["message"]
        == f"`127.0.0.1:{machine.port}` does not answer GET /health"
    )
    refused = machine.start(expect=5)
    assert refused.err.splitlines()[-1] == "hint: aigw logs --engine"
    lines = refused.err.partition("error: ")[2].splitlines()
    assert lines[:2] == [
        f"gateway `{machine.name}` cannot start: its part `gateway` gave up",
        "the end of its log:",
    ]
    assert any("No such file" in line for line in lines[2:-2])
    machine.sh("mv /usr/local/bin/gone /usr/local/bin/envoy")
    expect_well(machine, upstream)


def store_files(machine: HigressMachine) -> Mapping[Path, bytes]:
    """Return every file of the store, and the two documents."""
    files = [file for file in machine.store.rglob("*.yaml") if file.is_file()]
    files += [machine.data / name for name in ("gateway.yaml", "credentials.yaml")]
    return {file: file.read_bytes() for file in files}


@pytest.mark.parametrize("words", [("start",), ADD], ids=["start", "config add"])
def test_an_envoy_that_hangs_is_refused_soon_by_its_name_and_nothing_is_written(
    machine: HigressMachine, upstream: Upstream, words: tuple[str, ...]
) -> None:
    machine.sh("pkill -STOP -f '^/usr/local/bin/envoy'")
    files, begun = store_files(machine), time.monotonic()
    refused = machine.run(*words, expect=5)
    assert time.monotonic() - begun < SOON
    after = "" if words == ("start",) else "; everything is as before"
    assert refused.err.splitlines()[-3:] == [
        f"error: Envoy of gateway `{machine.name}` hangs: it takes connections and does not answer"
        f"{after}",
        "",
        "hint: aigw restart",
    ]
    assert "by hand" not in refused.err
    assert store_files(machine) == files
    machine.run("restart")
    expect_well(machine, upstream)


def test_a_change_while_it_starts_and_does_not_come_up_waits_once_and_is_taken_back(
    machine: HigressMachine, upstream: Upstream
) -> None:
    script = "#!/bin/sh\\nexec sleep 600\\n"
    machine.sh(f"cd /usr/local/bin; mv envoy gone; printf '{script}' >envoy; chmod +x envoy")
    machine.container.restart(timeout=0)
    before, begun = stands(machine), time.monotonic()
    refused = machine.start("--groq-key", "sk-groq-0123456789", "--timeout", "5", expect=5)
    assert time.monotonic() - begun < SOON
    assert stands(machine) == before
    said = f"error: gateway `{machine.name}` is not ready: it does not answer /health"
    assert f"{said}; everything is as before" in refused.err.splitlines()
    assert "by hand" not in refused.err
    machine.sh("mv /usr/local/bin/gone /usr/local/bin/envoy")
    machine.run("restart")
    expect_well(machine, upstream)


def test_a_password_that_was_changed_in_the_console_is_used_from_then_on(
    machine: HigressMachine, upstream: Upstream
) -> None:
    user, old = machine.account()
    new = "Changed-by-hand-0123"
    body = {"oldPassword": old, "newPassword": new}
    assert machine.console("POST", "/user/changePassword", body)[0] == 200
    assert machine.account() == (user, new)
    machine.run(*ADD)
    machine.run("config", "remove", "--provider", "groq")
    expect_well(machine, upstream)
    assert machine.account() == (user, new)


def test_a_bad_provider_put_in_by_hand_is_named_and_serves_no_worse(
    machine: HigressMachine, upstream: Upstream
) -> None:
    path = "wasmplugins/ai-proxy.internal.yaml"
    file = machine.store / path
    good, tree = machine.resource(path), machine.resource(path)
    config = tree["spec"]["defaultConfig"]
    config["providers"].append({"id": "evil", "type": "nonsense", "apiTokens": [CANARY]})
    rule = {"config": {"activeProviderId": "evil"}, "configDisable": False}
    tree["spec"]["matchRules"].append({**rule, "service": ["llm-evil.internal.dns"]})
    machine.put(path, tree)
    eventually(lambda: "store_broken" in problems(machine))
    told = problems(machine)["store_broken"]
    assert "`nonsense`" in told["message"]
    assert str(file) in told["message"]
    eventually(lambda: "update_rejected" in problems(machine))
    assert machine.ask("gpt-4o")[0] == 200
    refused = machine.run(*ADD, expect=5)
    assert "`nonsense`" in refused.err
    assert CANARY not in f"{told}{refused}"
    assert KEY not in f"{refused}"
    assert machine.ask("gpt-4o")[0] == 200
    machine.put(path, good)
    eventually(lambda: "store_broken" not in problems(machine))
    expect_well(machine, upstream)
