"""`aigw start` by questions: which providers, which keys, which model when."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from re import search

from aigw import catalog
from aigw.catalog.options import OptionValue, option_value
from aigw.catalog.provider_type import OptionField, ProviderType
from aigw.catalog.target import url_problem
from aigw.cli.questions import Choice, Questions
from aigw.errors import BadUsage, Interrupted
from aigw.operations.provider_edit import split
from aigw.spec.forms import MODEL, MODEL_PATTERN, Form
from aigw.spec.gateway import GatewaySpec
from aigw.spec.presets import PRESETS
from aigw.spec.secret import Secret

DONE = ""
ENGINE = "envoy"
WIDEST_LIST = 40


@dataclass(frozen=True, slots=True, kw_only=True)
class ProviderAnswer:
    """A provider as it was described; no patterns means the catalogue's, an empty secret no key."""

    type: ProviderType
    secret: Secret
    url: str
    patterns: tuple[str, ...]
    options: Mapping[str, OptionValue]


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleAnswer:
    """A shipped trigger table and the model it is to choose."""

    preset: str
    model: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Answers:
    """All that was said; an empty default model leaves auto-routing as it is."""

    providers: tuple[ProviderAnswer, ...]
    default_model: str
    rules: tuple[RuleAnswer, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Wizard:
    """What the questions need: the person, what is configured, their environment and language.

    `check` asks the provider whether it takes a key and says what it found.
    """

    ask: Questions
    spec: GatewaySpec
    environ: Mapping[str, str]
    chinese: bool
    check: Callable[[ProviderAnswer], str]

    def run(self) -> Answers:
        """Ask everything, show it, and have it confirmed; raises Interrupted when it is not."""
        providers = self._providers()
        default_model, rules = self._auto_routing(providers)
        answers = Answers(providers=providers, default_model=default_model, rules=rules)
        self.ask.say(self._summary(answers))
        if not self.ask.confirm("Start with this?", default=True):
            raise Interrupted("nothing was changed")
        return answers

    def _providers(self) -> tuple[ProviderAnswer, ...]:
        answers: dict[str, ProviderAnswer] = {}
        while True:
            chosen = self.ask.choose("Which provider?", self._choices(answers))
            if chosen == DONE:
                return tuple(answers.values())
            ptype = catalog.find(chosen)
            if ptype is not None:
                answers[ptype.id] = self._provider(ptype)

    def _choices(self, answers: Mapping[str, ProviderAnswer]) -> list[Choice]:
        configured = {provider.type for provider in self.spec.providers} | set(answers)
        lines = [
            Choice(value=ptype.id, title=self._title(ptype, configured=ptype.id in configured))
            for ptype in catalog.every()
            if not ptype.engines.get(ENGINE, "")
        ]
        end = "no more providers" if configured else "no provider for now"
        done = Choice(value=DONE, title=f"- {end}: go on")
        return [done, *lines] if answers else [*lines, done]

    def _title(self, ptype: ProviderType, *, configured: bool) -> str:
        mark = "[configured] " if configured else ""
        return f"{mark}{ptype.label(chinese=self.chinese)} ({ptype.id})"

    def _provider(self, ptype: ProviderType) -> ProviderAnswer:
        if ptype.warning:
            self.ask.say(ptype.warning)
        url = self._url(ptype)
        options = self._options(ptype)
        while True:
            answer = ProviderAnswer(
                type=ptype, secret=self._key(ptype), url=url, patterns=(), options=options
            )
            if self._accepted(answer):
                break
        patterns = self._patterns(ptype, options)
        return ProviderAnswer(
            type=ptype, secret=answer.secret, url=url, patterns=patterns, options=options
        )

    def _url(self, ptype: ProviderType) -> str:
        if not ptype.needs_url:
            return ""

        def problem(line: str) -> str:
            wrong = url_problem(line)
            return f"the URL {wrong}" if wrong else ""

        return self.ask.text("Base URL", default="https://", check=problem)

    def _options(self, ptype: ProviderType) -> dict[str, OptionValue]:
        fields = [field for field in ptype.options if not field.engines or ENGINE in field.engines]
        asked = [field for field in fields if field.required]
        others = [field for field in fields if not field.required]
        if others and self.ask.confirm(f"Set options of {ptype.id}?", default=False):
            asked += others
        given = {field.name: self._option(field) for field in asked}
        return {name: value for name, value in given.items() if value is not None}

    def _option(self, field: OptionField) -> OptionValue | None:
        def problem(line: str) -> str:
            if not line:
                return "a value is needed" if field.required else ""
            try:
                option_value(field, line)
            except BadUsage as error:
                return error.message
            return ""

        default = "" if field.default is None else str(field.default)
        if isinstance(field.default, bool):
            default = default.lower()
        line = self.ask.text(f"{field.name} ({field.help})", default=default, check=problem)
        return None if line in {"", default} and not field.required else option_value(field, line)

    def _key(self, ptype: ProviderType) -> Secret:
        variable = next((name for name in ptype.key_variables if self.environ.get(name)), "")
        if not ptype.key_required and not ptype.key_variables:
            return Secret("")
        hint = f" (Enter takes {variable} from the environment)" if variable else ""
        optional = "" if ptype.key_required or variable else " (Enter for none)"
        while True:
            secret = self.ask.secret(f"Key for {ptype.id}{hint}{optional}")
            if secret == Secret("") and variable:
                secret = Secret(self.environ[variable])
            if secret != Secret("") or not ptype.key_required:
                return secret
            self.ask.say(f"{ptype.id} needs a key")

    def _accepted(self, answer: ProviderAnswer) -> bool:
        """Offer to try the key; false when another one is to be given."""
        if answer.secret == Secret(""):
            return True
        if not self.ask.confirm("Check the key with the provider now?", default=False):
            return True
        found = self.check(answer)
        self.ask.say(found or "the provider takes this key")
        return not found or self.ask.confirm("Keep it all the same?", default=False)

    def _patterns(self, ptype: ProviderType, options: Mapping[str, OptionValue]) -> tuple[str, ...]:
        default = ",".join(ptype.default_patterns(options))
        line = self.ask.text(
            "Models (patterns, comma list)", default=default, check=_pattern_problem
        )
        return () if line == default else split((line,))

    def _auto_routing(
        self, providers: Sequence[ProviderAnswer]
    ) -> tuple[str, tuple[RuleAnswer, ...]]:
        models = _models(providers, self.spec)
        if not models or not self.ask.confirm(
            "Let higress/auto choose a model by what the message says?", default=False
        ):
            return "", ()
        default = self.ask.text(
            "Model when no rule matches", default=models[0], check=_model_problem
        )
        presets = self.ask.choose_some(
            "Rules to add now",
            [
                Choice(
                    value=one.name,
                    title=f"{one.name}: {one.label_zh if self.chinese else one.label_en}",
                )
                for one in PRESETS
            ],
        )
        rules = tuple(
            RuleAnswer(
                preset=name,
                model=self.ask.text(f"Model for {name}", default=default, check=_model_problem),
            )
            for name in presets
        )
        return default, rules

    def _summary(self, answers: Answers) -> str:
        lines = ["", "This is what will be set up:"]
        for provider in answers.providers:
            models = ", ".join(
                provider.patterns or provider.type.default_patterns(provider.options)
            )
            key = "no key" if provider.secret == Secret("") else provider.secret.masked()
            lines.append(f"  {provider.type.id}: {key}; models {models or 'by id/model only'}")
            lines += [f"    {name}: {value}" for name, value in provider.options.items()]
        if not answers.providers:
            lines.append("  providers: as they are")
        if answers.default_model:
            lines.append(f"  higress/auto: {answers.default_model} when no rule matches")
        lines += [f"    {rule.preset}: {rule.model}" for rule in answers.rules]
        return "\n".join(lines)


def _pattern_problem(line: str) -> str:
    bad = next((part for part in split((line,)) if not _has(MODEL_PATTERN, part)), "")
    return f"`{bad}` is no model pattern" if bad else ""


def _model_problem(line: str) -> str:
    return "" if _has(MODEL, line) else "a model name is needed"


def _has(form: Form, text: str) -> bool:
    return len(text) <= form.longest and bool(search(form.pattern, text))


def _models(providers: Sequence[ProviderAnswer], spec: GatewaySpec) -> list[str]:
    """Return models to propose: known chat models of the providers, the new ones first."""
    types = [provider.type for provider in providers]
    types += [ptype for one in spec.providers if (ptype := catalog.find(one.type)) is not None]
    known = [model.id for ptype in types for model in ptype.models if model.kind == "chat"]
    return known[:WIDEST_LIST] or [f"{ptype.id}/MODEL" for ptype in types]
