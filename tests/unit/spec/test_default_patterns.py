from aigw import catalog
from aigw.spec.gateway import GatewaySpec
from tests.unit.spec.trees import OPENAI, Tree, custom, spec_of

AZURE: Tree = {"id": "azure", "type": "azure", "keys": ["store"], "url": "https://a.azure.com"}


def patterns(spec: GatewaySpec, provider_id: str) -> list[str]:
    """Return the patterns of one provider."""
    provider = spec.provider(provider_id)
    assert provider is not None
    return [pattern.text for pattern in provider.models]


def defaults(name: str) -> list[str]:
    """Return the catalogue's patterns of a type."""
    ptype = catalog.find(name)
    assert ptype is not None
    return list(ptype.patterns)


def test_a_provider_without_patterns_has_those_of_its_type() -> None:
    assert patterns(spec_of(OPENAI), "o") == defaults("openai")


def test_a_provider_with_no_pattern_on_purpose_has_none() -> None:
    assert patterns(spec_of({**OPENAI, "models": []}), "o") == []


def test_a_default_pattern_stays_with_the_provider_listed_first() -> None:
    openai, azure = defaults("openai"), defaults("azure")
    assert set(openai) & set(azure)
    spec = spec_of(OPENAI, AZURE)
    assert patterns(spec, "o") == openai
    assert patterns(spec, "azure") == [text for text in azure if text not in openai]


def test_a_default_pattern_gives_way_to_one_given_anywhere() -> None:
    spec = spec_of(OPENAI, custom("mine", "gpt-*"))
    assert patterns(spec, "o") == [text for text in defaults("openai") if text != "gpt-*"]
    assert patterns(spec, "mine") == ["gpt-*"]


def test_a_second_provider_of_a_type_has_no_patterns() -> None:
    assert patterns(spec_of(OPENAI, {**OPENAI, "id": "second"}), "second") == []


def test_default_patterns_are_settled_again_when_providers_come_and_go() -> None:
    spec = spec_of(OPENAI, AZURE)
    (mine,) = spec_of(custom("mine", "gpt-*")).providers
    assert "gpt-*" not in patterns(spec.with_provider(mine), "o")
    assert spec.with_provider(mine).without_provider("mine") == spec
    assert patterns(spec.without_provider("o"), "azure") == defaults("azure")


def test_options_can_change_the_default_patterns() -> None:
    spark: Tree = {"id": "s", "type": "spark", "keys": ["store"]}
    general = patterns(spec_of(spark), "s")
    assert patterns(spec_of({**spark, "options": {"sparkFamily": "x1"}}), "s") != general
