"""What is wrong in a spec whose every value is well formed: parts that do not go together."""

from collections.abc import Iterable, Iterator, Mapping

from aigw import catalog
from aigw.catalog.options import OptionValue, option_problem
from aigw.catalog.provider_type import ProviderType
from aigw.catalog.target import resolve, url_problem
from aigw.errors import BadUsage, Problem
from aigw.spec.forms import MOST_PATTERNS
from aigw.spec.gateway import EngineName, GatewaySpec
from aigw.spec.provider import Provider
from aigw.spec.routing import AUTO_MODELS
from aigw.spec.rules import refusal
from aigw.spec.serving import ServingTable

ENGINES: Mapping[EngineName, tuple[EngineName, ...]] = {
    EngineName.AUTO: (EngineName.ENVOY, EngineName.HIGRESS),
    EngineName.ENVOY: (EngineName.ENVOY,),
    EngineName.HIGRESS: (EngineName.HIGRESS,),
}
"""What each choice can lead to."""


def unusable(ptype: ProviderType, asked: EngineName) -> str:
    """Say why none of the engines that may be chosen can run such a provider; empty: one can."""
    reasons = [(engine, ptype.engines.get(engine, "")) for engine in ENGINES[asked]]
    if not all(reason for _, reason in reasons):
        return ""
    engine, reason = reasons[0]
    instead = f"; {ptype.instead}" if ptype.instead else ""
    return f"cannot be used on the {engine} engine: {reason}{instead}"


def not_on(spec: GatewaySpec, engine: EngineName) -> Iterator[str]:
    """Say of each provider that this engine cannot run why it cannot."""
    for provider in spec.providers:
        ptype = catalog.find(provider.type)
        reason = unusable(ptype, engine) if ptype else ""
        if reason:
            yield f"provider `{provider.id}` {reason}"


def unused_fallbacks(spec: GatewaySpec) -> Iterator[Problem]:
    """Yield each fallback, for none has an effect yet."""
    for index, provider in enumerate(spec.providers):
        if provider.fallback:
            message = "is kept, but no engine of this version uses it: it is unverified on Higress"
            yield Problem(path=f"providers[{index}].fallback", message=message)


def placed_by_option(
    ptype: ProviderType, options: Mapping[str, OptionValue], engine: EngineName
) -> str:
    """Return the address that an option of Higress' own says outright; empty where none does."""
    known = engine is EngineName.HIGRESS and ptype.higress.address
    return str(options.get(ptype.higress.address) or "") if known else ""


def contradictions(spec: GatewaySpec, *, rules: bool) -> Iterator[Problem]:
    """Yield all but what `unserved` yields; with `rules` RE2 is asked about the routing rules."""
    yield from _ports(spec)
    yield from _doubles((f"providers[{i}].id", item.id) for i, item in enumerate(spec.providers))
    yield from _pattern_doubles(spec)
    for index, provider in enumerate(spec.providers):
        yield from _provider(provider, f"providers[{index}]", spec.engine)
    yield from _fallbacks(spec)
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


def _doubles(
    places: Iterable[tuple[str, object]], owners: Mapping[str, str] | None = None
) -> Iterator[Problem]:
    """Yield a problem for each place whose value an earlier place has; `owners` has its provider.

    The paths of other places are as good as a name.
    """
    seen: dict[object, str] = {}
    for path, value in places:
        if value in seen:
            first = seen[value]
            other = (
                f"which provider `{owners[first]}` has ({first})" if owners else f"as {first} is"
            )
            yield Problem(path=path, message=f"is `{value}`, {other}")
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
        ids = [one.id for one in spec.providers for _ in one.models]
        owners = {path: name for (path, _), name in zip(places, ids, strict=True)}
        yield from _doubles(places, owners)


def _fallbacks(spec: GatewaySpec) -> Iterator[Problem]:
    """Yield each fallback that leads nowhere."""
    ids = {provider.id for provider in spec.providers}
    for index, provider in enumerate(spec.providers):
        for place, fallback in enumerate(provider.fallback):
            path = f"providers[{index}].fallback[{place}].provider"
            if fallback.provider == provider.id:
                yield Problem(path=path, message="is the provider itself")
            elif fallback.provider and fallback.provider not in ids:
                yield Problem(path=path, message=f"is `{fallback.provider}`, which is no provider")


def _provider(provider: Provider, path: str, engine: EngineName) -> Iterator[Problem]:
    ptype = catalog.find(provider.type)
    if ptype is None:
        return
    if reason := unusable(ptype, engine):
        yield Problem(path=f"{path}.type", message=reason)
    if ptype.key_required and not provider.keys:
        message = "is missing: such a provider needs a key, `store` or `env:VARIABLE`"
        yield Problem(path=f"{path}.keys", message=message)
    yield from _doubles((f"{path}.keys[{place}]", key) for place, key in enumerate(provider.keys))
    by_option = bool(placed_by_option(ptype, provider.options, engine))
    yield from _target(provider, ptype, path, by_option=by_option)


def _target(
    provider: Provider, ptype: ProviderType, path: str, *, by_option: bool
) -> Iterator[Problem]:
    """Yield why there is no address to send requests to; `by_option` an option says it."""
    wrong = [
        Problem(path=f"{path}.options.{name}", message=problem)
        for name, value in provider.options.items()
        if (field := ptype.option(name)) and (problem := option_problem(field, value))
    ]
    if provider.url and (problem := url_problem(provider.url)):
        wrong.append(Problem(path=f"{path}.url", message=problem))
    elif ptype.needs_url and not provider.url and not by_option:
        wrong.append(Problem(path=f"{path}.url", message="is missing: only you know it"))
    yield from wrong or (() if by_option else _unresolved(provider, ptype, path))


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
