"""An AI route: what is refused, what is filled in, and the ConfigMap that keeps it."""

import json
from dataclasses import dataclass
from typing import TypeGuard

from . import gson
from .errors import IllegalArgument, NullPointer, ValidationException
from .jackson import read
from .kube import Object
from .predicates import check, check_keyed
from .shapes import AI_ROUTE

MODEL_HEADER = "x-higress-llm-model"
CODES = ("4xx", "5xx")
STRATEGIES = ("RAND", "SEQ")
RETRIES = {
    "enabled": True,
    "attempts": 3,
    "timeout": 120,
    "conditions": ["error", "timeout", "non_idempotent"],
}
ROOT = {"matchType": "PRE", "matchValue": "/", "caseSensitive": True}
LABELS = {"higress.io/config-map-type": "ai-route"}


@dataclass(frozen=True)
class Names:
    """What an AI route's resources are called."""

    route: str

    @property
    def config_map(self) -> str:
        """Name the ConfigMap."""
        return f"ai-route-{self.route}"

    @property
    def ingress(self) -> str:
        """Name the Ingress."""
        return f"ai-route-{self.route}.internal"

    @property
    def fallback(self) -> str:
        """Name the Ingress of the fallback."""
        return f"ai-route-{self.route}.fallback.internal"


def validate(route: Object) -> None:
    """Refuse what the console refuses, in its order."""
    if not (route["name"] or "").strip():
        raise ValidationException("name cannot be blank.")
    if not route["upstreams"]:
        raise ValidationException("upstreams cannot be empty.")
    _validate_predicates(route)
    _validate_upstreams(route["upstreams"])
    if any(upstream["weight"] is None for upstream in route["upstreams"]):
        raise NullPointer
    if sum(upstream["weight"] for upstream in route["upstreams"]) != 100:
        raise ValidationException("The sum of upstream weights must be 100.")
    _validate_fallback(route["fallbackConfig"])
    for predicate in route["modelPredicates"] or []:
        check(predicate)
        if predicate["matchType"].upper() == "REGULAR":
            raise ValidationException(
                "AiModelPredicate does not support regular expression matchType"
            )


def _validate_predicates(route: Object) -> None:
    path = route["pathPredicate"]
    if path is not None:
        check(path)
        if path["matchType"].upper() != "PRE":
            raise ValidationException("pathPredicate must be of type PRE.")
    check_keyed(route["headerPredicates"])
    keys = [(predicate["key"] or "").lower() for predicate in route["headerPredicates"] or []]
    if MODEL_HEADER in keys:
        raise ValidationException("headerPredicates cannot contain the model routing header.")
    check_keyed(route["urlParamPredicates"])


def _validate_upstreams(upstreams: list[Object]) -> None:
    if not all(upstream["provider"] for upstream in upstreams):
        raise ValidationException("provider cannot be null or empty.")


def _validate_fallback(fallback: Object | None) -> None:
    if fallback is None or fallback["enabled"] is not True:
        return
    strategy = fallback["fallbackStrategy"]
    if strategy and strategy not in STRATEGIES:
        raise ValidationException(f"unknown fallback strategy: {strategy}")
    if not fallback["upstreams"]:
        raise ValidationException("upstreams cannot be empty when fallback is enabled.")
    if not fallback["responseCodes"]:
        raise ValidationException("response codes cannot be empty when fallback is enabled.")
    for code in fallback["responseCodes"]:
        if code not in CODES:
            raise ValidationException(f"invalid response code:{code}")
    _validate_upstreams(fallback["upstreams"])


def filled(route: Object) -> Object:
    """Fill in what was not sent."""
    return route | {
        "pathPredicate": route["pathPredicate"] or ROOT,
        "upstreams": _weighted(route["upstreams"]),
        "fallbackConfig": _filled_fallback(route["fallbackConfig"]),
        "proxyNextUpstream": route["proxyNextUpstream"] or RETRIES,
    }


def _weighted(upstreams: list[Object] | None) -> list[Object] | None:
    if upstreams is None or len(upstreams) != 1:
        return upstreams
    return [upstreams[0] | {"weight": 100}]


def _filled_fallback(fallback: Object | None) -> Object | None:
    if not has_fallback(fallback):
        return fallback
    codes, strategy = fallback["responseCodes"], fallback["fallbackStrategy"]
    return fallback | {
        "upstreams": _weighted(fallback["upstreams"]),
        "fallbackStrategy": strategy or "RAND",
        "responseCodes": list(dict.fromkeys(codes)) if codes else codes,
    }


def has_fallback(fallback: Object | None) -> TypeGuard[Object]:
    """Tell whether a fallback is there and on."""
    return fallback is not None and fallback["enabled"] is True


def spread(route: Object) -> Object:
    """Give every fallback upstream the same weight, as the console does before it keeps a route."""
    fallback = route["fallbackConfig"]
    if not has_fallback(fallback) or fallback["fallbackStrategy"] != "RAND":
        return route
    upstreams = [upstream | {"weight": 1} for upstream in fallback["upstreams"] or []]
    return route | {"fallbackConfig": fallback | {"upstreams": upstreams}}


def to_config_map(route: Object) -> Object:
    """Make the ConfigMap of a route; its version is the ConfigMap's own."""
    return {
        "metadata": {
            "name": Names(route["name"]).config_map,
            "resourceVersion": route["version"],
            "labels": LABELS,
        },
        "data": {"data": gson.dump(route | {"version": None})},
    }


def to_route(config_map: Object) -> Object:
    """Read a route out of its ConfigMap."""
    data = config_map.get("data")
    if data is None:
        raise IllegalArgument("No data is found in the ConfigMap")
    if not data.get("data"):
        raise IllegalArgument('No "data" field is found in the ConfigMap')
    route: Object = read(json.loads(data["data"]), AI_ROUTE)
    return filled(route | {"version": config_map["metadata"].get("resourceVersion")})
