"""The EnvoyFilter that sends a failed request to a route's fallback."""

from typing import Any

from . import writes
from .kube import Kube, Object

HEADER = "x-higress-fallback-from"
TYPES = "type.googleapis.com"
CLASSES = f"{TYPES}/envoy.type.matcher.v3.HttpResponseStatusCodeClassMatchInput"
RESPONSE = f"{TYPES}/envoy.extensions.filters.http.custom_response.v3.CustomResponse"
REDIRECT = f"{TYPES}/envoy.extensions.http.custom_response.redirect_policy.v3.RedirectPolicy"
LARGEST_BODY = 1024000


def write(kube: Kube, ingress: str, codes: list[str]) -> None:
    """Write the filter of a route's Ingress, over one that is there."""
    there = kube.find("envoyfilters", ingress)
    version = there["metadata"].get("resourceVersion") if there else None
    body = {
        "metadata": {"name": ingress, "resourceVersion": version},
        "spec": {"configPatches": [_patch(ingress, codes)]},
    }
    (writes.replace if there else writes.create)(kube, "envoyfilters", body)


def _patch(ingress: str, codes: list[str]) -> Object:
    value = _typed(RESPONSE, _response(ingress, codes))
    return {
        "applyTo": "HTTP_ROUTE",
        "match": {
            "context": "GATEWAY",
            "routeConfiguration": {"vhost": {"route": {"name": ingress}}},
        },
        "patch": {
            "operation": "MERGE",
            "value": {"typed_per_filter_config": {"envoy.filters.http.custom_response": value}},
        },
    }


def _typed(type_url: str, value: Object) -> Object:
    return {"@type": f"{TYPES}/udpa.type.v1.TypedStruct", "type_url": type_url, "value": value}


def _response(ingress: str, codes: list[str]) -> Object:
    action = {"name": "action", "typed_config": _typed(REDIRECT, _redirect(ingress))}
    matcher = {"predicate": _predicate(codes), "on_match": {"action": action}}
    return {
        "custom_response_matcher": {"matcher_list": {"matchers": [matcher]}},
        "with_request_body": {"max_request_bytes": LARGEST_BODY},
    }


def _redirect(ingress: str) -> Object:
    headers = [{"header": {"key": HEADER, "value": ingress}, "append": False}]
    return {
        "max_internal_redirects": 10,
        "use_original_request_uri": True,
        "keep_original_response_code": False,
        "use_original_request_body": True,
        "only_redirect_upstream_code": False,
        "request_headers_to_add": headers,
        "response_headers_to_add": headers,
    }


def _predicate(codes: list[str]) -> Object:
    if len(codes) == 1:
        return _single(codes[0])
    return {"or_matcher": {"predicate": [_single(code) for code in codes]}}


def _single(code: str) -> dict[str, Any]:
    given = {"name": f"{code}_response", "typed_config": {"@type": CLASSES}}
    return {"single_predicate": {"input": given, "value_match": {"exact": code}}}
