"""The Higress plugin's recorded decisions, made again by the spec and by the program in Lua."""

import pytest

from aigw.spec.prompt import prompt_of
from aigw.spec.routing import AUTO_MODELS
from aigw.spec.rules import decide
from tests.routing_cases import (
    CASES,
    DIFFERENT,
    NOT_ROUTED,
    RECORDED,
    WITHOUT_COUNTERPART,
    RoutingCase,
    auto_routing,
    left_out,
)
from tests.unit.lua.program import LUAJIT

ROUTED = [case for case in CASES if case.here != NOT_ROUTED]


@pytest.mark.parametrize("case", ROUTED, ids=str)
def test_the_spec_chooses_the_model_that_higress_chose(case: RoutingCase) -> None:
    auto = auto_routing(case.config)
    is_auto = auto.enabled and case.asked["model"] in AUTO_MODELS
    chosen = decide(auto, prompt_of(case.asked)).model if is_auto else case.asked["model"]
    assert chosen == case.here


@pytest.mark.parametrize("case", ROUTED, ids=str)
def test_the_program_finds_the_model_and_prompt_for_it(case: RoutingCase) -> None:
    found = LUAJIT.read(case.body, dict(case.headers).get("content-type", ""))
    assert isinstance(found, dict), found
    auto = auto_routing(case.config)
    is_auto = auto.enabled and found["model"] in AUTO_MODELS
    model = decide(auto, LUAJIT.prompt(case.body).decode()).model if is_auto else found["model"]
    assert model == case.here


def test_every_recording_is_equal_or_has_a_reason() -> None:
    assert len(RECORDED) == 278
    assert {reason: len(left_out(reason)) for reason in WITHOUT_COUNTERPART} == {
        "addProviderHeader: `id/model` names a provider here": 18,
        "modelKey: the model is always in `model`": 5,
        "no modelToHeader: there is no header to leave out": 2,
        "enableOnPathSuffix: the endpoints are fixed": 7,
        "enable is a boolean; off, `higress/auto` is an unknown model": 5,
        "rules are text; another type is refused when it is written": 5,
    }
    assert {reason: len(cases) for reason, cases in DIFFERENT.items()} == {
        "the text is trimmed": 6,
        "a message or part that says nothing falls back to an earlier one": 5,
        "an agent's stamp and runtime line are no words of the person": 1,
        "duplicate and escaped top-level keys are refused": 5,
        "of a duplicate key in a message the last counts, as with providers": 1,
        "the input of /v1/responses is read": 2,
        "`auto` counts": 1,
        "a client's x-higress-llm-model is ignored": 4,
        "a model is text without control characters": 5,
        "content that no API takes says nothing": 2,
        "a raw control character in a text is left to the provider": 1,
        "content type is matched without case": 1,
        "a body is JSON whatever its content type": 6,
        "`identity` is no compression": 1,
        "`auto` in a form is refused": 1,
        "JSON for edits and transcriptions is routed, too": 2,
        "endpoints are those of the OpenAI and Anthropic APIs, below /v1": 6,
        "endpoints with a body take POST only": 2,
    }
    assert sum(case.here == case.higress for case in CASES) == 184


def test_no_reason_is_given_for_a_case_that_is_equal() -> None:
    by_id = {case.id: case for case in CASES}
    equal = [
        name
        for cases in DIFFERENT.values()
        for name, model in cases.items()
        if by_id[name].higress == model
    ]
    assert equal == []
