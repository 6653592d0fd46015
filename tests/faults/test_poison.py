"""A spec that cannot be served never takes traffic; a large one that can, is."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.envoy.upstream import Upstream
from tests.world import Machine

pytestmark = pytest.mark.envoy
CHINESE = "|".join(
    chr(0x4E00 + 3 * n) + chr(0x5E00 + 5 * n) + chr(0x6E00 + 7 * n) for n in range(500)
)


@pytest.fixture(scope="module")
def upstream() -> Iterator[Upstream]:
    """The provider behind the gateway."""
    with Upstream() as provider:
        yield provider


@pytest.fixture
def machine(upstream: Upstream, tmp_path: Path) -> Iterator[Machine]:
    """A gateway that serves `gpt-4o` and routes automatically."""
    with Machine(folder=tmp_path) as one:
        one.start()
        add = ("--provider", "openai", "--url", f"{upstream.url}/v1", "--no-check")
        one.run("config", "add", *add, "--key", "sk-poison-0123456789")
        one.run("route", "default", "gpt-4o")
        yield one
        one.run("delete", "--purge", "--yes")


def with_rules(machine: Machine, rules: str, models: str = "[gpt-4o]") -> None:
    """Write the spec as a person with an editor would."""
    text = (machine.data / "gateway.yaml").read_text()
    listen = next(line for line in text.splitlines() if line.startswith("listen"))
    block = text[text.index("listen") :].split("\n", 1)[1]
    ports = "".join(
        f"{line}\n"
        for line in block.splitlines()
        if line.startswith("  ")
        and line.strip().split(":")[0] in {"address", "http", "https", "console"}
    )
    url = next(line for line in text.splitlines() if "url:" in line).strip().removeprefix("- ")
    (machine.data / "gateway.yaml").write_text(
        f"apiVersion: aigw/v1\n{listen}\n{ports}"
        f"providers:\n  - id: openai\n    type: openai\n    {url}\n    models: {models}\n"
        f"    keys: [store]\n"
        f"autoRouting:\n  enabled: true\n  default: gpt-4o\n  rules:\n{rules}"
    )


def rule(number: int, pattern: str) -> str:
    """Write one rule as YAML."""
    quoted = pattern.replace("'", "''")
    return f"    - {{name: r{number}, pattern: '{quoted}', model: gpt-4o}}\n"


POISON = {
    "a pattern that is not RE2": (rule(1, "(?=look)"), "rules[0].pattern"),
    "a pattern left open": (rule(1, "(a"), "rules[0].pattern"),
    "an open quote": (rule(1, r"\Qabc"), "rules[0].pattern"),
    "ten thousand rules": ("".join(rule(n, f"word{n}") for n in range(10_000)), "rules"),
    "a model that nobody serves": (
        "    - {name: r, pattern: a, model: nobody-serves-this}\n",
        "rules[0].model",
    ),
}


@pytest.mark.parametrize(("rules", "path"), POISON.values(), ids=POISON.keys())
def test_a_poisoned_spec_is_refused_and_the_old_one_serves(
    machine: Machine, rules: str, path: str
) -> None:
    with_rules(machine, rules)
    refused = machine.run("start", "--non-interactive", expect=3)
    assert path in refused.err
    assert "Traceback" not in refused.err
    assert machine.ask("auto")[0] == 200
    assert machine.run("restart", expect=3).out == ""
    assert machine.ask("auto")[0] == 200


def test_many_alternatives_are_refused_or_served(machine: Machine) -> None:
    with_rules(machine, rule(1, f"^({CHINESE})"))
    ended = machine.run("start", "--non-interactive", expect=None)
    status, headers, _ = machine.ask("auto", CHINESE.split("|")[-1])
    assert status == 200
    assert (ended.code, headers["x-aigw-rule"]) in {(0, "r1"), (3, "default")}


def test_two_thousand_models_are_served(machine: Machine, upstream: Upstream) -> None:
    names = ", ".join(["gpt-4o", *(f"model-{n}" for n in range(1999))])
    with_rules(machine, rule(1, "a"), models=f"[{names}]")
    machine.run("start", "--non-interactive")
    for name in ("model-0", "model-1998", "gpt-4o"):
        assert machine.ask(name)[0] == 200
        assert upstream.last().json()["model"] == name
