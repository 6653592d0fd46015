"""A route out of its Ingress, as `/v1/routes` shows it."""

import re
from collections.abc import Mapping

from .annotations import (
    PREFIX,
    cors_read,
    header_controlled,
    is_custom,
    matched,
    number,
    switched,
)
from .domains import LABEL as DOMAIN_LABEL
from .ingresses import BACKEND, DEFAULT_WEIGHT
from .kube import Object

OF_THE_CONSOLE = {
    "higress.io/config-map-type", "higress.io/resource-definer", "higress.io/internal",
    "higress.io/wasm-plugin-name", "higress.io/wasm-plugin-version",
    "higress.io/wasm-plugin-built-in", "higress.io/wasm-plugin-category",
}  # fmt: skip
FIELDS = [
    "name",
    "version",
    "domains",
    "path",
    "methods",
    "headers",
    "urlParams",
    "services",
    "mock",
    "redirect",
    "rateLimit",
    "rewrite",
    "timeout",
    "proxyNextUpstream",
    "cors",
    "headerControl",
    "authConfig",
    "customConfigs",
    "customLabels",
    "readonly",
]


def to_route(ingress: Object) -> Object:
    """Read a route; `authConfig` is not in the Ingress."""
    metadata, spec = ingress["metadata"], ingress.get("spec") or {}
    annotations, labels = metadata.get("annotations") or {}, metadata.get("labels") or {}
    route = dict.fromkeys(FIELDS) | {
        "name": metadata["name"],
        "version": metadata.get("resourceVersion"),
        "readonly": not _editable(spec, labels),
    }
    if spec.get("rules"):
        route |= _of_rules(spec, annotations)
    if annotations:
        route["customConfigs"] = {k: v for k, v in annotations.items() if is_custom(k)}
    if labels:
        route["customLabels"] = {
            key: value
            for key, value in labels.items()
            if key not in OF_THE_CONSOLE and not key.startswith(DOMAIN_LABEL)
        }
    return route


def _editable(spec: Object, labels: Mapping[str, str]) -> bool:
    """Tell what the console made and understands: one rule, one path, its own backend."""
    rules = spec.get("rules") or []
    paths = rules[0].get("http", {}).get("paths") or [] if len(rules) == 1 else []
    return (
        labels.get("higress.io/resource-definer") == "higress"
        and len(paths) == 1
        and paths[0].get("pathType") in {"Exact", "Prefix"}
        and (paths[0].get("backend") or BACKEND) == BACKEND
    )


def _of_rules(spec: Object, annotations: Mapping[str, str]) -> Object:
    found: Object = {"domains": []}
    tls_hosts = [host for tls in spec.get("tls") or [] for host in tls.get("hosts") or []]
    for rule in spec["rules"]:
        http = rule.get("http")
        if http is None:
            continue
        if http.get("paths"):
            found |= _of_path(http["paths"][0], annotations)
        found["domains"] += [rule["host"]] if rule.get("host") else tls_hosts
    return found | (_of_annotations(annotations) if annotations else {})


def _of_path(path: Object, annotations: Mapping[str, str]) -> Object:
    regular = annotations.get(f"{PREFIX}use-regex") == "true"
    prefix = "REGULAR" if regular else "PRE"
    ignored = annotations.get(f"{PREFIX}ignore-path-case")
    predicate = {
        "matchType": {"Exact": "EQUAL", "Prefix": prefix}.get(path["pathType"]),
        "matchValue": path["path"],
        "caseSensitive": ignored.lower() != "true" if ignored else None,
    }
    text = annotations.get(f"{PREFIX}destination")
    if not text or "resource" not in path["backend"]:
        return {"path": predicate}
    services = (_service(line.split()) for line in text.split("\n") if line.strip())
    return {"path": predicate, "services": [service for service in services if service]}


def _service(fields: list[str]) -> Object | None:
    weight, first = DEFAULT_WEIGHT, fields[0]
    if first.endswith("%"):
        if number(first[:-1]) is None or len(fields) == 1:
            return None
        weight, fields = int(first[:-1]), fields[1:]
    name, port = fields[0], None
    if found := re.fullmatch(r"(.*):(\d+)", fields[0]):
        port = int(found[2])
        name = found[1] if 0 < port < 65536 else name
    version = fields[1] if len(fields) > 1 else None
    return {"name": name, "port": port, "version": version, "weight": weight}


def _of_annotations(annotations: Mapping[str, str]) -> Object:
    methods = annotations.get(f"{PREFIX}match-method", "")
    return {
        "rewrite": _rewrite(annotations),
        "proxyNextUpstream": _next_upstream(annotations),
        "headers": matched(annotations, "header"),
        "urlParams": matched(annotations, "query"),
        "methods": methods.split(" ") if methods.strip() else None,
        "headerControl": header_controlled(annotations),
        "cors": cors_read(annotations),
    }


def _switch(annotations: Mapping[str, str], name: str) -> tuple[str, bool]:
    text = annotations.get(PREFIX + name) or ""
    return text, not text or text.lower() == "true"


def _rewrite(annotations: Mapping[str, str]) -> Object | None:
    text, enabled = _switch(annotations, "enable-rewrite")
    path, target, host = (
        annotations.get(switched(name, enabled=enabled))
        for name in ("rewrite-path", "rewrite-target", "upstream-vhost")
    )
    if not (text or path or target or host):
        return None
    return {"enabled": enabled, "path": path or target, "host": host}


def _next_upstream(annotations: Mapping[str, str]) -> Object | None:
    text, enabled = _switch(annotations, "enable-proxy-next-upstream")
    tries, timeout, conditions = (
        annotations.get(switched(name, enabled=enabled)) or ""
        for name in (
            "proxy-next-upstream-tries",
            "proxy-next-upstream-timeout",
            "proxy-next-upstream",
        )
    )
    if not (text or tries or timeout or conditions):
        return None
    return {
        "enabled": enabled,
        "attempts": number(tries),
        "timeout": number(timeout),
        "conditions": conditions.split(",") if conditions else None,
    }
