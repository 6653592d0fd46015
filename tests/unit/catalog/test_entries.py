"""An entry holds together: what it names is there, and its defaults are values it takes itself."""

import re
from collections.abc import Iterator

import pytest

from aigw.catalog import every
from aigw.catalog.options import option_problem
from aigw.catalog.provider_type import ProviderType
from aigw.spec.provider import ModelPattern

KINDS = {"string", "boolean", "integer", "list"}
ENGINES = {"envoy", "higress"}
HEADER = re.compile(r"[a-z0-9-]+")

every_type = pytest.mark.parametrize("entry", every(), ids=lambda entry: entry.id)


def templates(entry: ProviderType) -> Iterator[str]:
    """Everything in which `${option}` may stand."""
    layers = [
        (entry.base_url, entry.endpoints),
        *((v.base_url, v.endpoints) for v in entry.variants),
    ]
    yield from entry.headers.values()
    for base_url, endpoints in layers:
        yield base_url
        for endpoint in endpoints.values():
            yield endpoint.path
            yield from endpoint.headers.values()


@every_type
def test_what_higress_is_told_of_options_names_them(entry: ProviderType) -> None:
    known = entry.higress
    named = {known.domain, known.address, *known.always} - {""}
    assert named <= {field.name for field in entry.options if "higress" in field.engines}


@every_type
def test_an_option_of_higress_alone_is_ai_proxy_s(entry: ProviderType) -> None:
    """It is passed on as it is, so a type that goes by its URL can have none."""
    alone = [field.name for field in entry.options if field.engines == ("higress",)]
    assert not alone or entry.higress.type != "openai"


@every_type
def test_an_id_can_be_a_provider_s_id(entry: ProviderType) -> None:
    assert re.fullmatch(r"[a-z0-9][a-z0-9-]*", entry.id)


@every_type
def test_a_placeholder_names_an_option_the_engine_uses(entry: ProviderType) -> None:
    named = {name for text in templates(entry) for name in re.findall(r"\$\{(\w+)\}", text)}
    used = {field.name for field in entry.options if "envoy" in field.engines}
    assert named <= used


@every_type
def test_a_placeholder_can_be_filled_or_must_be_given(entry: ProviderType) -> None:
    named = {name for text in templates(entry) for name in re.findall(r"\$\{(\w+)\}", text)}
    fields = [field for field in entry.options if field.name in named]
    assert [
        field.name
        for field in fields
        if field.default is None and not field.required and "url" not in field.help
    ] == []


@every_type
def test_an_option_of_the_engine_changes_what_is_sent(entry: ProviderType) -> None:
    named = {name for text in templates(entry) for name in re.findall(r"\$\{(\w+)\}", text)}
    named |= {name for variant in entry.variants for name in variant.when}
    assert {field.name for field in entry.options if "envoy" in field.engines} == named


@every_type
def test_an_option_takes_its_own_default_and_choices(entry: ProviderType) -> None:
    for field in entry.options:
        values = (*field.choices, *([] if field.default is None else [field.default]))
        assert [
            option_problem(field, value) for value in values if option_problem(field, value)
        ] == []


@every_type
def test_an_option_is_of_a_known_kind_and_explained(entry: ProviderType) -> None:
    for field in entry.options:
        assert field.kind in KINDS
        assert field.help
        assert set(field.engines) <= ENGINES
        assert field.engines


@every_type
def test_a_variant_is_chosen_by_values_that_its_options_take(entry: ProviderType) -> None:
    for variant in entry.variants:
        for name, value in variant.when.items():
            field = entry.option(name)
            assert field is not None
            assert option_problem(field, value) == ""


@every_type
def test_a_path_is_absolute_or_behind_the_base(entry: ProviderType) -> None:
    layers = (entry.endpoints, *(variant.endpoints for variant in entry.variants))
    for endpoint in (endpoint for layer in layers for endpoint in layer.values()):
        assert re.fullmatch(r"(\./|/)[^\s#]+", endpoint.path)


@every_type
def test_headers_are_lower_case(entry: ProviderType) -> None:
    layers = (entry.endpoints, *(variant.endpoints for variant in entry.variants))
    endpoints = [endpoint for layer in layers for endpoint in layer.values()]
    names = [entry.auth.header, *entry.headers]
    names += [name for endpoint in endpoints for name in endpoint.headers]
    names += [endpoint.auth.header for endpoint in endpoints if endpoint.auth]
    assert [name for name in names if not HEADER.fullmatch(name)] == []


@every_type
def test_engines_are_named_whether_they_run_it_or_not(entry: ProviderType) -> None:
    assert set(entry.engines) == ENGINES


@every_type
def test_a_sentence_that_follows_another_ends_without_a_full_stop(entry: ProviderType) -> None:
    sentences = (*entry.engines.values(), entry.instead, entry.warning)
    assert [text for text in sentences if text.endswith(".")] == []


@every_type
def test_a_key_hint_is_a_pattern(entry: ProviderType) -> None:
    re.compile(entry.key_hint)


@every_type
def test_patterns_are_names_or_globs_and_stand_once(entry: ProviderType) -> None:
    for patterns in (entry.patterns, *(variant.patterns for variant in entry.variants)):
        assert len(set(patterns)) == len(patterns)
        assert all(ModelPattern(text).matches(text) for text in patterns)
        assert [text for text in patterns if not re.fullmatch(r"[\w@*][\w@.:/*-]*", text)] == []
