"""What Higress could not read or would not take: found before anything is written.

One file that its API server cannot read keeps the whole gateway from starting.
"""

import json
import re
from base64 import b64decode
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from aigw.errors import Problem
from aigw.rendering.ai_proxy_checks import plugin_problems
from aigw.rendering.store_yaml import dump

Body = Mapping[str, Any]
Found = Iterator[tuple[str, str]]

KINDS = {
    "configmaps": ("v1", "ConfigMap"),
    "envoyfilters": ("networking.istio.io/v1alpha3", "EnvoyFilter"),
    "ingresses": ("networking.k8s.io/v1", "Ingress"),
    "mcpbridges": ("networking.higress.io/v1", "McpBridge"),
    "secrets": ("v1", "Secret"),
    "services": ("v1", "Service"),
    "wasmplugins": ("extensions.higress.io/v1alpha1", "WasmPlugin"),
}
PHASES = ("UNSPECIFIED_PHASE", "AUTHN", "AUTHZ", "STATS")
STRATEGIES = ("FAIL_CLOSE", "FAIL_OPEN")
PATH_TYPES = ("Exact", "Prefix", "ImplementationSpecific")
TYPED_PATH = f"must have a pathType of {', '.join(PATH_TYPES)}"
LARGEST = 3 * 1024 * 1024
"""Bytes that the API server takes in one object."""

MOST_STEPS = 32_768
"""Of a regular expression: for one with more Envoy refuses the table of all routes."""

# In an expression that is shorter no character stands for so many steps that it could be too large.
SURELY_SMALL = 2000

NAME = re.compile(r"[a-z0-9]([-a-z0-9.]*[a-z0-9])?")
LONGEST_NAME = 253
REGISTRY = ("name", "type", "domain")
TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[-+]\d\d:\d\d)")


def problems(resources: Mapping[str, Body]) -> Iterator[Problem]:
    """Yield all that Higress would refuse, with its path in the store and within the object.

    No value is repeated in the words: it may be a key.
    """
    for path, body in resources.items():
        if path.partition("/")[0] not in KINDS:
            yield Problem(path=path, message="is in no folder that we write to")
            continue
        wrong = list(_decoded(path, body))
        yield from _told(
            path, (*_named(path, body), *_sized(body), *(wrong or _needed(path, body)))
        )


def fatal(path: str, body: Body) -> Iterator[Problem]:
    """Yield what of an object that is not ours keeps Higress from starting.

    A field of another type does, and what Envoy refuses for all; what is missing does not, nor what
    the object calls itself: its file's name counts, whichever it is (contract 2.1).
    """
    yield from _told(path, _decoded(path, body))


def _told(path: str, found: Iterable[tuple[str, str]]) -> Iterator[Problem]:
    for place, words in found:
        yield Problem(path=f"{path}: {place}" if place else path, message=words)


def _named(path: str, body: Body) -> Found:
    file = path.partition("/")[2]
    name = file.removesuffix(".yaml")
    if not file.endswith(".yaml") or not NAME.fullmatch(name) or len(name) > LONGEST_NAME:
        yield "", "is no name of an object: a-z, 0-9, `-` and `.`, then `.yaml`"
    if _member(body, "metadata").get("name", name) != name:
        yield "metadata.name", "is another one than the file's"


def _sized(body: Body) -> Found:
    try:
        size = len(dump(body).encode())
    except (ValueError, AttributeError, TypeError) as error:
        yield "", f"cannot be written: {error}"
        return
    if size > LARGEST:
        yield "", f"has {size} bytes; {LARGEST} is the most"


def _decoded(path: str, nulls: Body) -> Found:
    """Yield what has another type than the API server decodes; what Envoy refuses comes after."""
    folder, body = path.partition("/")[0], _without_nulls(nulls)
    for field, expected in zip(("apiVersion", "kind"), KINDS[folder], strict=True):
        if body.get(field, expected) != expected:
            yield field, f"must be `{expected}` in this folder"
    yield from _metadata(body.get("metadata", {}))
    wrong = list(SHAPES[folder](body)) if folder in SHAPES else []
    yield from wrong
    if not wrong and path.startswith("wasmplugins/ai-proxy"):
        yield from (
            (f"spec.{place}", words) for place, words in plugin_problems(body.get("spec", {}))
        )


def _without_nulls(tree: Any) -> Any:  # noqa: ANN401 -- any part of an object
    """Leave out members that are null: to Go they are not there."""
    match tree:
        case Mapping():
            return {name: _without_nulls(one) for name, one in tree.items() if one is not None}
        case list():
            return [*map(_without_nulls, tree)]
        case _:
            return tree


def _metadata(metadata: object) -> Found:
    if not isinstance(metadata, Mapping):
        yield "metadata", "must be a mapping"
        return
    for name in ("labels", "annotations"):
        yield from _texts(f"metadata.{name}", metadata.get(name, {}))
    if not isinstance(metadata.get("name", ""), str):
        yield "metadata.name", "must be text"
    if not isinstance(metadata.get("resourceVersion", ""), str):
        yield "metadata.resourceVersion", "must be a number, as text"
    created = metadata.get("creationTimestamp")
    if created is not None and not (isinstance(created, str) and TIME.fullmatch(created)):
        yield "metadata.creationTimestamp", "must be a time such as 2000-01-01T00:00:00Z, as text"


def _texts(path: str, tree: object) -> Found:
    if not isinstance(tree, Mapping):
        yield path, "must be a mapping"
        return
    for name, value in tree.items():
        if not isinstance(value, str):
            yield f"{path}.{name}", "must be text"


