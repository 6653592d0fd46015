"""What of the gateway's own files was harmed by hand is told, and the next command mends it."""

import pytest

from tests.higress.faults.faulty import expect_well, problems
from tests.higress.higress_machine import HigressMachine
from tests.higress.upstreams import Upstream

pytestmark = pytest.mark.docker

ADD = ("config", "add", "--provider", "groq", "--key", "sk-groq-0123456789", "--no-check")
PROXY = "wasmplugins/ai-proxy.internal.yaml"
OURS = {
    "providers": (PROXY, "a: [", "line 2: did not find expected node content"),
    "no providers": (PROXY, "", "it is empty"),
    "a route": ("ingresses/ai-route-0-openai.internal.yaml", "a: *b", "line 1: found undefined"),
    "a place": ("mcpbridges/default.yaml", "# nothing", "it is empty"),
    "the console's account": ("secrets/higress-console.yaml", "a: [", "line 2: did not find"),
}


@pytest.mark.parametrize("text", ["a: [", ""], ids=["broken", "empty"])
def test_who_may_ask_is_not_decided_by_us_where_its_file_cannot_be_read(
    machine: HigressMachine, upstream: Upstream, text: str
) -> None:
    file = machine.store / "wasmplugins/key-auth.internal.yaml"
    good = file.read_text()
    file.write_text(text)
    for command in (("start", "--non-interactive"), ADD, ("restart",)):
        refused = machine.run(*command, expect=3)
        assert f"{file}: " in refused.err
        assert "; it says who may ask\n" in refused.err
        assert file.read_text() == text
    assert machine.ask("gpt-4o")[0] == 200
    file.write_text(good)
    expect_well(machine, upstream)


@pytest.mark.parametrize("kind", OURS)
def test_a_file_of_ours_that_was_broken_is_told_and_mended_by_whatever_comes_next(
    machine: HigressMachine, upstream: Upstream, kind: str
) -> None:
    path, text, words = OURS[kind]
    file, born = machine.store / path, machine.born()
    copy = machine.data / "run" / "higress" / "overwritten" / path.replace("/", ".")
    for command in (
        ("start", "--non-interactive"),
        ADD,
        ("config", "remove", "--provider", "groq"),
    ):
        file.write_text(text)
        told = [one for one in machine.run("status", expect=None).out.splitlines() if path in one]
        assert len(told) == 1
        assert f"{path} was broken by hand ({words}" in told[0]
        assert f"  mend {path}: {words}" in machine.run("plan", expect=10).out
        mended = machine.run(*command)
        assert f"making {path} again, which was broken by hand ({words}" in mended.err
        assert command[0] != "start" or copy.read_text() == text
        assert machine.run("plan").code == 0
    assert machine.born() == born
    expect_well(machine, upstream)


@pytest.mark.parametrize("text", [None, "", "a: ["], ids=["removed", "empty", "malformed"])
def test_a_gateway_whose_keys_are_gone_is_degraded_until_the_next_start(
    machine: HigressMachine, upstream: Upstream, text: str | None
) -> None:
    file = machine.store / PROXY
    if text is None:
        file.unlink()
    else:
        file.write_text(text)
    said = machine.run("status", "--json", expect=5).json()
    assert said["state"] == "degraded"
    assert said["in_sync"] is False
    assert {code: one["hint"] for code, one in problems(machine).items()} == {
        "keys_gone": "aigw start",
        "drift": "aigw plan --diff" if text is None else "aigw start",
    }
    expect_well(machine, upstream)


def test_files_of_ours_that_were_broken_while_it_was_stopped_are_mended_by_a_start(
    machine: HigressMachine, upstream: Upstream
) -> None:
    machine.run("stop")
    for path, text, _ in OURS.values():
        (machine.store / path).write_text(text)
    planned = machine.run("plan", expect=10).out.splitlines()
    assert [line.split()[:2] for line in planned[1:-1]] == [
        *(["mend", f"{path}:"] for path in sorted({path for path, _, _ in OURS.values()})),
        ["start", "container"],
    ]
    foreign = machine.store / "configmaps" / "evil.yaml"
    foreign.write_text("a: [")
    refused = machine.start(expect=3)
    assert refused.err.splitlines()[-3:] == [
        f"  {foreign}: line 2: did not find expected node content",
        "",
        f"hint: mv {foreign} {foreign}.aside",
    ]
    foreign.unlink()
    expect_well(machine, upstream)
