"""What of a store is understood, whatever a person made of it by hand."""

from pathlib import Path

import pytest

from aigw.engines.higress_changes import providers_of, registry_of
from aigw.engines.higress_container import MADE_WITH, made_with
from aigw.rendering.higress_checks import fatal
from aigw.rendering.template import Tree
from aigw.state.paths import Home

PROXY, BRIDGE = "wasmplugins/ai-proxy.internal.yaml", "mcpbridges/default.yaml"
ODD: tuple[Tree, ...] = (None, 5, "text", [None], ["id"], [5], {"id": 1}, [[1]])


@pytest.mark.parametrize("odd", ODD, ids=str)
def test_providers_and_addresses_of_an_odd_shape_are_none(odd: Tree) -> None:
    for spec in (odd, {"defaultConfig": odd}, {"defaultConfig": {"providers": odd}}):
        assert providers_of({PROXY: {"spec": spec}}) == {}
    for spec in (odd, {"registries": odd}):
        assert registry_of({BRIDGE: {"spec": spec}}, "openai") is None


@pytest.mark.parametrize("odd", ODD, ids=str)
def test_rules_of_an_odd_shape_are_told_as_any_other_problem(odd: Tree) -> None:
    for spec in ({"matchRules": odd}, {"defaultConfig": odd}):
        assert all(PROXY in problem.path for problem in fatal(PROXY, {"spec": spec}))


@pytest.mark.parametrize("text", ["", "{", "[]", "null", "5", "\xff"])
def test_what_a_container_was_made_with_may_be_unknown(tmp_path: Path, text: str) -> None:
    paths = Home(folder=tmp_path, runtime=tmp_path / "r").gateway("g")
    paths.higress_run.mkdir(parents=True)
    (paths.higress_run / MADE_WITH).write_text(text, encoding="latin-1")
    assert made_with(paths) == {}
