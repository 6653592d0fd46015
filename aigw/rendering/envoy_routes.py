"""Routes: one for each key of each provider, one for each routing rule."""

from collections.abc import Mapping, Sequence

from aigw.rendering.envoy_listener import first_of, seconds
from aigw.rendering.layout import Limits
from aigw.rendering.template import Tree, filled
from aigw.spec.gateway import GatewaySpec
from aigw.spec.routing import AutoRouting
from aigw.spec.rules import whole

ROUTE_HEADER = "x-aigw-route"
"""By this header the program says which route a request is to take; clients cannot."""


def route_configuration(
    spec: GatewaySpec,
    limits: Limits,
    *,
    names: Mapping[str, Sequence[str]],
    program: str,
    generation: str,
) -> dict[str, Tree]:
    """Return all routes; `names` are those of each provider's clusters, `program` is Lua."""
    return filled(
        "envoy/route_configuration.yaml",
        generation=generation,
        body_limit=limits.body,
        program=program,
        model=first_of(("DYNAMIC_METADATA", "aigw:served"), ("DYNAMIC_METADATA", "aigw:model")),
        routes=[
            _undecided([{"name": ROUTE_HEADER, "present_match": True, "invert_match": True}]),
            *(
                _provider_route(name, provider.id, limits)
                for provider in spec.providers
                for name in names[provider.id]
            ),
            *_rule_routes(spec.auto_routing),
            _undecided([]),
        ],
    )


def _undecided(headers: list[Tree]) -> dict[str, Tree]:
    """Return the route of a request not decided yet; it stands first and last.

    First, so that a request passes thousands of rules only once; last, because the program needs
    a route even where no rule matches.
    """
    return filled("envoy/undecided_route.yaml", headers=headers)


def _provider_route(name: str, provider_id: str, limits: Limits) -> dict[str, Tree]:
    return filled(
        "envoy/provider_route.yaml",
        name=name,
        provider=provider_id,
        first_byte=seconds(limits.first_byte),
        silence=seconds(limits.silence),
    )


def _rule_routes(auto: AutoRouting) -> list[Tree]:
    """Return the rules in their order; the first that matches is the one Envoy takes."""
    if not auto.enabled:
        return []
    return [
        filled(
            "envoy/rule_route.yaml",
            name=f"rule.{rule.id}",
            pattern=whole(rule.pattern),
            index=index,
        )
        for index, rule in enumerate(auto.rules, 1)
    ]
