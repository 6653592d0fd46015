"""Which engine runs a gateway, and that the answer stays."""

from pathlib import Path

import pytest

from aigw.engines.choice import Choice, choose, remember
from aigw.errors import EngineMissing
from aigw.spec.gateway import EngineName
from aigw.state.paths import GatewayPaths


@pytest.fixture
def paths(tmp_path: Path) -> GatewayPaths:
    """A data folder."""
    paths = GatewayPaths(name="g", folder=tmp_path / "g", runtime=tmp_path / "r")
    paths.prepare()
    return paths


@pytest.mark.parametrize(
    ("asked", "reason"),
    [
        (EngineName.ENVOY, "asked for"),
        (EngineName.AUTO, "the embedded engine is the only one there is yet"),
    ],
)
def test_an_engine_is_chosen_with_a_reason(
    paths: GatewayPaths, asked: EngineName, reason: str
) -> None:
    assert choose(asked, paths) == Choice(engine=EngineName.ENVOY, reason=reason)


def test_the_engine_that_is_not_there_yet_is_refused(paths: GatewayPaths) -> None:
    with pytest.raises(EngineMissing, match="the Higress engine is not there yet") as error:
        choose(EngineName.HIGRESS, paths)
    assert error.value.exit_code == 5


def test_what_was_chosen_once_stays(paths: GatewayPaths) -> None:
    kept = Choice(engine=EngineName.ENVOY, reason="there was no Docker")
    remember(paths, kept)
    assert choose(EngineName.AUTO, paths) == kept


@pytest.mark.parametrize("text", ["", "{", "[]", '{"engine": "x", "reason": ""}'])
def test_a_choice_that_cannot_be_read_is_made_again(paths: GatewayPaths, text: str) -> None:
    paths.choice.write_text(text)
    assert choose(EngineName.AUTO, paths).engine is EngineName.ENVOY
