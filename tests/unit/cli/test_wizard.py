"""What the wizard asks, what it understands, and that nothing comes of a refusal."""

import pytest

from aigw.cli.wizard import DONE, RuleAnswer
from aigw.clients.http import KeyState, KeyVerdict
from aigw.errors import Interrupted
from aigw.spec.gateway import GatewaySpec
from aigw.spec.provider import ModelPattern, Provider
from aigw.spec.secret import Secret, Stored
from tests.unit.cli.person import Person, deepseek, only, run, wizard

ACCEPTED = KeyVerdict(state=KeyState.ACCEPTED, detail="")
NO_AUTO = ("Let higress/auto", False)
YES = ("Start with this?", True)


def test_a_provider_with_its_defaults() -> None:
    answers, _ = run([*deepseek(), ("Which provider?", DONE), NO_AUTO, YES])
    provider = only(answers)
    assert (provider.type.id, provider.patterns, provider.options) == ("deepseek", (), {})
    assert provider.secret == Secret("sk-0123456789abcdef")


def test_no_at_the_end_changes_nothing() -> None:
    script = [*deepseek(), ("Which provider?", DONE), NO_AUTO, ("Start with this?", False)]
    with pytest.raises(Interrupted, match="nothing was changed"):
        run(script)


def test_the_summary_shows_no_key() -> None:
    _, person = run([*deepseek(), ("Which provider?", DONE), NO_AUTO, YES])
    assert "sk-0123456789abcdef" not in "\n".join(person.heard)
    assert "deepseek: ...cdef; models deepseek-*" in person.heard[-1]


def test_a_key_from_the_environment_is_taken_with_enter() -> None:
    answers, _ = run(
        [*deepseek(""), ("Which provider?", DONE), NO_AUTO, YES],
        environ={"DEEPSEEK_API_KEY": "sk-from-env"},
    )
    assert only(answers).secret == Secret("sk-from-env")


def test_an_empty_key_is_asked_for_again() -> None:
    script = deepseek()
    script.insert(1, ("Key for deepseek", ""))
    answers, person = run([*script, ("Which provider?", DONE), NO_AUTO, YES])
    assert "deepseek needs a key" in person.heard
    assert only(answers).secret == Secret("sk-0123456789abcdef")


def test_a_key_the_provider_rejects_is_asked_for_again() -> None:
    script = [
        ("Which provider?", "deepseek"),
        ("Key for deepseek", "sk-bad"),
        ("Check the key", True),
        ("Keep it all the same?", None),
        ("Key for deepseek", "sk-good"),
        ("Check the key", True),
        ("Models", None),
        ("Which provider?", DONE),
        NO_AUTO,
        YES,
    ]
    refused = KeyVerdict(state=KeyState.REJECTED, detail="401")
    answers, person = run(script, verdicts=(refused, ACCEPTED))
    assert person.heard[0] == "the provider refuses this key: 401"
    assert only(answers).secret == Secret("sk-good")


@pytest.mark.parametrize("state", [KeyState.UNKNOWN, KeyState.UNREACHABLE])
def test_a_key_that_could_not_be_checked_is_kept_with_enter(state: KeyState) -> None:
    script = [
        ("Which provider?", "deepseek"),
        ("Key for deepseek", "sk-maybe"),
        ("Check the key", True),
        ("Keep it all the same?", None),
        ("Models", None),
        ("Which provider?", DONE),
        NO_AUTO,
        YES,
    ]
    answers, person = run(script, verdicts=(KeyVerdict(state=state, detail="no answer"),))
    assert person.heard[0] == "the key could not be checked: no answer"
    assert only(answers).secret == Secret("sk-maybe")


def test_only_the_options_of_that_type_are_asked() -> None:
    script = [
        ("Which provider?", "zhipuai"),
        ("Set options of zhipuai?", True),
        ("zhipuDomain", "api.z.ai"),
        ("zhipuCodePlanMode", "true"),
        ("Key for zhipuai", "key"),
        ("Check the key", False),
        ("Models", "glm-4.7, glm-5.2"),
        ("Which provider?", DONE),
        NO_AUTO,
        YES,
    ]
    provider = only(run(script)[0])
    assert provider.options == {"zhipuDomain": "api.z.ai", "zhipuCodePlanMode": True}
    assert provider.patterns == ("glm-4.7", "glm-5.2")


@pytest.mark.parametrize("pattern", ["a**b", "a\u2028b", 'a"b', "x" * 257])
def test_a_pattern_that_no_document_takes_is_asked_again(pattern: str) -> None:
    script = [
        ("Which provider?", "deepseek"),
        ("Key for deepseek", "key"),
        ("Check the key", False),
        ("Models", f"deepseek-*, {pattern}"),
        ("Models", "deepseek-*"),
        ("Which provider?", DONE),
        NO_AUTO,
        YES,
    ]
    answers, person = run(script)
    assert person.heard[0] == f"`{pattern}` is no model pattern"
    assert only(answers).patterns == ()


