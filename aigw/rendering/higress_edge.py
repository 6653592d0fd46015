"""What stands around Higress's plugins: our filters, and the table of models that they tell."""

from collections.abc import Iterator

from aigw.rendering import assets
from aigw.rendering.facts import CLIENT_PATHS, health_json, models_json
from aigw.rendering.lua import program
from aigw.rendering.template import Tree, filled
from aigw.spec.gateway import GatewaySpec
from aigw.spec.routing import AUTO_MODELS
from aigw.spec.serving import ServingTable, listed

_NEWER = "extenstions.istio.io/wasmplugin/"
"""What newer pilots put before the name of a plugin's filter, with Istio's own misspelling."""

ROUTER_NAMES = tuple(f"{newer}higress-system.model-router.internal" for newer in ("", _NEWER))
"""What a pilot calls the filter of the model router."""

PROXY_NAMES = tuple(f"{newer}higress-system.ai-proxy.internal" for newer in ("", _NEWER))
"""What a pilot calls the filter of the providers' plugin."""

ROUTER = "envoy.filters.http.router"

_WORDS = (
    "shared/problems",
    "shared/requests",
    "shared/errors",
    "higress/faults",
    "higress/safely",
    "higress/names",
)
_DECIDING = (
    "shared/prompt",
    "shared/forms",
    *_WORDS,
    "higress/known",
    "higress/routes",
    "higress/bodies",
    "shared/answers",
)
MODULES = {
    "aigw_in": (*_DECIDING, "higress/hygiene", "higress/replies"),
    "aigw_out": _DECIDING,
    "aigw_key": _WORDS,
    "aigw_guard": _WORDS,
}
"""Which texts each filter is made of, in their order."""


def edge_filter() -> dict[str, Tree]:
    """Return the EnvoyFilter `aigw-edge`, the same one for every gateway."""
    return filled("higress/envoyfilters/aigw-edge.yaml", patches=list(_patches()))


def table_filter(spec: GatewaySpec, *, generation: str) -> dict[str, Tree]:
    """Return the EnvoyFilter `aigw-table`: what the filters must know of this gateway."""
    auto, models = spec.auto_routing, listed(spec)
    known: dict[str, Tree] = {
        "generation": generation,
        "health": health_json(spec, generation),
        "models": models_json(models),
        "names": [model.id for model in models],
        "ids": [provider.id for provider in spec.providers],
        "whole": _whole_names(spec),
        "default": auto.default if auto.enabled else "",
    }
    return filled("higress/envoyfilters/aigw-table.yaml", known=known)


def _whole_names(spec: GatewaySpec) -> Tree:
    """Say which exact names begin with the id of a provider, and who serves them."""
    table = ServingTable.of(spec)
    return {
        name: provider.id
        for name, provider in table.exact.items()
        if name.partition("/")[0] in table.providers
    }


def _patches() -> Iterator[Tree]:
    yield filled("higress/envoyfilters/first.yaml", filter=_filter("aigw.in", "aigw_in"))
    for anchor, name in zip(ROUTER_NAMES, ("aigw.out", "aigw.out2"), strict=True):
        yield _beside(anchor, "INSERT_AFTER", _filter(name, "aigw_out"))
    for anchor, name in zip(PROXY_NAMES, ("aigw.key", "aigw.key2"), strict=True):
        yield _beside(anchor, "INSERT_BEFORE", _filter(name, "aigw_key"))
    yield _beside(ROUTER, "INSERT_BEFORE", _filter("aigw.guard", "aigw_guard"))


def _beside(anchor: str, operation: str, lua: Tree) -> Tree:
    return filled(
        "higress/envoyfilters/beside.yaml", anchor=anchor, operation=operation, filter=lua
    )


def _filter(name: str, main: str) -> Tree:
    constants = {
        "CONFIG": {
            "apis": dict.fromkeys(CLIENT_PATHS.values(), True),
            "auto_models": dict.fromkeys(AUTO_MODELS, True),
        }
    }
    modules = assets.modules(MODULES[main])
    source = program(constants, modules, assets.text(f"higress/{main}.lua"))
    return filled("higress/envoyfilters/filter.yaml", name=name, program=source)
