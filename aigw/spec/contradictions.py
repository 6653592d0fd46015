"""What is wrong in a spec whose every value is well formed: parts that do not go together."""

from collections.abc import Iterable, Iterator

from aigw import catalog
from aigw.catalog.options import option_problem
from aigw.catalog.provider_type import ProviderType
from aigw.catalog.target import resolve, url_problem
from aigw.errors import BadUsage, Problem
from aigw.spec.forms import MOST_PATTERNS
from aigw.spec.gateway import EngineName, GatewaySpec
from aigw.spec.provider import Provider
from aigw.spec.routing import AUTO_MODELS
from aigw.spec.rules import refusal
from aigw.spec.serving import ServingTable

# What each choice can lead to: there is no Higress engine yet that `auto` could choose.
ENGINES = {
    EngineName.AUTO: "envoy",
    EngineName.ENVOY: "envoy",
    EngineName.HIGRESS: "higress",
}


def contradictions(spec: GatewaySpec, *, rules: bool) -> Iterator[Problem]:
    """Yield all but what `unserved` yields; with `rules` RE2 is asked about the routing rules."""
    yield from _ports(spec)
    yield from _doubles((f"providers[{i}].id", item.id) for i, item in enumerate(spec.providers))
    yield from _pattern_doubles(spec)
    for index, provider in enumerate(spec.providers):
        yield from _provider(provider, f"providers[{index}]", spec.engine)
    auto = spec.auto_routing
    if auto.enabled and not auto.default:
        message = "is missing: auto-routing needs a model for texts that no rule matches"
        yield Problem(path="autoRouting.default", message=message)
    yield from _doubles(
        (f"autoRouting.rules[{i}].name", rule.name) for i, rule in enumerate(auto.rules)
    )
    if rules:
        yield from _rule_patterns(spec)


def unserved(spec: GatewaySpec) -> Iterator[Problem]:
    """Yield each model that auto-routing chooses and no provider serves."""
    auto, table = spec.auto_routing, ServingTable.of(spec)
    models = [(f"autoRouting.rules[{i}].model", rule.model) for i, rule in enumerate(auto.rules)]
    if auto.default:
        models.insert(0, ("autoRouting.default", auto.default))
    for path, model in models:
        if model in AUTO_MODELS:
            yield Problem(path=path, message=f"is `{model}`, which is what is to be decided")
        elif table.serve(model) is None:
            yield Problem(path=path, message=f"is `{model}`, which no provider serves")


def _ports(spec: GatewaySpec) -> Iterator[Problem]:
    ports = {name: getattr(spec.listen, name) for name in ("http", "https", "console")}
    return _doubles((f"listen.{name}", port) for name, port in ports.items())


def _doubles(places: Iterable[tuple[str, object]]) -> Iterator[Problem]:
    """Yield a problem for each place whose value an earlier place has."""
    seen: dict[object, str] = {}
    for path, value in places:
        if value in seen:
            yield Problem(path=path, message=f"is `{value}`, as {seen[value]} is")
        seen.setdefault(value, path)


def _pattern_doubles(spec: GatewaySpec) -> Iterator[Problem]:
    places = [
        (f"providers[{index}].models[{place}]", pattern)
        for index, provider in enumerate(spec.providers)
        for place, pattern in enumerate(provider.models)
    ]
    if len(places) > MOST_PATTERNS:
        message = f"have {len(places)} model patterns in all; {MOST_PATTERNS} is the most"
        yield Problem(path="providers", message=message)
    else:
        yield from _doubles(places)


def _provider(provider: Provider, path: str, engine: EngineName) -> Iterator[Problem]:
    ptype = catalog.find(provider.type)
    if ptype is None:
        return
    yield from _type(ptype, f"{path}.type", ENGINES[engine])
    if ptype.key_required and not provider.keys:
        message = "is missing: such a provider needs a key, `store` or `env:VARIABLE`"
        yield Problem(path=f"{path}.keys", message=message)
    yield from _doubles((f"{path}.keys[{place}]", key) for place, key in enumerate(provider.keys))
    yield from _target(provider, ptype, path)


def _type(ptype: ProviderType, path: str, engine: str) -> Iterator[Problem]:
    reason = ptype.engines.get(engine, "")
    if reason:
        instead = f"; {ptype.instead}" if ptype.instead else ""
        message = f"cannot be used on the {engine} engine: {reason}{instead}"
        yield Problem(path=path, message=message)


def _target(provider: Provider, ptype: ProviderType, path: str) -> Iterator[Problem]:
    """Yield why there is no address to send requests to."""
    wrong = [
        Problem(path=f"{path}.options.{name}", message=problem)
        for name, value in provider.options.items()
        if (field := ptype.option(name)) and (problem := option_problem(field, value))
    ]
    if provider.url and (problem := url_problem(provider.url)):
        wrong.append(Problem(path=f"{path}.url", message=problem))
    elif ptype.needs_url and not provider.url:
        wrong.append(Problem(path=f"{path}.url", message="is missing: only you know it"))
    yield from wrong or _unresolved(provider, ptype, path)


def _unresolved(provider: Provider, ptype: ProviderType, path: str) -> Iterator[Problem]:
    try:
        resolve(ptype, provider.options, provider.url)
    except BadUsage as error:
        yield Problem(path=f"{path}.options", message=error.message)


def _rule_patterns(spec: GatewaySpec) -> Iterator[Problem]:
    for index, rule in enumerate(spec.auto_routing.rules):
        reason = refusal(rule.pattern) if rule.pattern else ""
        if reason:
            key = "trigger" if rule.trigger else "pattern"
            yield Problem(path=f"autoRouting.rules[{index}].{key}", message=reason)
