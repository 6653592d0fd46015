import re
from collections.abc import Iterator
from pathlib import Path
from random import Random
from typing import Any

import pytest
import yaml
from hypothesis import assume, given
from hypothesis import strategies as st

from aigw.spec.gateway import GatewaySpec
from aigw.spec.provider import ModelPattern, PatternKind
from aigw.spec.serving import listed, near_models, serve
from tests.higress_routes import decision
from tests.unit.rendering.stores import rendered as higress
from tests.unit.spec.trees import IDS, MODELS, PATTERNS, custom, spec_of

CASES = Path(__file__).parents[2] / "fixtures" / "serving_cases.yaml"
GROUPS: dict[str, Any] = yaml.safe_load(CASES.read_text(encoding="utf-8"))


def cases() -> Iterator[Any]:
    """Yield every case of the table that the running gateway is tested with too."""
    for group, content in GROUPS.items():
        for case in content["cases"]:
            yield pytest.param(content["providers"], case, id=f"{group}: {case['name']}")


@pytest.mark.parametrize(("providers", "case"), [*cases()])
def test_a_model_goes_to_the_provider_of_the_table(
    providers: list[dict[str, Any]], case: dict[str, Any]
) -> None:
    served = serve(spec_of(*providers), case["asked"], forced=case.get("forced", ""))
    found = (served.provider.id, served.upstream_model) if served else (None, None)
    assert found == (case["provider"], case["upstream_model"])


@pytest.mark.parametrize(("providers", "case"), [*cases()])
def test_the_routes_of_higress_decide_the_same(
    providers: list[dict[str, Any]], case: dict[str, Any]
) -> None:
    resources = higress(spec_of(*providers))
    found = decision(resources, case["asked"], forced=case.get("forced", ""))
    assert (found or (None, None)) == (case["provider"], case["upstream_model"])


def test_the_table_has_every_corner() -> None:
    assert sum(len(group["cases"]) for group in GROUPS.values()) >= 80


def expression(pattern: str) -> str:
    """Return the regular expression that says the same as a model pattern."""
    return ".*".join(map(re.escape, pattern.split("*")))


@given(PATTERNS, MODELS)
def test_a_pattern_fits_what_the_same_regex_fits(pattern: str, model: str) -> None:
    expected = re.fullmatch(expression(pattern), model, re.DOTALL) is not None
    assert ModelPattern(pattern).matches(model) is expected


@given(PATTERNS, st.data())
def test_a_pattern_fits_itself_with_its_stars_filled(pattern: str, data: st.DataObject) -> None:
    head, *rest = pattern.split("*")
    model = head + "".join(data.draw(st.just("") | MODELS) + part for part in rest)
    assert ModelPattern(pattern).matches(model)


def rank(pattern: ModelPattern) -> tuple[int, int]:
    """Return the place in the precedence that `gateway-yaml.md` writes down; lowest wins."""
    return int(pattern.kind), -max(len(part) for part in pattern.text.split("*"))


PROVIDERS = st.lists(
    st.tuples(IDS, st.lists(PATTERNS, max_size=4)), max_size=5, unique_by=lambda pair: pair[0]
)


@st.composite
def specs(draw: st.DrawFn) -> GatewaySpec:
    """Draw a spec of providers that have no pattern in common."""
    taken: set[str] = set()
    providers = []
    for provider_id, patterns in draw(PROVIDERS):
        own = [text for text in dict.fromkeys(patterns) if text not in taken]
        taken.update(own)
        providers.append(custom(provider_id, *own))
    return spec_of(*providers)


@given(specs(), MODELS)
def test_the_most_specific_pattern_wins(spec: GatewaySpec, model: str) -> None:
    fitting = [
        pattern
        for provider in spec.providers
        for pattern in provider.models
        if pattern.matches(model)
    ]
    served = serve(spec, model)
    if served is None:
        assert not fitting
    elif served.pattern:
        assert rank(ModelPattern(served.pattern)) == min(map(rank, fitting))
        assert ModelPattern(served.pattern) in served.provider.models


