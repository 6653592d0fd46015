"""What is allowed in a spec but hardly meant."""

from collections.abc import Iterator

from aigw import catalog
from aigw.errors import Problem
from aigw.spec.contradictions import ENGINES, unused_fallbacks
from aigw.spec.gateway import GatewaySpec
from aigw.spec.provider import ModelPattern, PatternKind
from aigw.spec.routing import AutoRouting, RoutingRule
from aigw.spec.rules import decide

# Texts so different that a pattern which matches all of them matches everything.
ANYTHING = (
    "x",
    "Hello, how are you today?",
    "写一首关于春天的诗",
    "1234567890",
    "{}\n\n\t;",
    "Ünïcödé",
)
AFTER_A_PHRASE = ("", " and so on, please", "\nA second line.", "，然后呢")


def lints(spec: GatewaySpec) -> tuple[Problem, ...]:
    """Return what a person should be told: overlapping globs, options without effect, odd rules."""
    return (*_overlapping_globs(spec), *_idle_options(spec), *unused_fallbacks(spec), *_rules(spec))


def _overlapping_globs(spec: GatewaySpec) -> Iterator[Problem]:
    """Yield each glob where the order of the providers decides, with the first such other one."""
    earlier: list[tuple[str, ModelPattern]] = []
    for index, provider in enumerate(spec.providers):
        globs = [
            (place, pattern)
            for place, pattern in enumerate(provider.models)
            if pattern.kind is PatternKind.GLOB
        ]
        for place, glob in globs:
            for winner, other in earlier:
                if other.literal_length == glob.literal_length and overlap(other.text, glob.text):
                    path = f"providers[{index}].models[{place}]"
                    message = f"`{glob}` and `{other}` overlap; {winner}, listed first, serves both"
                    yield Problem(path=path, message=message)
                    break
        earlier += [(provider.id, glob) for _, glob in globs]


def overlap(one: str, other: str) -> bool:
    """Say whether some model name fits both patterns."""
    heads, tails = (
        (one.split("*"), other.split("*")),
        (one[::-1].split("*"), other[::-1].split("*")),
    )
    if not all(_compatible(first[0], second[0]) for first, second in (heads, tails)):
        return False
    done: set[tuple[str, str]] = set()
    pending = [(one, other)]
    while pending:
        pair = pending.pop()
        if pair == ("", ""):
            return True
        if pair not in done:
            done.add(pair)
            pending.extend(_rests(*pair))
    return False


def _compatible(one: str, other: str) -> bool:
    return one.startswith(other) or other.startswith(one)


def _rests(one: str, other: str) -> Iterator[tuple[str, str]]:
    """Yield what is left of two patterns when a star ends, or both take the same letter."""
    if one[:1] == "*":
        yield one[1:], other
        if other:
            yield one, other[1:]
    if other[:1] == "*":
        yield one, other[1:]
        if one:
            yield one[1:], other
    if one and one[:1] == other[:1]:
        yield one[1:], other[1:]


def _idle_options(spec: GatewaySpec) -> Iterator[Problem]:
    engines = ENGINES[spec.engine]
    for index, provider in enumerate(spec.providers):
        ptype = catalog.find(provider.type)
        for name in provider.options:
            field = ptype.option(name) if ptype else None
            if field and field.engines and not {*engines} & {*field.engines}:
                message = f"has no effect on the {engines[0]} engine"
                yield Problem(path=f"providers[{index}].options.{name}", message=message)


def _rules(spec: GatewaySpec) -> Iterator[Problem]:
    auto = spec.auto_routing
    if auto.rules and not auto.enabled:
        yield Problem(path="autoRouting.enabled", message="is false: the rules are not used")
    broad = ""
    for index, rule in enumerate(auto.rules):
        path = f"autoRouting.rules[{index}]"
        shadow = broad or _shadow(rule, auto.rules[:index])
        if shadow:
            message = f"`{rule.name}` never gets a prompt: `{shadow}` before it takes all of them"
            yield Problem(path=path, message=message)
        if all(_matches(rule, text) for text in ANYTHING):
            broad = broad or rule.name
            yield Problem(path=path, message=f"`{rule.name}` is too broad: it matches every prompt")


def _shadow(rule: RoutingRule, earlier: tuple[RoutingRule, ...]) -> str:
    """Name an earlier rule that takes what this one is for; empty if there is none.

    Of a rule given as RE2 only its double is known; phrases can be tried.
    """
    same = next((other.name for other in earlier if other.pattern == rule.pattern), "")
    if same or not rule.trigger:
        return same
    takers = [_taker(phrase, earlier) for phrase in _phrases(rule)]
    return "" if "" in takers else takers[0]


def _taker(phrase: str, rules: tuple[RoutingRule, ...]) -> str:
    """Name the first rule that takes every prompt which begins with a phrase."""
    return next((rule.name for rule in rules if _takes(rule, phrase)), "")


def _takes(rule: RoutingRule, phrase: str) -> bool:
    if rule.trigger:
        return phrase.startswith(tuple(_phrases(rule)))
    return all(_matches(rule, phrase + end) for end in AFTER_A_PHRASE)


def _phrases(rule: RoutingRule) -> list[str]:
    return [phrase.strip().lower() for phrase in rule.trigger.split("|")]


def _matches(rule: RoutingRule, text: str) -> bool:
    alone = AutoRouting(enabled=True, default=rule.model, rules=(rule,))
    return decide(alone, text).rule == rule.name
