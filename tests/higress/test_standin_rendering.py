"""What the stand-in makes of an Ingress and of patches, apart from any container."""

from typing import Any

from tests.higress.standin.dataplane.patches import patched_filters
from tests.higress.standin.dataplane.routes import destinations, virtual_hosts

Json = dict[str, Any]


def ingress(name: str, *, path: str = "/", kind: str = "Prefix", **notes: str) -> Json:
    """Make an Ingress; underscores in the names of annotations become dashes."""
    annotations = {f"higress.io/{key.replace('_', '-')}": text for key, text in notes.items()}
    annotations.setdefault("higress.io/destination", f"{name}.dns:443")
    rule = {"http": {"paths": [{"path": path, "pathType": kind}]}}
    metadata = {"name": name, "annotations": annotations}
    return {"metadata": metadata, "spec": {"rules": [rule]}}


def order(*ingresses: Json) -> list[str]:
    """Return the names of the routes as they are tried."""
    (host,) = virtual_hosts(ingresses, 8080, ())
    return [route["name"] for route in host["routes"]]


def test_more_conditions_come_before_the_name() -> None:
    two = {"exact_match_header_a": "1", "exact_match_header_b": "1"}
    assert order(ingress("a", exact_match_header_a="1"), ingress("z", **two), ingress("0-all")) == [
        "z",
        "a",
        "0-all",
    ]


def test_the_longer_path_comes_first_and_a_whole_one_before_all() -> None:
    assert order(
        ingress("a", path="/v1"),
        ingress("b", path="/v1/chat"),
        ingress("c", path="/v1", kind="Exact"),
    ) == ["c", "b", "a"]


def test_of_two_with_one_match_the_later_name_is_dropped() -> None:
    assert order(
        ingress("b", exact_match_header_x="1"), ingress("a", exact_match_header_x="1")
    ) == ["a"]


def test_shares_of_a_route_go_to_their_clusters() -> None:
    found = destinations({"destination": "70% a.dns:443\n30% b.dns:80"})
    numerators = [
        share["runtime_fraction"]["default_value"]["numerator"] if share else None
        for share, _ in found
    ]
    assert (numerators, [cluster for _, cluster in found]) == (
        [700_000, None],
        ["outbound|443||a.dns", "outbound|80||b.dns"],
    )


def test_header_control_is_literal() -> None:
    notes = {
        "enable_header_control": "true",
        "request_header_control_remove": "X-A, x-b",
        "response_header_control_add": "x-c 100%\nx-d e f",
    }
    (host,) = virtual_hosts([ingress("a", **notes)], 8080, ())
    (route,) = host["routes"]
    added = [
        (one["header"]["key"], one["header"]["value"]) for one in route["response_headers_to_add"]
    ]
    assert route["request_headers_to_remove"] == ["x-a", "x-b"]
    assert added == [("x-c", "100%%"), ("x-d", "e f")]


def patch(operation: str, name: str, anchor: str = "") -> Json:
    """Make a patch of an HTTP filter."""
    network: Json = {"name": "envoy.filters.network.http_connection_manager"}
    network |= {"subFilter": {"name": anchor}} if anchor else {}
    match = {"context": "GATEWAY", "listener": {"filterChain": {"filter": network}}}
    what = {"operation": operation, "value": {"name": name}}
    return {"applyTo": "HTTP_FILTER", "match": match, "patch": what}


def test_filters_are_put_where_their_anchors_stand() -> None:
    filters = [{"name": "router-plugin"}, {"name": "router"}]
    patches = [
        patch("INSERT_FIRST", "one"),
        patch("INSERT_AFTER", "two", "router-plugin"),
        patch("INSERT_BEFORE", "three", "router"),
        patch("INSERT_AFTER", "lost", "nowhere"),
        patch("INSERT_FIRST", "first of all"),
    ]
    names = [one["name"] for one in patched_filters(filters, patches)]
    assert names == ["first of all", "one", "router-plugin", "two", "three", "router"]
