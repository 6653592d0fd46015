"""Questions about one provider: which, its URL, options, key and models."""

from collections.abc import Callable, Collection, Mapping, Sequence
from re import search

from msgspec import Struct
from msgspec.structs import replace

from aigw import catalog
from aigw.catalog.options import OptionValue, as_text, option_value
from aigw.catalog.provider_type import OptionField, ProviderType
from aigw.catalog.target import url_problem
from aigw.cli.questions import Choice, Questions
from aigw.clients.http import KeyState, KeyVerdict
from aigw.errors import BadUsage
from aigw.operations.provider_edit import split
from aigw.spec.forms import MODEL_PATTERN
from aigw.spec.gateway import EngineName, GatewaySpec
from aigw.spec.provider import Provider
from aigw.spec.secret import Secret


class ProviderAnswer(Struct, frozen=True, kw_only=True):
    """A provider as it was described; what is empty is the catalogue's, or stays as it is."""

    type: ProviderType
    secret: Secret
    url: str
    patterns: tuple[str, ...]
    options: Mapping[str, OptionValue]


class ProviderQuestions(Struct, frozen=True, kw_only=True):
    """What the questions need: the person, what is configured, their environment and language.

    `engines` are those that may run the gateway; `check` asks the provider whether it takes a key.
    """

    ask: Questions
    spec: GatewaySpec
    environ: Mapping[str, str]
    chinese: bool
    engines: Sequence[EngineName]
    check: Callable[[ProviderAnswer], KeyVerdict]

    def choices(self, described: Collection[str]) -> list[Choice]:
        """Return a line for each usable type; a mark says that it is configured or described."""
        configured = {provider.type for provider in self.spec.providers} | set(described)
        return [
            Choice(value=ptype.id, title=self._title(ptype, configured=ptype.id in configured))
            for ptype in catalog.every()
            if not all(ptype.engines.get(engine, "") for engine in self.engines)
        ]

    def _title(self, ptype: ProviderType, *, configured: bool) -> str:
        mark = "[configured] " if configured else ""
        return f"{mark}{ptype.label(chinese=self.chinese)} ({ptype.id})"

    def describe(self, type_id: str) -> ProviderAnswer:
        """Ask everything about the provider of that type's own id."""
        ptype = catalog.find(type_id)
        assert ptype is not None
        if ptype.warning:
            self.ask.say(ptype.warning)
        there = self.spec.provider(ptype.id)
        answer = ProviderAnswer(
            type=ptype,
            secret=Secret(""),
            url=self._url(ptype, there),
            patterns=(),
            options=self._options(ptype, there),
        )
        while not self._accepted(with_key := replace(answer, secret=self._key(ptype, there))):
            pass
        return replace(with_key, patterns=self._patterns(answer, there))

    def _url(self, ptype: ProviderType, there: Provider | None) -> str:
        if not ptype.needs_url:
            return ""

        def problem(line: str) -> str:
            wrong = url_problem(line)
            return f"the URL {wrong}" if wrong else ""

        return self.ask.text(
            "Base URL (https://HOST/v1)", default=there.url if there else "", check=problem
        )

    def _options(self, ptype: ProviderType, there: Provider | None) -> dict[str, OptionValue]:
        fields = [field for field in ptype.options if self._counts(field)]
        asked = [field for field in fields if field.required]
        others = [field for field in fields if not field.required]
        if others and self.ask.confirm(f"Set options of {ptype.id}?", default=False):
            asked += others
        known = there.options if there else {}
        given = {field.name: self._option(field, known.get(field.name)) for field in asked}
        return {name: value for name, value in given.items() if value is not None}

    def _counts(self, field: OptionField) -> bool:
        return not field.engines or any(engine in field.engines for engine in self.engines)

    def _option(self, field: OptionField, there: OptionValue | None) -> OptionValue | None:
        def problem(line: str) -> str:
            if not line:
                return "a value is needed" if field.required else ""
            try:
                option_value(field, line)
            except BadUsage as error:
                return error.message
            return ""

        default = as_text(field.default if there is None else there)
        line = self.ask.text(f"{field.name} ({field.help})", default=default, check=problem)
        return None if line in {"", default} and not field.required else option_value(field, line)

    def _key(self, ptype: ProviderType, there: Provider | None) -> Secret:
        if not ptype.key_required and not ptype.key_variables:
            return Secret("")
        kept = there is not None and bool(there.keys)
        variable = next((name for name in ptype.key_variables if self.environ.get(name)), "")
        if kept:
            hint, variable = " (Enter keeps what is there)", ""
        elif variable:
            hint = f" (Enter takes {variable} from the environment)"
        else:
            hint = "" if ptype.key_required else " (Enter for none)"
        while True:
            secret = self.ask.secret(f"Key for {ptype.id}{hint}")
            if secret == Secret("") and variable:
                secret = Secret(self.environ[variable])
            if secret != Secret("") or kept or not ptype.key_required:
                return secret
            self.ask.say(f"{ptype.id} needs a key")

    def _accepted(self, answer: ProviderAnswer) -> bool:
        """Offer to try the key; false when another one is to be given."""
        if answer.secret == Secret(""):
            return True
        if not self.ask.confirm("Check the key with the provider now?", default=False):
            return True
        found = self.check(answer)
        if found.state is KeyState.ACCEPTED:
            self.ask.say("the provider takes this key")
            return True
        rejected = found.state is KeyState.REJECTED
        said = "the provider refuses this key" if rejected else "the key could not be checked"
        self.ask.say(f"{said}: {found.detail}")
        return self.ask.confirm("Keep it all the same?", default=not rejected)

    def _patterns(self, answer: ProviderAnswer, there: Provider | None) -> tuple[str, ...]:
        patterns = answer.type.default_patterns(answer.options)
        if there is not None:
            patterns = tuple(pattern.text for pattern in there.models)
        default = ",".join(patterns)
        line = self.ask.text(
            "Models (patterns, comma list)", default=default, check=_pattern_problem
        )
        return () if line == default else split((line,))


def summary(answer: ProviderAnswer, there: Provider | None) -> list[str]:
    """Say in lines what was described; `there` is the provider that it changes."""
    patterns = answer.patterns or answer.type.default_patterns(answer.options)
    if there is not None and not answer.patterns:
        patterns = tuple(pattern.text for pattern in there.models)
    key = "no key" if there is None or not there.keys else "its keys as they are"
    if answer.secret != Secret(""):
        key = answer.secret.masked()
    lines = [f"  {answer.type.id}: {key}; models {', '.join(patterns) or 'by id/model only'}"]
    return [*lines, *(f"    {name}: {value}" for name, value in answer.options.items())]


def _pattern_problem(line: str) -> str:
    longest, form = MODEL_PATTERN.longest, MODEL_PATTERN.pattern
    bad = [part for part in split((line,)) if len(part) > longest or not search(form, part)]
    return f"`{bad[0]}` is no model pattern" if bad else ""
