"""Which engine runs a gateway, and that the answer stays."""

from pathlib import Path

import pytest

from aigw.engines.choice import Choice, Look, Possible, choose, remember
from aigw.errors import BadUsage, EngineMissing
from aigw.spec.gateway import EngineName, GatewaySpec
from aigw.state.paths import GatewayPaths
from tests.unit.spec.trees import OPENAI, custom, spec_of

DEMO = {"id": "d", "type": "demo"}
DIFY = {**OPENAI, "id": "app", "type": "dify"}
ONLY_THERE = "the Higress engine translates for it"


@pytest.fixture
def paths(tmp_path: Path) -> GatewayPaths:
    """A data folder."""
    paths = GatewayPaths(name="g", folder=tmp_path / "g", runtime=tmp_path / "r")
    paths.prepare()
    return paths


def there(_: GatewaySpec) -> Possible:
    """Have Docker and the image."""
    return Possible(possible=True, reason="a Docker engine answers and has the image")


def nowhere(_: GatewaySpec) -> Possible:
    """Have no Docker."""
    return Possible(possible=False, reason="no Docker engine answers")


def never(_: GatewaySpec) -> Possible:
    """Fail the test: nobody was to be asked."""
    raise AssertionError


@pytest.mark.parametrize(
    ("spec", "look", "engine", "reason"),
    [
        pytest.param(spec_of(engine="envoy"), never, "envoy", "asked for", id="envoy asked for"),
        pytest.param(
            spec_of(engine="higress"), never, "higress", "asked for", id="higress asked for"
        ),
        pytest.param(
            spec_of(custom("a", "m")),
            there,
            "higress",
            "a Docker engine answers and has the image",
            id="docker there",
        ),
        pytest.param(
            spec_of(custom("a", "m")), nowhere, "envoy", "no Docker engine answers", id="no docker"
        ),
        pytest.param(spec_of(DIFY), there, "higress", there(GatewaySpec()).reason, id="a type"),
    ],
)
def test_an_engine_is_chosen_with_a_reason(
    paths: GatewayPaths, *, spec: GatewaySpec, look: Look, engine: str, reason: str
) -> None:
    assert choose(spec, paths, look) == Choice(engine=EngineName(engine), reason=reason)


def test_a_provider_that_only_the_embedded_engine_has_decides(paths: GatewayPaths) -> None:
    choice = choose(spec_of(DEMO), paths, never)
    assert choice.engine is EngineName.ENVOY
    assert choice.reason.startswith("provider `d` cannot be used on the higress engine: ")


def test_providers_that_no_engine_has_all_of_are_refused(paths: GatewayPaths) -> None:
    with pytest.raises(EngineMissing, match=f"{ONLY_THERE}.*; and the Higress engine is not"):
        choose(spec_of(DIFY), paths, nowhere)


def test_what_was_chosen_once_stays(paths: GatewayPaths) -> None:
    kept = Choice(engine=EngineName.ENVOY, reason="there was no Docker")
    remember(paths, kept)
    assert choose(GatewaySpec(), paths, never) == kept


def test_what_was_chosen_once_is_not_left_for_a_new_provider(paths: GatewayPaths) -> None:
    remember(paths, Choice(engine=EngineName.ENVOY, reason="there was no Docker"))
    with pytest.raises(BadUsage, match=ONLY_THERE) as refused:
        choose(spec_of(DIFY), paths, there)
    assert refused.value.hint == "aigw start --engine higress"


@pytest.mark.parametrize("text", ["", "{", "[]", '{"engine": "x", "reason": ""}'])
def test_a_choice_that_cannot_be_read_is_made_again(paths: GatewayPaths, text: str) -> None:
    paths.choice.write_text(text)
    assert choose(GatewaySpec(), paths, nowhere).engine is EngineName.ENVOY
