"""`aigw start` by questions: which providers, which keys, which model when."""

from collections.abc import Callable, Mapping, Sequence

from msgspec import Struct

from aigw.cli.provider_questions import ProviderAnswer, ProviderQuestions, summary
from aigw.cli.questions import UNCHANGED, Choice
from aigw.errors import BadUsage, Interrupted
from aigw.operations.routes import check_model
from aigw.operations.samples import known_model
from aigw.spec.gateway import GatewaySpec
from aigw.spec.presets import PRESETS

DONE = ""


class RuleAnswer(Struct, frozen=True, kw_only=True):
    """A shipped trigger table and the model it is to choose."""

    preset: str
    model: str


class Answers(Struct, frozen=True, kw_only=True):
    """All that was said; an empty default model leaves auto-routing as it is."""

    providers: tuple[ProviderAnswer, ...]
    default_model: str
    rules: tuple[RuleAnswer, ...]


class Wizard(Struct, frozen=True, kw_only=True):
    """What the conversation needs: the questions about a provider, and what comes of answers.

    `described` returns the spec with what was described laid over it; raises BadUsage for what
    cannot be.
    """

    about: ProviderQuestions
    described: Callable[[Sequence[ProviderAnswer]], GatewaySpec]

    def run(self) -> Answers:
        """Ask everything, show it, and have it confirmed; raises Interrupted when it is not."""
        providers = self._providers()
        default_model, rules = self._auto_routing(self.described(providers))
        answers = Answers(providers=providers, default_model=default_model, rules=rules)
        self.about.ask.say(self._summary(answers))
        if not self.about.ask.confirm("Start with this?", default=True):
            raise Interrupted(UNCHANGED)
        return answers

    def one(self) -> ProviderAnswer:
        """Ask about one provider, show it, and have it confirmed; raises Interrupted as `run`."""
        ask = self.about.ask
        while True:
            answer = self.about.describe(ask.choose("Which provider?", self.about.choices(())))
            if not (problem := self._problem((answer,))):
                break
            ask.say(problem)
        there = self.about.spec.provider(answer.type.id)
        ask.say("\n".join(("", "This is what will be set up:", *summary(answer, there))))
        if not ask.confirm("Change it so?" if there else "Add it?", default=True):
            raise Interrupted(UNCHANGED)
        return answer

    def _providers(self) -> tuple[ProviderAnswer, ...]:
        answers: dict[str, ProviderAnswer] = {}
        while True:
            chosen = self.about.ask.choose("Which provider?", self._choices(answers))
            if chosen == DONE:
                return tuple(answers.values())
            more = {**answers, chosen: self.about.describe(chosen)}
            if problem := self._problem(tuple(more.values())):
                self.about.ask.say(problem)
            else:
                answers = more

    def _problem(self, providers: Sequence[ProviderAnswer]) -> str:
        try:
            self.described(providers)
        except BadUsage as error:
            return error.message
        return ""

    def _choices(self, answers: Mapping[str, ProviderAnswer]) -> list[Choice]:
        lines = self.about.choices(answers)
        end = "no more providers" if answers or self.about.spec.providers else "no provider for now"
        done = Choice(value=DONE, title=f"- {end}: go on")
        return [done, *lines] if answers else [*lines, done]

    def _auto_routing(self, spec: GatewaySpec) -> tuple[str, tuple[RuleAnswer, ...]]:
        ask = self.about.ask
        if not spec.providers or not ask.confirm(
            "Let higress/auto choose a model by what the message says?", default=False
        ):
            return "", ()

        def problem(line: str) -> str:
            return _model_problem(spec, line)

        default = ask.text(
            "Model name when no rule matches", default=known_model(spec), check=problem
        )
        presets = ask.choose_some(
            "Rules to add now",
            [Choice(value=name, title=f"{name}: {label}") for name, label in self._presets()],
        )
        rules = tuple(
            RuleAnswer(
                preset=name,
                model=ask.text(f"Model name for {name}", default=default, check=problem),
            )
            for name in presets
        )
        return default, rules

    def _presets(self) -> list[tuple[str, str]]:
        chinese = self.about.chinese
        return [(one.name, one.label_zh if chinese else one.label_en) for one in PRESETS]

    def _summary(self, answers: Answers) -> str:
        lines = ["", "This is what will be set up:"]
        for answer in answers.providers:
            lines += summary(answer, self.about.spec.provider(answer.type.id))
        if not answers.providers:
            lines.append("  providers: as they are")
        if answers.default_model:
            lines.append(f"  higress/auto: {answers.default_model} when no rule matches")
        lines += [f"    {rule.preset}: {rule.model}" for rule in answers.rules]
        return "\n".join(lines)


def _model_problem(spec: GatewaySpec, line: str) -> str:
    if not line:
        return "a model name is needed"
    try:
        check_model(spec, line)
    except BadUsage as error:
        return error.message
    return ""