def _config_map(body: Body) -> Found:
    yield from _texts("data", body.get("data", {}))


def _secret(body: Body) -> Found:
    data = body.get("data", {})
    wrong = list(_texts("data", data))
    yield from wrong
    for name, value in ({} if wrong else data).items():
        try:
            b64decode(value, validate=True)
        except ValueError:
            yield f"data.{name}", "must be base64"


def _ingress(body: Body) -> Found:
    for name, value in _member(body.get("metadata"), "annotations").items():
        if "regex-match" in name and isinstance(value, str) and _too_large(value):
            yield (
                f"metadata.annotations.{name}",
                f"has {len(value)} characters: too many names of one provider for one route",
            )
    for at, one in _paths(body):
        if not isinstance(one, Mapping) or not isinstance(one.get("pathType", ""), str):
            yield at, TYPED_PATH


def _paths(body: Body) -> Iterator[tuple[str, object]]:
    for place, rule in enumerate(_listed(body, "rules")):
        paths = _member(rule, "http").get("paths")
        for number, one in enumerate(paths if isinstance(paths, list) else []):
            yield f"spec.rules[{place}].http.paths[{number}]", one


def _too_large(expression: str) -> bool:
    if len(expression) < SURELY_SMALL:
        return False
    import re2  # late: a compiled library that hardly a gateway needs here

    options = re2.Options()
    options.log_errors = False
    try:
        return bool(re2.compile(expression, options).programsize > MOST_STEPS)
    except re2.error:
        return True


def _bridge(body: Body) -> Found:
    for place, registry in enumerate(_listed(body, "registries")):
        at = f"spec.registries[{place}]"
        if not isinstance(registry, Mapping):
            yield at, "must be a mapping"
            continue
        for name in REGISTRY:
            if not isinstance(registry.get(name, ""), str):
                yield f"{at}.{name}", "must be text"
        port = registry.get("port", 0)
        if not isinstance(port, int) or isinstance(port, bool):
            yield f"{at}.port", "must be a port"


def _plugin(body: Body) -> Found:
    spec = body.get("spec", {})
    if not isinstance(spec, Mapping):
        yield "spec", "must be a mapping"
        return
    for name, known in (("phase", PHASES), ("failStrategy", STRATEGIES)):
        if spec.get(name, known[0]) not in known:
            yield f"spec.{name}", f"must be one of {', '.join(known)}"
    if not isinstance(spec.get("defaultConfig", {}), Mapping):
        yield "spec.defaultConfig", "must be a mapping"
    if not isinstance(spec.get("priority", 0), int):
        yield "spec.priority", "must be a whole number"
    if not isinstance(spec.get("url", ""), str):
        yield "spec.url", "must be text"
    for place, rule in enumerate(_listed(body, "matchRules")):
        yield from _rule(f"spec.matchRules[{place}]", rule)


def _rule(at: str, rule: object) -> Found:
    if not isinstance(rule, Mapping):
        yield at, "must be a mapping"
        return
    if not isinstance(rule.get("config", {}), Mapping):
        yield f"{at}.config", "must be a mapping"
    if not isinstance(rule.get("configDisable", False), bool):
        yield f"{at}.configDisable", "must be true or false"
    for scope in ("ingress", "domain", "service"):
        names = rule.get(scope, [])
        if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
            yield f"{at}.{scope}", "must be a list of texts"


def _needed(path: str, body: Body) -> Found:
    """Yield what an object lacks to be of use, where everything in it has its right type."""
    version = _member(body, "metadata").get("resourceVersion")
    if version and not version.isdecimal():
        yield "metadata.resourceVersion", "must be a number, as text"
    match path.partition("/")[0]:
        case "configmaps":
            yield from _route(body)
        case "ingresses":
            yield from (
                (at, TYPED_PATH)
                for at, one in _paths(body)
                if isinstance(one, Mapping) and one.get("pathType") not in PATH_TYPES
            )
        case "mcpbridges":
            yield from _registries(body)
        case "wasmplugins" if _member(body, "spec").get("url") is None:
            yield "spec.url", "must be text"


def _route(body: Body) -> Found:
    labels = _member(body.get("metadata"), "labels")
    if labels.get("higress.io/config-map-type") != "ai-route":
        return
    try:
        route = json.loads(_member(body, "data").get("data", ""))
    except (ValueError, TypeError):
        route = None
    if not isinstance(route, dict) or not route.get("name") or not route.get("upstreams"):
        yield "data.data", "must be an AI route in JSON, with a name and upstreams"


def _registries(body: Body) -> Found:
    for place, registry in enumerate(_listed(body, "registries")):
        at = f"spec.registries[{place}]"
        yield from ((f"{at}.{name}", "must be text") for name in REGISTRY if not registry.get(name))
        if not 0 < (registry.get("port") or 0) < 2**16:
            yield f"{at}.port", "must be a port"


def _member(tree: object, name: str) -> Body:
    member = tree.get(name) if isinstance(tree, Mapping) else None
    return member if isinstance(member, Mapping) else {}


def _listed(body: Body, name: str) -> list[Any]:
    spec = body.get("spec")
    items = spec.get(name) if isinstance(spec, Mapping) else None
    return items if isinstance(items, list) else []


SHAPES: Mapping[str, Callable[[Body], Found]] = {
    "configmaps": _config_map,
    "ingresses": _ingress,
    "mcpbridges": _bridge,
    "secrets": _secret,
    "wasmplugins": _plugin,
}
