"""Routes: one AI route or glob Ingress for each rank of each provider, ordered by its name.

Higress tries Ingresses of one path by the number of headers they match, then by name.
"""

import re
from collections.abc import Iterable, Iterator, Mapping

from msgspec import Struct
from msgspec.structs import replace

from aigw.rendering.gson import gson
from aigw.rendering.higress_upstream import Upstream
from aigw.rendering.template import Tree, filled
from aigw.spec.provider import ModelPattern, PatternKind, Provider

MODEL_HEADER = "x-higress-llm-model"
PROVIDER_HEADER = "x-aigw-provider"
LONGEST_RANK = 999
COMMENT = "PLEASE DO NOT EDIT DIRECTLY. This resource is managed by Higress."
KEPT_BACK = (
    "x-hi-original-auth",
    "x-higress-llm-model",
    "x-mse-consumer",
    "x-aigw-provider",
    "x-forwarded-for",
    "x-forwarded-proto",
    "x-envoy-external-address",
    "x-envoy-decorator-operation",
    "x-envoy-expected-rq-timeout-ms",
    "x-envoy-attempt-count",
    "cookie",
)
"""Headers of the client's and of the gateway's that no provider is sent."""

# What the console escapes (AiRouteServiceImpl.escapeForRegexMatch).
_SPECIAL = re.compile(r"[\[\]{}()^$|*+?.\\]")


class Route(Struct, frozen=True, kw_only=True):
    """One route: its rank (`e`, `p994`) and provider make its name, its patterns what it takes.

    Without patterns it takes what is `forced` to its provider, or else everything.
    """

    rank: str
    provider_id: str
    patterns: tuple[ModelPattern, ...] = ()
    forced: bool = False

    @property
    def name(self) -> str:
        """The name that the console shows."""
        return f"{self.rank}-{self.provider_id}"

    @property
    def ingress(self) -> str:
        """The name of its Ingress."""
        return f"ai-route-{self.name}.internal"

    @property
    def shown(self) -> bool:
        """Say whether the console can express it: of patterns it knows names and prefixes."""
        return all(pattern.kind is not PatternKind.GLOB for pattern in self.patterns)


def routes(providers: Iterable[Provider]) -> list[Route]:
    """Return all routes; where two providers have one pattern, the provider listed first has it."""
    taken: set[str] = set()
    found: list[Route] = []
    for provider in providers:
        found.append(Route(rank="0", provider_id=provider.id, forced=True))
        ranks: dict[str, list[ModelPattern]] = {}
        for pattern in provider.models:
            if pattern.text not in taken:
                taken.add(pattern.text)
                ranks.setdefault(_rank(pattern), []).append(pattern)
        found += [
            Route(
                rank=rank,
                provider_id=provider.id,
                patterns=() if rank == "z" else tuple(patterns),
            )
            for rank, patterns in ranks.items()
        ]
    return list(_in_their_order(found))


def route_files(
    route: Route, upstream: Upstream, *, generation: str
) -> Iterator[tuple[str, dict[str, Tree]]]:
    """Yield the paths and bodies of a route: its Ingress, and the ConfigMap if it has one."""
    told = {"x-aigw-generation": generation, PROVIDER_HEADER: upstream.id}
    annotations = _annotations(route, upstream, told)
    yield ingress(route.ingress, annotations, path="/", path_type="Prefix")
    if route.shown:
        name = f"ai-route-{route.name}"
        text = gson(_ai_route(route, upstream, told))
        yield f"configmaps/{name}.yaml", filled("higress/ai_route.yaml", name=name, route=text)


def health_file() -> tuple[str, dict[str, Tree]]:
    """Return the route of `/health`: with it there is a listener before the first provider.

    Nothing arrives where it leads, at the console: the edge filter answers.
    """
    annotations = {
        "higress.io/destination": "higress-console.static:80",
        "higress.io/ignore-path-case": "false",
    }
    return ingress("aigw-health.internal", annotations, path="/health", path_type="Exact")


def ingress(
    name: str, annotations: Mapping[str, Tree], *, path: str, path_type: str
) -> tuple[str, dict[str, Tree]]:
    """Return the path and the body of an Ingress."""
    body = filled(
        "higress/ingress.yaml",
        name=name,
        annotations=annotations,
        path=path,
        path_type=path_type,
    )
    return f"ingresses/{name}.yaml", body


