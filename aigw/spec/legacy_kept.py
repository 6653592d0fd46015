"""Files of an old store that we have no word for, and that go into the new one as they are."""

import re
from collections.abc import Iterable, Iterator

from msgspec import Struct

from aigw.spec.legacy_report import Findings
from aigw.spec.legacy_store import (
    AI_PROXY,
    MODEL_ROUTER,
    REGISTRIES,
    REGISTRY,
    OldRoute,
    named_providers,
    route_name,
)
from aigw.spec.legacy_trees import Trees, entries, items, text

SETTINGS = "configmaps/higress-config.yaml"
USUAL_STATISTICS = {"use_default_attributes", "use_default_response_attributes"}
OURS = frozenset(
    {
        AI_PROXY,
        MODEL_ROUTER,
        REGISTRIES,
        SETTINGS,
        "configmaps/higress-ca-root-cert.yaml",
        "configmaps/higress-console.yaml",
        "configmaps/higress-https.yaml",
        "secrets/higress-console.yaml",
        "services/higress-gateway.yaml",
        "ingresses/higress-console.yaml",
        "envoyfilters/higress-gateway-global-custom-response.yaml",
        "envoyfilters/higress-http-resolver-cluster.yaml",
    }
)
"""What the image brings itself or we render."""

OUR_PLUGINS = ("ai-proxy", "model-router", "ai-statistics")
PLUGIN = re.compile(r"/plugins/([^/]+)/|/([^/:]+):[^/]*\Z")
STATISTICS = re.compile(r"wasmplugins/ai-statistics-[0-9.]+\.yaml\Z")
CONSOLE = "higress-console"
ADMIN = ("adminUsername", "adminPassword", "key", "iv")


class Kept(Struct, frozen=True, kw_only=True):
    """Paths that are kept; `named` are the ids of the providers that they name."""

    paths: tuple[str, ...]
    named: frozenset[str]


def kept(trees: Trees, routes: Iterable[OldRoute]) -> Kept:
    """Return what is kept of a store."""
    beyond = {route.name: route for route in routes if route.beyond}
    paths = tuple(path for path in sorted(trees) if _is_kept(path, trees[path], beyond))
    named = {name for path in paths for name in named_providers(trees[path])}
    named |= {name for route in beyond.values() for name in route.providers}
    return Kept(paths=paths, named=frozenset(named))


def tell_kept(keeps: Kept, trees: Trees, routes: Iterable[OldRoute], findings: Findings) -> None:
    """Say what is kept and why, and what of the store is left behind."""
    beyond = {route.name: route.beyond for route in routes}
    for path in keeps.paths:
        findings.keep(path, beyond.get(route_name(path)) or _kind(path))
    for path, tree in trees.items():
        if tree is not None and not isinstance(tree, dict):
            findings.refuse(path, "it is no object")
        if path not in OURS and _plugin(path, tree) and not STATISTICS.match(path):
            findings.drop(path, "it is another copy of a plugin that aigw writes itself")
        elif _is_changed(path, tree):
            findings.drop(path, "it was changed in the console; change it there again")


def foreign_registries(trees: Trees) -> tuple[str, ...]:
    """Return the names of the services that people registered themselves."""
    found = items(trees.get(REGISTRIES), "spec", "registries")
    names = (text(one, "name") for one in found)
    return tuple(name for name in names if name and name != CONSOLE and not REGISTRY.match(name))


def has_admin(trees: Trees) -> bool:
    """Say whether somebody had set up the console, with what its API takes as a password."""
    data = entries(trees.get("secrets/higress-console.yaml"), "data")
    return all(isinstance(data.get(name), str) and data[name] for name in ADMIN)


def _is_kept(path: str, tree: object, beyond: dict[str, OldRoute]) -> bool:
    if path in OURS or _plugin(path, tree):
        return False
    name = route_name(path)
    return name in beyond if name else isinstance(tree, dict)


def _is_changed(path: str, tree: object) -> bool:
    """Say whether people changed global settings, or what is logged, which we write ourselves."""
    if path == SETTINGS:
        return text(tree, "metadata", "resourceVersion") not in {"", "1"}
    return bool(STATISTICS.match(path)) and bool(
        set(entries(tree, "spec", "defaultConfig")) - USUAL_STATISTICS
    )


def _plugin(path: str, tree: object) -> str:
    """Return the name of a plugin that we write ourselves, whatever the file is called."""
    if not path.startswith("wasmplugins/"):
        return ""
    label = text(tree, "metadata", "labels", "higress.io/wasm-plugin-name")
    found = PLUGIN.search(text(tree, "spec", "url"))
    name = label or (found[1] or found[2] if found else "") or _stem(path)
    return name if name in OUR_PLUGINS else ""


def _stem(path: str) -> str:
    return next(_stems(path), "")


def _stems(path: str) -> Iterator[str]:
    base = path.rpartition("/")[2]
    yield from (name for name in OUR_PLUGINS if base.startswith(f"{name}."))


def _kind(path: str) -> str:
    folder = path.partition("/")[0]
    return "people made it" if folder != "wasmplugins" else "a plugin that people set up"
