"""What the wizard asks, what it understands, and that nothing comes of a refusal."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import pytest

from aigw.cli.questions import Check, Choice
from aigw.cli.wizard import DONE, Answers, ProviderAnswer, RuleAnswer, Wizard
from aigw.errors import Interrupted
from aigw.spec.gateway import GatewaySpec
from aigw.spec.provider import Provider
from aigw.spec.secret import Secret, Stored

Script = Sequence[tuple[str, object]]
NO_AUTO = ("Let higress/auto", False)
YES = ("Start with this?", True)


@dataclass
class Person:
    """Answers by a script: how each question begins, and what is said to it."""

    script: list[tuple[str, object]]
    heard: list[str] = field(default_factory=list)
    seen: list[Choice] = field(default_factory=list)

    def _next(self, question: str) -> object:
        begins, answer = self.script.pop(0)
        assert question.startswith(begins), question
        return answer

    def choose(self, question: str, choices: Sequence[Choice]) -> str:
        """Choose a line that is there."""
        self.seen = list(choices)
        answer = self._next(question)
        assert answer in [one.value for one in choices]
        return str(answer)

    def choose_some(self, question: str, choices: Sequence[Choice]) -> tuple[str, ...]:
        """Mark lines that are there."""
        answer = self._next(question)
        assert isinstance(answer, tuple)
        assert set(answer) <= {one.value for one in choices}
        return answer

    def text(self, question: str, *, default: str, check: Check) -> str:
        """Type lines until one is accepted; `None` takes the default."""
        while True:
            answer = self._next(question)
            line = default if answer is None else str(answer)
            problem = check(line)
            if not problem:
                return line
            self.heard.append(problem)

    def secret(self, question: str) -> Secret:
        """Type a key."""
        return Secret(str(self._next(question)))

    def confirm(self, question: str, *, default: bool) -> bool:
        """Say yes or no; `None` takes the default."""
        answer = self._next(question)
        return default if answer is None else bool(answer)

    def say(self, text: str) -> None:
        """Hear."""
        self.heard.append(text)


def wizard(
    person: Person,
    *,
    spec: GatewaySpec | None = None,
    environ: Mapping[str, str] | None = None,
    chinese: bool = False,
    verdicts: Sequence[str] = (),
) -> Wizard:
    """Make a wizard; `verdicts` are what the provider says to each key that is tried."""
    queue = list(verdicts)
    return Wizard(
        ask=person,
        spec=spec or GatewaySpec(),
        environ=environ or {},
        chinese=chinese,
        check=lambda _: queue.pop(0),
    )


def run(script: Script, **more: object) -> tuple[Answers, Person]:
    """Hold the whole conversation."""
    person = Person(script=list(script))
    answers = wizard(person, **more).run()  # type: ignore[arg-type]
    assert person.script == []
    return answers, person


def deepseek(key: str = "sk-0123456789abcdef") -> list[tuple[str, object]]:
    """Describe a DeepSeek provider with nothing special."""
    return [
        ("Which provider?", "deepseek"),
        ("Key for deepseek", key),
        ("Check the key", False),
        ("Models", None),
    ]


def only(answers: Answers) -> ProviderAnswer:
    """Return the one provider that was described."""
    (provider,) = answers.providers
    return provider


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
        ("Keep it all the same?", False),
        ("Key for deepseek", "sk-good"),
        ("Check the key", True),
        ("Models", None),
        ("Which provider?", DONE),
        NO_AUTO,
        YES,
    ]
    answers, _ = run(script, verdicts=("rejected: 401", ""))
    assert only(answers).secret == Secret("sk-good")


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


def test_auto_routing_with_presets() -> None:
    script = [
        *deepseek(),
        ("Which provider?", DONE),
        ("Let higress/auto", True),
        ("Model when no rule matches", "deepseek-chat"),
        ("Rules to add now", ("reasoning", "code")),
        ("Model for reasoning", "deepseek-reasoner"),
        ("Model for code", None),
        YES,
    ]
    answers, _ = run(script)
    assert answers.default_model == "deepseek-chat"
    assert answers.rules == (
        RuleAnswer(preset="reasoning", model="deepseek-reasoner"),
        RuleAnswer(preset="code", model="deepseek-chat"),
    )


@pytest.mark.parametrize(
    ("chinese", "label"), [(False, "z.ai"), (True, "智谱")], ids=["english", "chinese"]
)
def test_providers_have_their_names_in_the_persons_language(*, chinese: bool, label: str) -> None:
    _, person = run([("Which provider?", DONE), YES], chinese=chinese)
    titles = {one.value: one.title for one in person.seen}
    assert label in titles["zhipuai"]


def test_what_is_configured_is_marked_and_what_cannot_run_is_left_out() -> None:
    there = Provider(
        id="deepseek",
        type="deepseek",
        models=(),
        patterns_given=False,
        keys=(Stored(),),
        url="",
        model_map={},
        options={},
    )
    script = [("Which provider?", DONE), ("Let higress/auto", False), YES]
    _, person = run(script, spec=GatewaySpec(providers=(there,)))
    titles = {one.value: one.title for one in person.seen}
    assert titles["deepseek"].startswith("[configured] ")
    assert not titles["openai"].startswith("[configured] ")
    assert "deepl" not in titles
