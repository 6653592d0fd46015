"""The resources of a Higress gateway as files for a cluster: manifests, and values for Helm."""

import json
from collections.abc import Iterator, Mapping
from typing import Any

from aigw.rendering.higress import Resources
from aigw.rendering.higress_defaults import BODY_LIMIT, DNS_RETRY
from aigw.rendering.store_yaml import dump
from aigw.rendering.template import filled

Body = dict[str, Any]

MANIFESTS, SECRETS = "manifests", "secrets"
VALUES, BRIDGE, BRIDGE_PATCH = "values.yaml", "mcpbridge.yaml", "mcpbridge.patch.json"
ADMIN = f"{SECRETS}/higress-console.yaml"
HEALTH = "ingresses/aigw-health.internal.yaml"

MANAGED_BY = {"app.kubernetes.io/managed-by": "aigw"}
REGISTRY = "oci://higress-registry.cn-hangzhou.cr.aliyuncs.com/plugins"
OTHER_TAGS = {"key-auth": "2.0.0"}
"""Plugins whose image has another tag than their version (plugins.properties of the console)."""

# Helm takes an object that is there into its release only when that says so, and the chart keeps
# what is in this one.
_ADOPTED = {
    "labels": {"app.kubernetes.io/managed-by": "Helm"},
    "annotations": {
        "meta.helm.sh/release-name": "higress",
        "meta.helm.sh/release-namespace": "higress-system",
    },
}
_ROUTED_BY_CONSOLE = "higress-console"
_SET_BY_API_SERVER = ("creationTimestamp", "managedFields", "resourceVersion")
_MADE_BY = "Made by `aigw export kubernetes`, which makes it anew each time."
_NOTES = {
    BRIDGE: "A cluster has one McpBridge: where yours has registries already, add ours with "
    f"{BRIDGE_PATCH}.",
}


def manifests(resources: Resources) -> dict[str, Body]:
    """Return the objects of a cluster by the path of their file; those below `secrets` hold keys.

    `resources` are those of a store, rendered without an image's own files.
    """
    return dict(sorted(_placed(resources)))


def files(objects: Mapping[str, Body]) -> dict[str, str]:
    """Return all files of an export: the objects, values for Helm, what adds to an McpBridge."""
    patch = [
        {"op": "add", "path": "/spec/registries/-", "value": registry}
        for registry in objects[BRIDGE]["spec"]["registries"]
    ]
    values = filled("kubernetes/values.yaml", body_limit=BODY_LIMIT, dns_retry=DNS_RETRY)
    return {
        ".gitignore": f"/{SECRETS}/\n/.*.lock\n",
        VALUES: _text(VALUES, values),
        BRIDGE_PATCH: json.dumps(patch, indent=2) + "\n",
        **{path: _text(path, body) for path, body in objects.items()},
    }


def stream(objects: Mapping[str, Body]) -> str:
    """Return objects as one YAML stream."""
    return "".join(f"---\n{_text(path, body)}" for path, body in objects.items())


def _placed(resources: Resources) -> Iterator[tuple[str, Body]]:
    for path, body in resources.items():
        match path:
            case "configmaps/higress-config.yaml" | "configmaps/higress-console.yaml":
                pass  # the chart's own; what we change there stands in its values
            case "secrets/higress-console.yaml":
                yield ADMIN, _told(_plain(body), _ADOPTED)
            case "mcpbridges/default.yaml":
                yield BRIDGE, _managed(_bridge(body))
            case "wasmplugins/ai-proxy.internal.yaml":
                yield f"{SECRETS}/ai-proxy.internal.yaml", _managed(_plugin(body))
            case "ingresses/aigw-health.internal.yaml":
                yield f"{MANIFESTS}/{HEALTH}", _managed(filled(f"kubernetes/{MANIFESTS}/{HEALTH}"))
            case _ if body["kind"] == "WasmPlugin":
                yield f"{MANIFESTS}/{path}", _managed(_plugin(body))
            case _:
                yield f"{MANIFESTS}/{path}", _managed(body)


def _managed(body: Body) -> Body:
    return _told(_plain(body), {"labels": MANAGED_BY})


def _plain(body: Body) -> Body:
    """Leave out what an API server says itself; above all a version would make it refuse."""
    metadata = {
        name: value for name, value in body["metadata"].items() if name not in _SET_BY_API_SERVER
    }
    kept = {name: value for name, value in body.items() if name != "status"}
    return {**kept, "metadata": metadata}


def _told(body: Body, more: Mapping[str, Mapping[str, str]]) -> Body:
    """Add labels and annotations."""
    metadata = body["metadata"]
    added = {name: {**metadata.get(name, {}), **values} for name, values in more.items()}
    return {**body, "metadata": {**metadata, **added}}


def _plugin(body: Body) -> Body:
    """Take a plugin from the registry: the store has it from a server beside it."""
    labels = body["metadata"]["labels"]
    name = labels["higress.io/wasm-plugin-name"]
    tag = OTHER_TAGS.get(name, labels["higress.io/wasm-plugin-version"])
    return {**body, "spec": {**body["spec"], "url": f"{REGISTRY}/{name}:{tag}"}}


def _bridge(body: Body) -> Body:
    """Leave out the console, which is on the same machine only in the container."""
    registries = [
        registry
        for registry in body["spec"]["registries"]
        if registry["name"] != _ROUTED_BY_CONSOLE
    ]
    return {**body, "spec": {**body["spec"], "registries": registries}}


def _text(path: str, body: Body) -> str:
    notes = (_MADE_BY, *([_NOTES[path]] if path in _NOTES else ()))
    return "".join(f"# {note}\n" for note in notes) + dump(body)
