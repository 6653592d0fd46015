"""A person who answers the wizard by a script."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial

from aigw.cli.answers import described
from aigw.cli.provider_questions import ProviderAnswer, ProviderQuestions
from aigw.cli.questions import Check, Choice
from aigw.cli.wizard import Answers, Wizard
from aigw.clients.http import KeyVerdict
from aigw.operations.draft import Draft
from aigw.spec.gateway import EngineName, GatewaySpec
from aigw.spec.secret import Secret

Script = Sequence[tuple[str, object]]


@dataclass
class Person:
    """Answers by a script: how each question begins, and what is said to it."""

    script: list[tuple[str, object]]
    heard: list[str] = field(default_factory=list)
    proposed: dict[str, str] = field(default_factory=dict)
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
        self.proposed[question] = default
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


@dataclass
class Obliging(Person):
    """Answers whatever is asked by how the question begins, in any order."""

    script: list[tuple[str, object]] = field(default_factory=list)
    answers: Mapping[str, object] = field(default_factory=dict)

    def _next(self, question: str) -> object:
        return next(said for begins, said in self.answers.items() if question.startswith(begins))


def wizard(
    person: Person,
    *,
    spec: GatewaySpec | None = None,
    environ: Mapping[str, str] | None = None,
    chinese: bool = False,
    engines: Sequence[EngineName] = (EngineName.ENVOY,),
    verdicts: Sequence[KeyVerdict] = (),
) -> Wizard:
    """Make a wizard; `verdicts` are what the provider says to each key that is tried."""
    queue = list(verdicts)
    base = Draft(spec=spec or GatewaySpec(), keys={})
    about = ProviderQuestions(
        ask=person,
        spec=base.spec,
        environ=environ or {},
        chinese=chinese,
        engines=engines,
        check=lambda _: queue.pop(0),
    )
    return Wizard(about=about, described=partial(described, base, engines))


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
