"""The Go structs of the kinds, as far as the store reads and writes them."""

from typing import Any

from .kinds import KINDS, Kind
from .schema import (
    Check,
    Fields,
    WrongType,
    anything,
    flag,
    integer,
    list_of,
    map_of,
    octets,
    one_of,
    stamp,
    struct,
    text,
)
from .values import Json

METADATA = Fields(
    {
        "name": text, "generateName": text, "namespace": text, "uid": text,
        "resourceVersion": text, "generation": integer, "creationTimestamp": stamp,
        "deletionTimestamp": stamp, "labels": map_of(text), "annotations": map_of(text),
        "ownerReferences": list_of(struct), "finalizers": list_of(text),
        "managedFields": list_of(struct),
    },
    always=(("creationTimestamp", None),),
)  # fmt: skip
SERVICE = Fields({"name": text, "port": Fields({"name": text, "number": integer})})
RESOURCE = Fields({"apiGroup": text, "kind": text, "name": text}, always=(("apiGroup", None),))
BACKEND = Fields({"service": SERVICE, "resource": RESOURCE})
PATH = Fields(
    {"path": text, "pathType": text, "backend": BACKEND},
    always=(("backend", {}), ("pathType", None)),
)
RULE = Fields({"host": text, "http": Fields({"paths": list_of(PATH)}, always=(("paths", None),))})
TLS = Fields({"hosts": list_of(text), "secretName": text})
INGRESS = Fields(
    {
        "ingressClassName": text, "defaultBackend": BACKEND, "tls": list_of(TLS),
        "rules": list_of(RULE),
    }
)  # fmt: skip
MATCH_RULE = Fields(
    {
        "ingress": list_of(text), "domain": list_of(text), "service": list_of(text),
        "config": struct, "configDisable": flag, "routeType": one_of("HTTP", "GRPC", unset="HTTP"),
    }
)  # fmt: skip
WASM_PLUGIN = Fields(
    {
        "url": text, "sha256": text, "imagePullSecret": text, "verificationKey": text,
        "imagePullPolicy": one_of(
            "UNSPECIFIED_POLICY", "IfNotPresent", "Always", unset="UNSPECIFIED_POLICY"
        ),
        "pluginConfig": struct, "pluginName": text, "vmConfig": struct, "selector": struct,
        "phase": one_of("UNSPECIFIED_PHASE", "AUTHN", "AUTHZ", "STATS", unset="UNSPECIFIED_PHASE"),
        "priority": integer, "defaultConfig": struct, "defaultConfigDisable": flag,
        "failStrategy": one_of("FAIL_CLOSE", "FAIL_OPEN", unset="FAIL_CLOSE"),
        "matchRules": list_of(MATCH_RULE),
    }
)  # fmt: skip
NACOS = ("AddressServer", "AccessKey", "SecretKey", "NamespaceId", "Namespace")
CONSUL = ("Namespace", "Datacenter", "ServiceTag")
REGISTRY = Fields(
    {
        **dict.fromkeys(("type", "name", "domain", "protocol", "sni", "proxyName"), text),
        **{f"nacos{name}": text for name in NACOS},
        **{f"consul{name}": text for name in CONSUL},
        **dict.fromkeys(("authSecretName", "mcpServerBaseUrl"), text),
        **dict.fromkeys(("nacosGroups", "zkServicesPath"), list_of(text)),
        **dict.fromkeys(("mcpServerExportDomains", "allowMcpServers"), list_of(text)),
        **dict.fromkeys(("nacosRefreshInterval", "consulRefreshInterval"), anything),
        **dict.fromkeys(("enableMCPServer", "enableScopeMcpServers"), flag),
        "port": integer, "metadata": struct, "vport": struct,
    }
)  # fmt: skip
PROXY = Fields(
    {
        **dict.fromkeys(("type", "name", "serverAddress"), text),
        **dict.fromkeys(("serverPort", "listenerPort", "connectTimeout"), integer),
    }
)
MCP_BRIDGE = Fields({"registries": list_of(REGISTRY), "proxies": list_of(PROXY)})
APPLY_TO = (
    "INVALID", "LISTENER", "FILTER_CHAIN", "NETWORK_FILTER", "HTTP_FILTER", "ROUTE_CONFIGURATION",
    "VIRTUAL_HOST", "HTTP_ROUTE", "CLUSTER", "EXTENSION_CONFIG", "BOOTSTRAP", "LISTENER_FILTER",
)  # fmt: skip
OPERATIONS = (
    "INVALID", "MERGE", "ADD", "REMOVE", "INSERT_BEFORE", "INSERT_AFTER", "INSERT_FIRST", "REPLACE",
)  # fmt: skip
MATCH = Fields(
    {
        "context": one_of("ANY", "SIDECAR_INBOUND", "SIDECAR_OUTBOUND", "GATEWAY", unset="ANY"),
        **dict.fromkeys(("proxy", "listener", "routeConfiguration", "cluster"), struct),
    }
)
CLASSES = ("UNSPECIFIED", "AUTHN", "AUTHZ", "STATS")
OPERATION = Fields(
    {
        "operation": one_of(*OPERATIONS, unset="INVALID"),
        "value": struct,
        "filterClass": one_of(*CLASSES, unset="UNSPECIFIED"),
    }
)
PATCH = Fields({"applyTo": one_of(*APPLY_TO, unset="INVALID"), "match": MATCH, "patch": OPERATION})
ENVOY_FILTER = Fields(
    {"workloadSelector": struct, "configPatches": list_of(PATCH), "priority": integer}
)
BALANCER: dict[str, Any] = {"loadBalancer": {}}
BODIES: dict[str, tuple[dict[str, Check], tuple[tuple[str, Any], ...]]] = {
    "configmaps": (
        {"data": map_of(text), "binaryData": map_of(octets), "immutable": flag}, (),
    ),
    "secrets": (
        {"data": map_of(octets), "stringData": map_of(text), "type": text, "immutable": flag}, (),
    ),
    "ingresses": ({"spec": INGRESS, "status": struct}, (("spec", {}), ("status", BALANCER))),
    "wasmplugins": ({"spec": WASM_PLUGIN, "status": struct}, (("spec", {}), ("status", {}))),
    "mcpbridges": ({"spec": MCP_BRIDGE, "status": struct}, (("spec", {}), ("status", {}))),
    "envoyfilters": ({"spec": ENVOY_FILTER, "status": struct}, (("spec", {}), ("status", {}))),
    "services": ({"spec": struct, "status": struct}, (("spec", {}), ("status", BALANCER))),
}  # fmt: skip


def decode(plural: str, value: Json) -> dict[str, Any]:
    """Give an object as its Go struct holds it; an empty file is an empty object."""
    kind = KINDS[plural]
    given = {} if value is None else value
    if not isinstance(given, dict):
        raise WrongType("no mapping")
    _same(given, "apiVersion", kind.api_version)
    _same(given, "kind", kind.kind)
    return {"apiVersion": kind.api_version, "kind": kind.kind, **_body(kind, given)}


def _same(given: dict[str, Any], name: str, expected: str) -> None:
    if given.get(name) not in (None, "", expected):
        raise WrongType(f"{name} is {given[name]!r}")


def _body(kind: Kind, given: dict[str, Any]) -> dict[str, Any]:
    own = {key: item for key, item in given.items() if key not in {"apiVersion", "kind"}}
    fields, always = BODIES.get(kind.plural, ({}.fromkeys(own, anything), ()))
    every: dict[str, Check] = dict(fields)
    every["metadata"] = METADATA
    return Fields(every, (*always, ("metadata", {"creationTimestamp": None})))(own, kind.kind)
