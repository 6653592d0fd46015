"""Which providers the wizard offers: those that an engine runs here, and each of them once."""

import pytest

from aigw import catalog
from aigw.cli.wizard import DONE
from aigw.spec.gateway import EngineName
from tests.unit.cli.person import Obliging, only, run, wizard

ENVOY, HIGRESS = EngineName.ENVOY, EngineName.HIGRESS
YES = ("Start with this?", True)


@pytest.mark.parametrize(
    ("engines", "only_there"),
    [((HIGRESS,), {"deepl", "dify", "triton"}), ((ENVOY, HIGRESS), {"deepl", "dify", "triton"})],
    ids=["higress", "either"],
)
def test_what_the_engine_runs_can_be_chosen_once(
    engines: tuple[EngineName, ...], only_there: set[str]
) -> None:
    script = [("Which provider?", DONE), YES]
    _, person = run(script, engines=engines)
    chosen = [one.value for one in person.seen]
    titles = [one.title for one in person.seen]
    assert {"claude", "claude-code", "vertex", "bedrock", "hunyuan", *only_there} <= set(chosen)
    assert ("demo" in chosen) == (ENVOY in engines)
    assert (len(set(chosen)), len(set(titles))) == (len(chosen), len(chosen))


@pytest.mark.parametrize("type_id", [one.id for one in catalog.every() if not one.needs_url])
def test_everything_that_can_be_chosen_can_be_described(type_id: str) -> None:
    options: dict[str, object] = {
        "awsRegion": "eu-west-1",
        "vertexProjectId": "p",
        "vertexRegion": "global",
    }
    options |= {"cloudflareAccountId": "0" * 32, "targetLang": "DE", "Set options": False}
    key = {"Key for": "sk-0123456789", "Check the key": False}
    person = Obliging(answers={**options, **key, "Models": "one-model"})
    answer = wizard(person, engines=(ENVOY, HIGRESS)).about.describe(type_id)
    assert answer.type.id == type_id
    assert answer.patterns == ("one-model",)


def test_providers_that_no_engine_runs_together_are_said_at_once() -> None:
    demo = [("Which provider?", "demo"), ("Models", None)]
    deepl = [
        ("Which provider?", "deepl"),
        ("targetLang", "DE"),
        ("Key for deepl", "key"),
        ("Check the key", False),
        ("Models", None),
    ]
    end = [("Which provider?", DONE), ("Let higress/auto", False), YES]
    answers, person = run([*demo, *deepl, *end], engines=(ENVOY, HIGRESS))
    assert "provider `deepl` cannot be used on the envoy engine" in person.heard[0]
    assert only(answers).type.id == "demo"
