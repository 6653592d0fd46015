"""Everything that is wrong with a spec, and what is allowed in one but hardly meant."""

from collections.abc import Iterator
from itertools import combinations

from aigw import catalog
from aigw.errors import Problem
from aigw.spec.contradictions import ENGINES
from aigw.spec.gateway import GatewaySpec
from aigw.spec.provider import PatternKind
from aigw.spec.reading import all_problems
from aigw.spec.routing import AutoRouting, RoutingRule
from aigw.spec.rules import decide
from aigw.spec.shape import shaped
from aigw.spec.writing import to_tree

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


def problems(spec: GatewaySpec) -> tuple[Problem, ...]:
    """Return all that is wrong with a spec, whoever built it: what `reading.parse` would refuse."""
    return all_problems(shaped(to_tree(spec, defaults=False)), rules=True)


def lints(spec: GatewaySpec) -> tuple[Problem, ...]:
    """Return what a person should be told: overlapping globs, options without effect, odd rules."""
    return (*_overlapping_globs(spec), *_idle_options(spec), *_rules(spec))


def _overlapping_globs(spec: GatewaySpec) -> Iterator[Problem]:
    globs = [
        (f"providers[{index}].models[{place}]", provider.id, pattern)
        for index, provider in enumerate(spec.providers)
        for place, pattern in enumerate(provider.models)
        if pattern.kind is PatternKind.GLOB
    ]
    for (_, winner, pattern), (path, loser, other) in combinations(globs, 2):
        alike = pattern.literal_length == other.literal_length and winner != loser
        if alike and overlap(pattern.text, other.text):
            message = (
                f"`{other}` overlaps `{pattern}`; where both fit, {winner} serves, listed first"
            )
            yield Problem(path=path, message=message)


def overlap(one: str, other: str) -> bool:
    """Say whether some model name fits both patterns."""
    reached = {(0, 0)}
    pending = [(0, 0)]
    while pending:
        at, to = pending.pop()
        for step in _steps(one[at:], other[to:]):
            place = (at + step[0], to + step[1])
            if place not in reached:
                reached.add(place)
                pending.append(place)
    return (len(one), len(other)) in reached


def _steps(one: str, other: str) -> Iterator[tuple[int, int]]:
    """Yield how far both patterns can go on together: a star ends, or takes the other's letter."""
    if one[:1] == "*":
        yield 1, 0
        if other:
            yield 0, 1
    if other[:1] == "*":
        yield 0, 1
        if one:
            yield 1, 0
    if one and one[:1] == other[:1]:
        yield 1, 1


def _idle_options(spec: GatewaySpec) -> Iterator[Problem]:
    engine = ENGINES[spec.engine]
    for index, provider in enumerate(spec.providers):
        ptype = catalog.find(provider.type)
        for name in provider.options:
            field = ptype.option(name) if ptype else None
            if field and field.engines and engine not in field.engines:
                message = f"has no effect on the {engine} engine"
                yield Problem(path=f"providers[{index}].options.{name}", message=message)


def _rules(spec: GatewaySpec) -> Iterator[Problem]:
    auto = spec.auto_routing
    if auto.rules and not auto.enabled:
        yield Problem(path="autoRouting.enabled", message="is false: the rules are not used")
    broad = ""
    for index, rule in enumerate(auto.rules):
        path, earlier = f"autoRouting.rules[{index}]", auto.rules[:index]
        shadow = broad or _shadow(rule, earlier)
        if shadow:
            message = f"`{rule.name}` never gets a text: `{shadow}` before it takes all of them"
            yield Problem(path=path, message=message)
        if all(_matches(rule, text) for text in ANYTHING):
            broad = broad or rule.name
            yield Problem(path=path, message=f"`{rule.name}` is too broad: it matches every text")


def _shadow(rule: RoutingRule, earlier: tuple[RoutingRule, ...]) -> str:
    """Name the earlier rule that takes what this one is for; empty if there is none."""
    same = next((other.name for other in earlier if other.pattern == rule.pattern), "")
    if same or not rule.trigger or not earlier:
        return same
    texts = [phrase.strip() + end for phrase in rule.trigger.split("|") for end in AFTER_A_PHRASE]
    takers = {_first(earlier, text) for text in texts}
    return "" if "" in takers else sorted(takers)[0]


def _first(rules: tuple[RoutingRule, ...], text: str) -> str:
    """Name the first rule that matches; empty if none does."""
    return next((rule.name for rule in rules if _matches(rule, text)), "")


def _matches(rule: RoutingRule, text: str) -> bool:
    alone = AutoRouting(enabled=True, default=rule.model, rules=(rule,))
    return decide(alone, text).rule == rule.name
