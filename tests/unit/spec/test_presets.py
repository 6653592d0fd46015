"""The shipped triggers: each catches its own prompts, in both languages, and none of another's."""

import pytest

from aigw.spec.presets import PRESETS, Preset, preset
from aigw.spec.routing import AutoRouting, RoutingRule
from aigw.spec.rules import decide, pattern_of_trigger, refusal

ALL = AutoRouting(
    enabled=True,
    default="none",
    rules=tuple(
        RoutingRule(
            name=each.name,
            trigger=each.trigger,
            pattern=pattern_of_trigger(each.trigger),
            model=each.name,
        )
        for each in PRESETS
    ),
)


def test_the_six_kinds_of_prompt_are_there() -> None:
    assert [each.name for each in PRESETS] == [
        "reasoning",
        "code",
        "creative",
        "translate",
        "math",
        "quick",
    ]


@pytest.mark.parametrize("each", PRESETS, ids=[each.name for each in PRESETS])
def test_a_preset_has_words_in_both_languages_and_a_pattern_that_re2_takes(each: Preset) -> None:
    assert each.zh
    assert each.en
    assert each.label_zh
    assert each.label_en
    assert all(not phrase.isascii() for phrase in each.zh)
    assert all(phrase.isascii() for phrase in each.en)
    assert refusal(pattern_of_trigger(each.trigger)) == ""


@pytest.mark.parametrize(
    ("phrase", "name"), [(phrase, each.name) for each in PRESETS for phrase in (*each.zh, *each.en)]
)
def test_a_phrase_meets_its_own_preset_when_all_are_on(phrase: str, name: str) -> None:
    assert decide(ALL, f"{phrase.title()} ...").rule == name


@pytest.mark.parametrize(
    ("prompt", "name"),
    [
        ("深入思考：为什么天是蓝的", "reasoning"),
        ("Think hard about this", "reasoning"),
        ("写代码实现快速排序", "code"),
        ("Debug this traceback", "code"),
        ("写一首诗，关于春天", "creative"),
        ("write a story about a fox", "creative"),
        ("翻译成英文：你好", "translate"),
        ("Translate to French: hello", "translate"),
        ("解方程 x^2 = 4", "math"),
        ("calculate 17 * 23", "math"),
        ("一句话解释相对论", "quick"),
        ("Quick question: what is DNS?", "quick"),
        ("Why is the sky blue?", "default"),
        ("你好", "default"),
        ("The coding was debugged, and I translate", "default"),
    ],
)
def test_prompts_of_daily_life_go_where_one_expects(prompt: str, name: str) -> None:
    assert decide(ALL, prompt).rule == name


def test_a_preset_is_found_by_its_name() -> None:
    assert preset("math") is PRESETS[4]
    assert preset("cooking") is None
