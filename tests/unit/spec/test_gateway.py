import pytest

from aigw.spec.gateway import GatewaySpec
from aigw.spec.provider import Provider
from aigw.spec.routing import RoutingRule
from tests.unit.spec.trees import custom, spec_of


def rule(name: str) -> RoutingRule:
    """Return a rule of that name."""
    return RoutingRule(name=name, pattern="x", trigger="", model="m")


def rules(spec: GatewaySpec) -> list[str]:
    """Return the names of the rules in their order."""
    return [rule.name for rule in spec.auto_routing.rules]


def provider(provider_id: str, *models: str) -> Provider:
    """Return a provider of that id."""
    return spec_of(custom(provider_id, *models)).providers[0]


TWO = GatewaySpec().with_rule(rule("a")).with_rule(rule("b"))


@pytest.mark.parametrize(
    ("spec", "expected"),
    [
        pytest.param(TWO.with_rule(rule("c")), ["a", "b", "c"], id="last"),
        pytest.param(TWO.with_rule(rule("c"), first=True), ["c", "a", "b"], id="first"),
        pytest.param(TWO.with_rule(rule("c"), before="b"), ["a", "c", "b"], id="before"),
        pytest.param(TWO.without_rule("a"), ["b"], id="without"),
        pytest.param(TWO.without_rule("nobody"), ["a", "b"], id="without an unknown one"),
    ],
)
def test_a_rule_stands_where_it_is_put(spec: GatewaySpec, expected: list[str]) -> None:
    assert rules(spec) == expected


def test_a_provider_is_replaced_where_it_stands() -> None:
    spec = spec_of(custom("a", "x"), custom("b", "y")).with_provider(provider("a", "z"))
    assert spec == spec_of(custom("a", "z"), custom("b", "y"))


def test_a_new_provider_comes_last() -> None:
    spec = spec_of(custom("a", "x")).with_provider(provider("b", "y"))
    assert spec == spec_of(custom("a", "x"), custom("b", "y"))


def test_what_is_looked_for_by_name_is_found_or_not() -> None:
    spec = spec_of(custom("a", "x"))
    assert (spec.provider("a"), spec.provider("b")) == (provider("a", "x"), None)
