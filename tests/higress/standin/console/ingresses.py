"""A route as an Ingress."""

from .annotations import (
    NGINX,
    PREFIX,
    Annotations,
    cors,
    header_control,
    is_custom,
    matching,
    switched,
    word,
)
from .domains import label, tls_of
from .errors import IllegalArgument, ValidationException
from .kube import Kube, Object

DEFAULT_DOMAIN = "higress-default-domain"
DEFAULT_WEIGHT = 100
BACKEND = {
    "resource": {"apiGroup": "networking.higress.io", "kind": "McpBridge", "name": "default"}
}
PATH_TYPES = {"EQUAL": "Exact", "PRE": "Prefix", "REGULAR": "Prefix"}


def to_ingress(kube: Kube, route: Object) -> Object:
    """Make the Ingress of a route, refusing what two settings would fight about."""
    names = route["domains"] or [DEFAULT_DOMAIN]
    annotations = _of_route(route)
    tls, redirect = tls_of(kube, names)
    rules = [_rule(host, route["path"]) for host in route["domains"] or [None]]
    metadata = {
        "name": route["name"],
        "resourceVersion": route["version"],
        "labels": {label(name): "true" for name in names} | (route["customLabels"] or {}),
        "annotations": annotations | redirect | _path(route) | _destination(route) | _last(route),
    }
    spec = {"ingressClassName": "higress", "tls": tls or None, "rules": rules}
    return {"metadata": metadata, "spec": spec}


def _of_route(route: Object) -> Annotations:
    methods = route["methods"]
    return (
        matching(route["urlParams"], "query")
        | matching(route["headers"], "header")
        | ({f"{PREFIX}match-method": " ".join(methods)} if methods else {})
        | _rewrite(route)
        | _next_upstream(route["proxyNextUpstream"])
        | header_control(route["headerControl"])
    )


def _rewrite(route: Object) -> Annotations:
    rewrite = route["rewrite"]
    if rewrite is None:
        return {}
    enabled = rewrite["enabled"] is not False
    found = {f"{PREFIX}enable-rewrite": word(enabled)}
    regular = (route["path"] or {}).get("matchType") == "REGULAR"
    names = {"path": "rewrite-target" if regular else "rewrite-path", "host": "upstream-vhost"}
    return found | {
        switched(name, enabled=enabled): rewrite[field]
        for field, name in names.items()
        if rewrite[field]
    }


def _next_upstream(retries: Object | None) -> Annotations:
    if retries is None:
        return {}
    enabled = retries["enabled"] is not False
    texts = {
        "proxy-next-upstream-tries": retries["attempts"],
        "proxy-next-upstream-timeout": retries["timeout"],
        "proxy-next-upstream": ",".join(retries["conditions"] or []) or None,
    }
    found = {switched(k, enabled=enabled): str(v) for k, v in texts.items() if v is not None}
    return {f"{PREFIX}enable-proxy-next-upstream": word(enabled)} | found


def _path(route: Object) -> Annotations:
    path = route["path"]
    if path is None:
        return {}
    regular = {f"{PREFIX}use-regex": "true"} if path["matchType"] == "REGULAR" else {}
    if path["caseSensitive"] is None:
        return regular
    return regular | {f"{PREFIX}ignore-path-case": word(not path["caseSensitive"])}


def _rule(host: str | None, path: Object | None) -> Object:
    if path is None:
        return {"host": host, "http": {"paths": []}}
    if path["matchType"] not in PATH_TYPES:
        raise IllegalArgument(f"Unsupported path match type: {path['matchType']}")
    kind = PATH_TYPES[path["matchType"]]
    paths = [{"path": path["matchValue"], "pathType": kind, "backend": BACKEND}]
    return {"host": host, "http": {"paths": paths}}


def _destination(route: Object) -> Annotations:
    services = route["services"] or []
    text = "\n".join(_service(one, alone=len(services) == 1) for one in services)
    return {f"{PREFIX}destination": text} if text else {}


def _service(service: Object, *, alone: bool) -> str:
    address: str = service["name"] + (f":{service['port']}" if service["port"] is not None else "")
    if alone:
        return address
    weight = DEFAULT_WEIGHT if service["weight"] is None else service["weight"]
    version = f" {service['version']}" if service["version"] else ""
    return f"{weight}% {address}{version}"


def _last(route: Object) -> Annotations:
    """Write CORS and what the console has no field for."""
    customs: Annotations = route["customConfigs"] or {}
    for key in customs:
        twin = PREFIX + key.removeprefix(NGINX) if key.startswith(NGINX) else key
        if not (is_custom(key) and is_custom(twin)):
            raise ValidationException(
                f"Annotation [{key}] is already supported by Console. Please configure it in the"
                " corresponding section instead of using custom annotations."
            )
    return cors(route["cors"]) | customs
