"""EnvoyFilters: patches of HTTP filters, routes and clusters, as far as pilot is asked for them."""

import copy
from collections.abc import Iterable

from .objects import Json, created

MANAGER = "envoy.filters.network.http_connection_manager"


def ordered(envoy_filters: Iterable[Json]) -> list[Json]:
    """Return every patch in the order in which they are applied."""
    by_rank = sorted(
        envoy_filters,
        key=lambda value: (
            int((value.get("spec") or {}).get("priority") or 0),
            created(value),
            value["metadata"]["name"],
        ),
    )
    return [
        patch
        for value in by_rank
        for patch in (value.get("spec") or {}).get("configPatches") or []
        if (patch.get("match") or {}).get("context", "ANY") in {"ANY", "GATEWAY"}
    ]


def patched_filters(filters: list[Json], patches: Iterable[Json]) -> list[Json]:
    """Return the HTTP filters with those of the patches; a missing anchor skips its patch."""
    filters = list(filters)
    for patch in patches:
        if patch.get("applyTo") != "HTTP_FILTER" or not _of_manager(patch):
            continue
        what = patch.get("patch") or {}
        anchor = _anchor(patch)
        names = [entry["name"] for entry in filters]
        at = names.index(anchor) if anchor in names else None
        match what.get("operation"):
            case "INSERT_FIRST":
                filters.insert(0, copy.deepcopy(what["value"]))
            case "INSERT_BEFORE" if anchor is None or at is not None:
                filters.insert(at or 0, copy.deepcopy(what["value"]))
            case "INSERT_AFTER" if anchor is None or at is not None:
                place = len(filters) if at is None else at + 1
                filters.insert(place, copy.deepcopy(what["value"]))
            case "REMOVE" if at is not None:
                del filters[at]
            case "MERGE" | "REPLACE" if at is not None:
                filters[at] = {**filters[at], **copy.deepcopy(what.get("value") or {})}
            case "ADD":
                filters.insert(len(filters) - 1, copy.deepcopy(what["value"]))
            case _:
                pass
    return filters


def _of_manager(patch: Json) -> bool:
    listener = (patch.get("match") or {}).get("listener") or {}
    network = (listener.get("filterChain") or {}).get("filter") or {}
    return bool(network.get("name", MANAGER) == MANAGER)


def _anchor(patch: Json) -> str | None:
    listener = (patch.get("match") or {}).get("listener") or {}
    network = (listener.get("filterChain") or {}).get("filter") or {}
    name = (network.get("subFilter") or {}).get("name")
    return None if name is None else str(name)


def patched_hosts(hosts: list[Json], patches: Iterable[Json]) -> list[Json]:
    """Return the virtual hosts with the routes that patches put first or last."""
    hosts = copy.deepcopy(hosts)
    for patch in patches:
        if patch.get("applyTo") != "HTTP_ROUTE":
            continue
        configuration = (patch.get("match") or {}).get("routeConfiguration") or {}
        wanted = (configuration.get("vhost") or {}).get("name")
        what = patch.get("patch") or {}
        for host in hosts:
            if wanted not in {None, host["name"], *host["domains"]}:
                continue
            value = copy.deepcopy(what.get("value") or {})
            match what.get("operation"):
                case "INSERT_FIRST" | "INSERT_BEFORE":
                    host["routes"].insert(0, value)
                case "ADD" | "INSERT_AFTER":
                    host["routes"].append(value)
                case _:
                    pass
    return hosts


def added_clusters(patches: Iterable[Json]) -> list[Json]:
    """Return the clusters that patches add."""
    return [
        copy.deepcopy(patch["patch"]["value"])
        for patch in patches
        if patch.get("applyTo") == "CLUSTER" and patch["patch"].get("operation") == "ADD"
    ]
