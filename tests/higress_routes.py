"""What Higress makes of rendered routes: its order of Ingresses, what Envoy matches in it, and
what our edge filter and ai-proxy do around it.

The order is that of `pkg/ingress/kube/common/tool.go`: of one path the routes that match more
headers first, then those that are older (without a time is oldest), then by name.
"""

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

import re2

from aigw.rendering.higress import Resources

MODEL, PROVIDER = "x-higress-llm-model", "x-aigw-provider"
MATCH = re.compile(r"higress\.io/(exact|prefix|regex)-match-header-(.*)")


def decision(resources: Resources, asked: str, *, forced: str = "") -> tuple[str, str] | None:
    """Return the provider that is asked and for which model, or None where no route matches."""
    if forced:
        named = asked.removeprefix(f"{forced}/") or asked
        own = asked if asked in exact_names(resources).get(forced, ()) else named
        return _sent(resources, {PROVIDER: forced, MODEL: own})
    first = route(resources, {MODEL: asked})
    head, _, bare = asked.partition("/")
    if bare and not (first or "").startswith("ai-route-e-") and route(resources, {PROVIDER: head}):
        by_id = {PROVIDER: head, MODEL: bare}
        if (route(resources, by_id) or "").startswith("ai-route-0-"):
            return _sent(resources, by_id)
    return _sent(resources, {MODEL: asked})


def route(resources: Resources, headers: Mapping[str, str]) -> str | None:
    """Return the name of the first Ingress that takes a request with these headers."""
    ordered = sorted(_ingresses(resources), key=lambda found: (-len(found[2]), found[1], found[0]))
    return next(
        (
            name
            for name, _, matches in ordered
            if all(
                _fits(kind, value, headers.get(header)) for header, (kind, value) in matches.items()
            )
        ),
        None,
    )


def exact_names(resources: Resources) -> dict[str, list[str]]:
    """Return the names that each provider is asked for by an exact route."""
    found: dict[str, list[str]] = {}
    for path, body in resources.items():
        if path.startswith("configmaps/ai-route-e-"):
            shown = json.loads(body["data"]["data"])
            names = [predicate["matchValue"] for predicate in shown["modelPredicates"]]
            found[shown["upstreams"][0]["provider"]] = names
    return found


def _ingresses(resources: Resources) -> Iterator[tuple[str, str, dict[str, tuple[str, str]]]]:
    """Yield the name, the time and the header matches of every route."""
    for path, body in resources.items():
        if path.startswith("ingresses/ai-route-"):
            annotations = body["metadata"]["annotations"]
            found = ((MATCH.fullmatch(name), value) for name, value in annotations.items())
            yield (
                body["metadata"]["name"],
                body["metadata"]["creationTimestamp"] or "",
                {match[2]: (match[1], value) for match, value in found if match},
            )


def _fits(kind: str, value: str, header: str | None) -> bool:
    if header is None:
        return False
    match kind:
        case "exact":
            return header == value
        case "prefix":
            return header.startswith(value)
        case _:
            return re2.fullmatch(value, header) is not None


def _sent(resources: Resources, headers: Mapping[str, str]) -> tuple[str, str] | None:
    """Return where a request leaves for, and the model that ai-proxy puts into it."""
    name = route(resources, headers)
    if name is None or (PROVIDER in headers and not name.startswith("ai-route-0-")):
        return None
    annotations = resources[f"ingresses/{name}.yaml"]["metadata"]["annotations"]
    service = annotations["higress.io/destination"].rpartition(":")[0]
    spec = resources["wasmplugins/ai-proxy.internal.yaml"]["spec"]
    active = next(
        rule["config"]["activeProviderId"]
        for rule in spec["matchRules"]
        if rule["service"] == [service]
    )
    entry = next(entry for entry in spec["defaultConfig"]["providers"] if entry["id"] == active)
    return active, _mapped(entry.get("modelMapping", {}), headers[MODEL])


def _mapped(mapping: Mapping[str, Any], model: str) -> str:
    """Do as ai-proxy does: a name, else an expression (`~`), else the name stays."""
    if model in mapping:
        return str(mapping[model])
    for pattern, target in mapping.items():
        if pattern.startswith("~"):
            return re.sub(pattern[1:], target.replace("$1", r"\1"), model, count=1)
    return model