def test_a_bad_url_is_explained_and_asked_again() -> None:
    script = [
        ("Which provider?", "custom-openai"),
        ("Base URL", "ftp://nowhere"),
        ("Base URL", "http://127.0.0.1:9000/v1"),
        ("Key for custom-openai", ""),
        ("Models", "my-*"),
        ("Which provider?", DONE),
        ("Let higress/auto", False),
        YES,
    ]
    answers, person = run(script)
    assert only(answers).url == "http://127.0.0.1:9000/v1"
    assert "must begin with http:// or https://" in person.heard[0]
    assert person.proposed["Base URL (https://HOST/v1)"] == ""


def test_auto_routing_with_presets() -> None:
    script = [
        *deepseek(),
        ("Which provider?", DONE),
        ("Let higress/auto", True),
        ("Model name when no rule matches", "deepseek-chat"),
        ("Rules to add now", ("reasoning", "code")),
        ("Model name for reasoning", "deepseek-reasoner"),
        ("Model name for code", None),
        YES,
    ]
    answers, _ = run(script)
    assert answers.default_model == "deepseek-chat"
    assert answers.rules == (
        RuleAnswer(preset="reasoning", model="deepseek-reasoner"),
        RuleAnswer(preset="code", model="deepseek-chat"),
    )


@pytest.mark.parametrize(
    ("patterns", "typo", "proposed"),
    [("my-small,my-big", "my-smal", "my-small"), ("my-*", "our-small", "")],
    ids=["names are known", "nothing is known"],
)
def test_a_model_that_nobody_serves_is_asked_again(patterns: str, typo: str, proposed: str) -> None:
    script = [
        ("Which provider?", "custom-openai"),
        ("Base URL", "http://127.0.0.1:9000/v1"),
        ("Key for custom-openai", ""),
        ("Models", patterns),
        ("Which provider?", DONE),
        ("Let higress/auto", True),
        ("Model name when no rule matches", typo),
        ("Model name when no rule matches", "my-small"),
        ("Rules to add now", ("code",)),
        ("Model name for code", typo),
        ("Model name for code", "custom-openai/any"),
        YES,
    ]
    answers, person = run(script)
    assert person.proposed["Model name when no rule matches"] == proposed
    assert [f"no provider serves the model `{typo}`" in said for said in person.heard] == [
        True,
        True,
        False,
    ]
    assert answers.default_model == "my-small"
    assert answers.rules == (RuleAnswer(preset="code", model="custom-openai/any"),)


def test_a_provider_that_cannot_be_beside_the_others_loses_no_other_answer() -> None:
    custom = [
        ("Which provider?", "custom-openai"),
        ("Base URL", "http://127.0.0.1:9000/v1"),
        ("Key for custom-openai", ""),
        ("Models", "same"),
    ]
    deepseek_same = [*deepseek()[:-1], ("Models", "same")]
    end = [*deepseek(), ("Which provider?", DONE), NO_AUTO, YES]
    answers, person = run([*custom, *deepseek_same, *end])
    assert "`same`" in person.heard[0]
    assert [one.type.id for one in answers.providers] == ["custom-openai", "deepseek"]


@pytest.mark.parametrize(
    ("chinese", "label"), [(False, "z.ai"), (True, "智谱")], ids=["english", "chinese"]
)
def test_providers_have_their_names_in_the_persons_language(*, chinese: bool, label: str) -> None:
    _, person = run([("Which provider?", DONE), YES], chinese=chinese)
    titles = {one.value: one.title for one in person.seen}
    assert label in titles["zhipuai"]


def configured() -> GatewaySpec:
    """Return a spec with a DeepSeek provider."""
    there = Provider(
        id="deepseek",
        type="deepseek",
        models=(ModelPattern("mine-*"),),
        patterns_given=True,
        keys=(Stored(),),
        url="",
        model_map={},
        options={},
    )
    return GatewaySpec(providers=(there,))


def test_what_is_configured_is_marked_and_what_cannot_run_is_left_out() -> None:
    script = [("Which provider?", DONE), ("Let higress/auto", False), YES]
    _, person = run(script, spec=configured())
    titles = {one.value: one.title for one in person.seen}
    assert titles["deepseek"].startswith("[configured] ")
    assert not titles["openai"].startswith("[configured] ")
    assert "deepl" not in titles


def test_a_configured_provider_keeps_what_is_not_said_anew() -> None:
    script: list[tuple[str, object]] = [
        ("Which provider?", "deepseek"),
        ("Key for deepseek (Enter keeps", ""),
        ("Models", None),
        ("Change it so?", True),
    ]
    person = Person(script=script)
    answer = wizard(person, spec=configured()).one()
    assert (answer.secret, answer.patterns) == (Secret(""), ())
    assert "  deepseek: its keys as they are; models mine-*" in person.heard[-1]
    assert [one.value for one in person.seen if one.title.startswith("[configured]")] == [
        "deepseek"
    ]


def test_one_provider_that_is_not_confirmed_is_not_added() -> None:
    person = Person(script=[*deepseek(), ("Add it?", False)])
    with pytest.raises(Interrupted, match="nothing was changed"):
        wizard(person).one()