@given(specs(), MODELS)
def test_any_spec_is_decided_alike_by_the_routes_of_higress(spec: GatewaySpec, model: str) -> None:
    assume(not any(provider.id.endswith("-") for provider in spec.providers))
    served, found = serve(spec, model), decision(higress(spec), model)
    assert found == (served and (served.provider.id, served.upstream_model))


@given(specs(), MODELS, st.randoms())
def test_the_order_of_providers_decides_only_between_equal_globs(
    spec: GatewaySpec, model: str, random: Random
) -> None:
    providers = list(spec.providers)
    random.shuffle(providers)
    shuffled = GatewaySpec(providers=tuple(providers))
    before, after = serve(spec, model), serve(shuffled, model)
    if before and after and before.pattern != after.pattern:
        assert ModelPattern(before.pattern).kind is PatternKind.GLOB
        assert rank(ModelPattern(before.pattern)) == rank(ModelPattern(after.pattern))
    else:
        assert (before and before.provider.id) == (after and after.provider.id)


@given(specs(), MODELS)
def test_an_id_in_front_names_the_provider(spec: GatewaySpec, model: str) -> None:
    exact = {pattern.text for provider in spec.providers for pattern in provider.models}
    for provider in spec.providers:
        asked = f"{provider.id}/{model}"
        served = serve(spec, asked)
        assert served
        if asked not in exact:
            assert (served.provider.id, served.model) == (provider.id, model)


@pytest.mark.parametrize(
    ("asked", "forced", "reason"),
    [
        pytest.param("gpt-4o", "", "`gpt-4o` is named exactly", id="exact"),
        pytest.param("a/x", "", "`a/` names the provider", id="id"),
        pytest.param("gpt-5", "", "`gpt-*` is the longest prefix that fits", id="prefix"),
        pytest.param(
            "x-mini", "", "`*-mini` is the glob that fits with the longest literal part", id="glob"
        ),
        pytest.param("x", "", "`*` takes what no other pattern fits", id="star"),
        pytest.param("x", "a", "the client insists on `a`", id="forced"),
    ],
)
def test_the_reason_is_said_in_words(asked: str, forced: str, reason: str) -> None:
    spec = spec_of(custom("a", "gpt-4o", "gpt-*"), custom("b", "*-mini", "*"))
    served = serve(spec, asked, forced=forced)
    assert served is not None
    assert served.reason == reason


AUTO = {"enabled": True, "default": "mine"}


def test_what_is_listed_can_be_asked_for() -> None:
    spec = spec_of(
        custom("a", "mine", "gpt-*", modelMap={"gpt-alias": "gpt-x", "elsewhere": "y"}),
        {"id": "openai", "type": "openai", "keys": ["store"]},
        {"id": "azure", "type": "azure", "keys": ["store"], "url": "https://a.openai.azure.com"},
        autoRouting=AUTO,
    )
    models = listed(spec)
    owners = {model.id: model.owned_by for model in models}
    assert [model.id for model in models[:3]] == ["auto", "mine", "gpt-alias"]
    assert "elsewhere" not in owners
    assert owners["text-embedding-3-large"] == "openai"
    assert "azure" not in owners.values()
    for name, owner in list(owners.items())[1:]:
        served = serve(spec, name)
        assert served is not None
        assert served.provider.id == owner


def test_auto_is_listed_only_while_auto_routing_is_on() -> None:
    off = spec_of(custom("a", "mine"), autoRouting={**AUTO, "enabled": False})
    assert [model.id for model in listed(off)] == ["mine"]


def test_a_mapped_name_has_the_size_and_price_of_what_it_stands_for() -> None:
    spec = spec_of(
        {
            "id": "ds",
            "type": "deepseek",
            "keys": ["store"],
            "models": ["gpt-4o", "deepseek-chat"],
            "modelMap": {"gpt-4o": "deepseek-chat"},
        }
    )
    alias, real = listed(spec)
    assert alias.context_window == real.context_window > 0
    assert alias.price == real.price


def test_near_models_are_those_a_client_may_have_meant() -> None:
    spec = spec_of(custom("a", "gpt-4o-mini", "qwen-max", "gpt-4o"))
    assert near_models(spec, "gpt-4o-mimi") == ("gpt-4o-mini", "gpt-4o")
    assert near_models(spec, "zzz") == ()
