"""The annotations of an Ingress that carry a route, both ways."""

from collections.abc import Mapping
from typing import Any

from .errors import IllegalArgument
from .kube import Object

Annotations = dict[str, str]

PREFIX = "higress.io/"
NGINX = "nginx.ingress.kubernetes.io/"
OFF = "disabled."
MATCHES = {"EQUAL": "exact", "PRE": "prefix", "REGULAR": "regex"}
KINDS_OF_MATCH = ("-match-header-", "-match-pseudo-header-", "-match-query-")
CORS = {
    "maxAge": "cors-max-age",
    "allowCredentials": "cors-allow-credentials",
    "allowOrigins": "cors-allow-origin",
    "allowMethods": "cors-allow-methods",
    "allowHeaders": "cors-allow-headers",
    "exposeHeaders": "cors-expose-headers",
}
CONTROL = {"add": "add", "set": "update", "remove": "remove"}
ALL = {
    PREFIX + name
    for name in [
        "use-regex",
        "destination",
        "ssl-redirect",
        "enable-rewrite",
        "rewrite-path",
        "rewrite-target",
        "upstream-vhost",
        "enable-proxy-next-upstream",
        "proxy-next-upstream-tries",
        "proxy-next-upstream-timeout",
        "proxy-next-upstream",
        "enable-header-control",
        "enable-cors",
        "match-method",
        "ignore-path-case",
        "wasm-plugin-title",
        "wasm-plugin-description",
        "wasm-plugin-icon",
        "comment",
    ]
    + list(CORS.values())
    + [
        f"{stage}-header-control-{verb}"
        for stage in ("request", "response")
        for verb in CONTROL.values()
    ]
}


def is_custom(key: str) -> bool:
    """Tell an annotation that the console has no field for."""
    key = key.removeprefix(OFF)
    if key in ALL:
        return False
    return not (key.startswith(PREFIX) and any(kind in key for kind in KINDS_OF_MATCH))


def switched(name: str, *, enabled: bool) -> str:
    """Name the annotation of a feature, which is another one while the feature is off."""
    return ("" if enabled else OFF) + PREFIX + name


def word(value: bool) -> str:  # noqa: FBT001 - it is the value
    """Write a truth value."""
    return "true" if value else "false"


def matching(predicates: list[Object] | None, kind: str) -> Annotations:
    """Write predicates on headers or on query parameters; one with a blank part says nothing."""
    found: Annotations = {}
    for predicate in predicates or []:
        match, key, value = (predicate[name] or "" for name in ("matchType", "key", "matchValue"))
        if not (match.strip() and key.strip() and value.strip()):
            continue
        if match not in MATCHES:
            enum = "com.alibaba.higress.sdk.model.route.RoutePredicateTypeEnum"
            raise IllegalArgument(f"No enum constant {enum}.{match}")
        pseudo = kind == "header" and key.startswith(":")
        name = f"pseudo-header-{key[1:]}" if pseudo else f"{kind}-{key}"
        found[f"{PREFIX}{MATCHES[match]}-match-{name}"] = value
    return found


def matched(annotations: Mapping[str, str], kind: str) -> list[Object] | None:
    """Read the predicates on headers or on query parameters."""
    found = []
    for key, value in sorted(annotations.items()):
        if not key.startswith(PREFIX):
            continue
        for part, mark in ((f"-match-{kind}-", ""), (f"-match-pseudo-{kind}-", ":")):
            how, there, name = key.removeprefix(PREFIX).partition(part)
            if there:
                types = {prefix: match for match, prefix in MATCHES.items()}
                found.append(predicate(types.get(how), value, key=mark + name))
                break
    return found or None


def predicate(match: str | None, value: str, *, key: str) -> Object:
    """Make a predicate as it is shown."""
    return {"matchType": match, "matchValue": value, "caseSensitive": None, "key": key}


def header_control(control: Object | None) -> Annotations:
    """Write what is done to headers: a line a header, `key value`; names to remove with commas."""
    if control is None:
        return {}
    enabled = control["enabled"] is not False
    found = {f"{PREFIX}enable-header-control": word(enabled)}
    for stage in ("request", "response"):
        for verb, headers in (control[stage] or {}).items():
            if headers:
                name = switched(f"{stage}-header-control-{CONTROL[verb]}", enabled=enabled)
                found[name] = _headers(verb, headers)
    return found


def _headers(verb: str, headers: list[Any]) -> str:
    if verb == "remove":
        return ",".join(name for name in headers if name)
    return "\n".join(f"{h['key']} {h['value'] or ''}" for h in headers if h["key"])


def header_controlled(annotations: Mapping[str, str]) -> Object | None:
    """Read what is done to headers."""
    enabled = annotations.get(f"{PREFIX}enable-header-control", "true").lower() == "true"
    stages = {
        stage: _stage(annotations, stage, enabled=enabled) for stage in ("request", "response")
    }
    return {"enabled": enabled, **stages} if any(stages.values()) else None


def _stage(annotations: Mapping[str, str], stage: str, *, enabled: bool) -> Object | None:
    texts = {
        verb: annotations.get(switched(f"{stage}-header-control-{name}", enabled=enabled)) or ""
        for verb, name in CONTROL.items()
    }
    if not any(text.strip() for text in texts.values()):
        return None
    return {verb: _read_headers(verb, text) if text else None for verb, text in texts.items()}


def _read_headers(verb: str, text: str) -> list[Any]:
    if verb == "remove":
        return text.split(",")
    lines = (line.partition(" ") for line in text.split("\n"))
    return [{"key": key, "value": value} for key, _, value in lines]


def cors(settings: Object | None) -> Annotations:
    """Write the CORS settings."""
    if settings is None:
        return {}
    found = {}
    if settings["enabled"] is not None:
        found[f"{PREFIX}enable-cors"] = word(settings["enabled"])
    for field, name in CORS.items():
        value = settings[field]
        if isinstance(value, list):
            found |= {PREFIX + name: ",".join(value)} if value else {}
        elif value is not None:
            found[PREFIX + name] = word(value) if isinstance(value, bool) else str(value)
    return found


def cors_read(annotations: Mapping[str, str]) -> Object:
    """Read the CORS settings."""
    texts = {field: annotations.get(PREFIX + name) for field, name in CORS.items()}
    enabled, credentials = annotations.get(f"{PREFIX}enable-cors"), texts["allowCredentials"]
    lists = {f: (t.split(",") if t else None) for f, t in texts.items() if f.endswith("s")}
    return lists | {
        "enabled": enabled.lower() == "true" if enabled else None,
        "maxAge": number(texts["maxAge"]),
        "allowCredentials": credentials.lower() == "true" if credentials else None,
    }


def number(text: str | None) -> int | None:
    """Read a whole number, None for anything else."""
    try:
        return int(text or "")
    except ValueError:
        return None