def _rank(pattern: ModelPattern) -> str:
    match pattern.kind:
        case PatternKind.EXACT:
            return "e"
        case PatternKind.PREFIX:
            return f"p{LONGEST_RANK - pattern.literal_length:03}"
        case PatternKind.GLOB:
            return f"q{LONGEST_RANK - pattern.literal_length:03}"
        case PatternKind.ANY:
            return "z"


def _in_their_order(found: Iterable[Route]) -> Iterator[Route]:
    """Number the globs of one rank where their providers' names would not keep their order."""
    globs: dict[str, list[Route]] = {}
    for route in found:
        if route.shown:
            yield route
        else:
            globs.setdefault(route.rank, []).append(route)
    for rank, same in globs.items():
        names = [route.ingress for route in same]
        for place, route in enumerate(same):
            yield route if names == sorted(names) else replace(route, rank=f"{rank}n{place:03}")


def _removed(upstream: Upstream) -> list[Tree]:
    """Return the headers that must not reach the provider."""
    return [*KEPT_BACK, *(() if upstream.sends_authorization else ("authorization",))]


def _annotations(route: Route, upstream: Upstream, told: Mapping[str, str]) -> dict[str, Tree]:
    added = "\n".join(f"{name} {value}" for name, value in told.items())
    return {
        "higress.io/comment": COMMENT,
        "higress.io/destination": upstream.destination,
        "higress.io/enable-proxy-next-upstream": "false",
        "higress.io/ignore-path-case": "false",
        "higress.io/enable-header-control": "true",
        "higress.io/request-header-control-remove": ",".join(map(str, _removed(upstream))),
        "higress.io/response-header-control-add": added,
        **_match(route),
    }


def _match(route: Route) -> dict[str, Tree]:
    """Return the annotation that matches a header, as the console makes it of predicates."""
    if route.forced:
        return {f"higress.io/exact-match-header-{PROVIDER_HEADER}": route.provider_id}
    match route.patterns:
        case ():
            return {}
        case (one,) if one.kind is PatternKind.EXACT:
            return {f"higress.io/exact-match-header-{MODEL_HEADER}": one.text}
        case (one,) if one.kind is PatternKind.PREFIX:
            return {f"higress.io/prefix-match-header-{MODEL_HEADER}": one.text[:-1]}
        case several:
            any_of = "|".join(map(_expression, several))
            end = "" if route.shown else "$"
            return {f"higress.io/regex-match-header-{MODEL_HEADER}": f"^({any_of}){end}"}


def _expression(pattern: ModelPattern) -> str:
    return ".*".join(_SPECIAL.sub(r"\\\g<0>", part) for part in pattern.text.split("*"))


def _ai_route(route: Route, upstream: Upstream, told: Mapping[str, str]) -> dict[str, Tree]:
    """Return the route as the console keeps it; its members are in the console's order."""
    forced = {"key": PROVIDER_HEADER, **_predicate("EQUAL", route.provider_id, sensitive=True)}
    models = [_model_predicate(pattern) for pattern in route.patterns]
    return {
        "name": route.name,
        "pathPredicate": _predicate("PRE", "/", sensitive=True),
        **({"headerPredicates": [forced]} if route.forced else {}),
        "upstreams": [{"provider": route.provider_id, "weight": 100}],
        **({"modelPredicates": models} if models else {}),
        "headerControl": {
            "enabled": True,
            "request": {"remove": _removed(upstream)},
            "response": {"add": [{"key": name, "value": value} for name, value in told.items()]},
        },
        "proxyNextUpstream": {"enabled": False},
    }


def _model_predicate(pattern: ModelPattern) -> dict[str, Tree]:
    if pattern.kind is PatternKind.EXACT:
        return _predicate("EQUAL", pattern.text)
    return _predicate("PRE", pattern.text[:-1])


def _predicate(kind: str, value: str, *, sensitive: bool = False) -> dict[str, Tree]:
    case = {"caseSensitive": True} if sensitive else {}
    return {"matchType": kind, "matchValue": value, **case}
