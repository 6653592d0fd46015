"""The classes that routes of both kinds are read into."""

from .jackson import Values

PREDICATE = {"matchType": str, "matchValue": str, "caseSensitive": bool}
KEYED = {"key": str} | PREDICATE
AUTH = {"enabled": bool, "allowedCredentialTypes": [str], "allowedConsumers": [str]}
RETRIES = {"enabled": bool, "attempts": int, "timeout": int, "conditions": [str]}
CORS = {
    "enabled": bool,
    "allowOrigins": [str],
    "allowMethods": [str],
    "allowHeaders": [str],
    "exposeHeaders": [str],
    "maxAge": int,
    "allowCredentials": bool,
}
HEADER = {"key": str, "value": str}
HEADERS = {"add": [HEADER], "set": [HEADER], "remove": [str]}
HEADER_CONTROL = {"enabled": bool, "request": HEADERS, "response": HEADERS}
UPSTREAM = {"provider": str, "weight": int, "modelMapping": Values(str)}
FALLBACK = {
    "enabled": bool,
    "upstreams": [UPSTREAM],
    "fallbackStrategy": str,
    "responseCodes": [str],
}
AI_ROUTE = {
    "name": str,
    "version": str,
    "domains": [str],
    "pathPredicate": PREDICATE,
    "headerPredicates": [KEYED],
    "urlParamPredicates": [KEYED],
    "upstreams": [UPSTREAM],
    "modelPredicates": [PREDICATE],
    "authConfig": AUTH,
    "fallbackConfig": FALLBACK,
    "cors": CORS,
    "headerControl": HEADER_CONTROL,
    "proxyNextUpstream": RETRIES,
    "customConfigs": Values(str),
    "customLabels": Values(str),
}
ROUTE = {
    "name": str,
    "version": str,
    "domains": [str],
    "path": PREDICATE,
    "methods": [str],
    "headers": [KEYED],
    "urlParams": [KEYED],
    "services": [{"name": str, "port": int, "version": str, "weight": int}],
    "rewrite": {"enabled": bool, "path": str, "host": str},
    "proxyNextUpstream": RETRIES,
    "cors": CORS,
    "headerControl": HEADER_CONTROL,
    "authConfig": AUTH,
    "customConfigs": Values(str),
    "customLabels": Values(str),
}
DOMAIN = {"name": str, "version": str, "enableHttps": str, "certIdentifier": str}
