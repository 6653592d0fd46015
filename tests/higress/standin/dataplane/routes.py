"""Routes from Ingresses, in the order in which the real controller tries them."""

import json
import re
from collections.abc import Iterable, Mapping
from typing import Any

from .objects import Json, annotations, created

_MATCH = re.compile(r"(exact|prefix|regex)-match-(header|query|pseudo-header)-(.+)")
_DESTINATION = re.compile(r"(?:(\d+)%\s+)?(\S+?):(\d+)(?:\s+\S+)?")


def virtual_hosts(ingresses: Iterable[Json], port: int, plugins: Iterable[str]) -> list[Json]:
    """Return the virtual hosts of the gateway's one port."""
    by_host: dict[str, list[tuple[Any, Json]]] = {}
    for ingress in ingresses:
        for host, rank, route in _routes(ingress, tuple(plugins)):
            by_host.setdefault(host, []).append((rank, route))
    return [
        {
            "name": f"{host}:{port}",
            "domains": [host] if host == "*" else [host, f"{host}:{port}"],
            "routes": _ordered(ranked),
            "include_request_attempt_count": True,
        }
        for host, ranked in sorted(by_host.items())
    ]


def _ordered(ranked: list[tuple[Any, Json]]) -> list[Json]:
    routes: list[Json] = []
    taken: dict[str, str] = {}
    for _, route in sorted(ranked, key=lambda pair: pair[0]):
        match = json.dumps(route["match"], sort_keys=True)
        # Of two Ingresses with the same match the later name is dropped; parts of one stay.
        if taken.setdefault(match, route["name"]) == route["name"]:
            routes.append(route)
    return routes


def _routes(ingress: Json, plugins: tuple[str, ...]) -> Iterable[tuple[str, Any, Json]]:
    name = ingress["metadata"]["name"]
    notes = annotations(ingress)
    for rule in (ingress.get("spec") or {}).get("rules") or []:
        for path in (rule.get("http") or {}).get("paths") or []:
            match = _match(notes, path)
            conditions = len(match.get("headers", [])) + len(match.get("query_parameters", []))
            rank = (*_path_rank(path, conditions), -conditions, created(ingress), name)
            for position, (share, cluster) in enumerate(destinations(notes)):
                route = _route(name, notes, cluster, plugins)
                route["match"] = {**match, **share}
                yield str(rule.get("host") or "*"), (*rank, position), route


def _path_rank(path: Json, conditions: int) -> tuple[bool, bool, int]:
    text = str(path.get("path") or "/")
    catch_all = text == "/" and path.get("pathType") == "Prefix" and not conditions
    return catch_all, path.get("pathType") != "Exact", -len(text)


def _match(notes: Mapping[str, str], path: Json) -> Json:
    text, kind = str(path.get("path") or "/"), path.get("pathType")
    match: Json = {"case_sensitive": notes.get("ignore-path-case", "false") != "true"}
    if notes.get("use-regex") == "true":
        match["safe_regex"] = {"regex": text}
    elif kind == "Exact":
        match["path"] = text
    elif text.rstrip("/"):
        match["path_separated_prefix"] = text.rstrip("/")
    else:
        match["prefix"] = "/"
    headers, queries = [], []
    for note, value in sorted(notes.items()):
        if found := _MATCH.fullmatch(note):
            how, what, key = found.groups()
            if what == "query":
                queries.append({"name": key, "string_match": _string_match(how, value)})
            else:
                key = f":{key}" if what == "pseudo-header" else key
                headers.append({"name": key.lower(), "string_match": _string_match(how, value)})
    if methods := notes.get("match-method", "").split():
        how = {"safe_regex": {"regex": "|".join(methods)}}
        headers.append({"name": ":method", "string_match": how})
    return (
        match
        | ({"headers": headers} if headers else {})
        | ({"query_parameters": queries} if queries else {})
    )


def _string_match(how: str, value: str) -> Json:
    return {"safe_regex": {"regex": value}} if how == "regex" else {how: value}


def destinations(notes: Mapping[str, str]) -> list[tuple[Json, str]]:
    """Return the clusters of a route, each with the share of requests that it takes."""
    found = [
        (int(share or 100), f"outbound|{port}||{service}")
        for line in notes.get("destination", "").splitlines()
        for share, service, port in _DESTINATION.findall(line.strip())
    ]
    total, shares = sum(share for share, _ in found), []
    for share, cluster in found:
        condition: Json = {}
        if share < total:
            fraction = {"numerator": round(share / total * 1_000_000), "denominator": "MILLION"}
            condition = {"runtime_fraction": {"default_value": fraction}}
        shares.append((condition, cluster))
        total -= share
    return shares


def _route(name: str, notes: Mapping[str, str], cluster: str, plugins: tuple[str, ...]) -> Json:
    action: Json = {
        "cluster": cluster,
        "timeout": f"{notes.get('timeout', '0')}s",
        "retry_policy": _retry(notes),
        "max_grpc_timeout": "0s",
    }
    if notes.get("enable-rewrite", "true") == "true":
        if path := notes.get("rewrite-path"):
            action["regex_rewrite"] = {"pattern": {"regex": "^[^?]*"}, "substitution": path}
        if host := notes.get("upstream-vhost"):
            action["host_rewrite_literal"] = host
    service = cluster.split("|")[3]
    facts = {"cluster": cluster}
    return {
        "name": name,
        "route": action,
        "decorator": {"operation": f"{service}:{cluster.split('|')[1]}/*"},
        "metadata": {"filter_metadata": dict.fromkeys(plugins, facts)},
        **_header_control(notes),
    }


def _retry(notes: Mapping[str, str]) -> Json:
    if notes.get("enable-proxy-next-upstream") == "false":
        return {"num_retries": 0, "retry_on": ""}
    if "proxy-next-upstream" not in notes and "enable-proxy-next-upstream" not in notes:
        return {
            "num_retries": 2,
            "retry_on": "connect-failure,refused-stream,unavailable,cancelled",
            "retriable_status_codes": [503],
        }
    timeout = notes.get("proxy-next-upstream-timeout", "")
    return {
        "num_retries": int(notes.get("proxy-next-upstream-tries") or 3),
        "retry_on": "5xx",
        "per_try_timeout": f"{timeout}s" if timeout.isdecimal() and timeout != "0" else "120s",
    }


def _header_control(notes: Mapping[str, str]) -> Json:
    if notes.get("enable-header-control", "true") != "true":
        return {}
    control: Json = {}
    for side in ("request", "response"):
        added = _added(notes, f"{side}-header-control-add", "APPEND_IF_EXISTS_OR_ADD")
        added += _added(notes, f"{side}-header-control-update", "OVERWRITE_IF_EXISTS_OR_ADD")
        if added:
            control[f"{side}_headers_to_add"] = added
        removed = re.split(r"[,\s]+", notes.get(f"{side}-header-control-remove", "").strip())
        if removed := [name.lower() for name in removed if name]:
            control[f"{side}_headers_to_remove"] = removed
    return control


def _added(notes: Mapping[str, str], note: str, action: str) -> list[Json]:
    pairs = [line.strip().partition(" ") for line in notes.get(note, "").splitlines()]
    return [
        {
            "header": {"key": name.lower(), "value": _literal(value.strip())},
            "append_action": action,
        }
        for name, _, value in pairs
        if name
    ]


def _literal(value: str) -> str:
    text = value[1:-1] if len(value) > 1 and value[0] == value[-1] == '"' else value
    return text.replace("%", "%%")
