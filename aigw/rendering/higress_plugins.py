"""Higress' four plugins, as its console keeps them: which rules and settings each one has."""

from collections.abc import Iterable, Sequence

from aigw.rendering.higress_routes import MODEL_HEADER, Route
from aigw.rendering.higress_upstream import Upstream
from aigw.rendering.template import Tree, filled
from aigw.spec.routing import AutoRouting

Bodies = dict[str, dict[str, Tree]]


def plugin_files(
    upstreams: Sequence[Upstream], routes: Iterable[Route], auto: AutoRouting, *, version: str
) -> Bodies:
    """Return the files of all plugins; rules stand as the console sorts them."""
    known = sorted(routes, key=lambda route: route.ingress)
    return {
        "wasmplugins/ai-proxy.internal.yaml": _ai_proxy(upstreams, version=version),
        "wasmplugins/model-router.internal.yaml": filled(
            "higress/model_router.yaml", version=version, config=_router_config(auto)
        ),
        f"wasmplugins/ai-statistics-{version}.yaml": filled(
            "higress/ai_statistics.yaml", version=version, rules=[*map(_statistics, known)]
        ),
        "wasmplugins/key-auth.internal.yaml": filled(
            "higress/key_auth.yaml", rules=[_no_key(route) for route in known if route.shown]
        ),
    }


def _ai_proxy(upstreams: Sequence[Upstream], *, version: str) -> dict[str, Tree]:
    return filled(
        "higress/ai_proxy.yaml",
        version=version,
        providers=[upstream.entry() for upstream in upstreams],
        disabled=not upstreams,
        rules=[
            {
                "config": {"activeProviderId": upstream.id},
                "configDisable": False,
                "service": [upstream.service],
            }
            for upstream in sorted(upstreams, key=lambda upstream: upstream.service)
        ],
    )


def _router_config(auto: AutoRouting) -> dict[str, Tree]:
    if not auto.enabled:
        return {"modelToHeader": MODEL_HEADER}
    rules = [{"pattern": rule.pattern, "model": rule.model} for rule in auto.rules]
    deciding = {"enable": True, "defaultModel": auto.default, "rules": rules}
    return {"modelToHeader": MODEL_HEADER, "autoRouting": deciding}


def _statistics(route: Route) -> dict[str, Tree]:
    """Count tokens of a route; the light attributes hold neither prompts nor answers."""
    config = {"use_default_response_attributes": True}
    return {"config": config, "configDisable": False, "ingress": [route.ingress]}


def _no_key(route: Route) -> dict[str, Tree]:
    """Say that clients need no key, or the console would at its first save of the route."""
    return {"config": {}, "configDisable": True, "ingress": [route.ingress]}
