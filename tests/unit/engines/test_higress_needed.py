import json
from typing import Any

import pytest

from aigw.engines.higress_needed import needs

AI, PLAIN = "configmaps/ai-route-mine.yaml", "ingresses/plain.yaml"
OF_AI = "ingresses/ai-route-mine.internal.yaml"
OF_FALLBACK = "ingresses/ai-route-mine.fallback.internal.yaml"


def ai(**route: object) -> dict[str, Any]:
    """Return the ConfigMap of an AI route."""
    return {"metadata": {"name": "x"}, "data": {"data": json.dumps(route)}}


def to(*lines: str) -> dict[str, Any]:
    """Return an Ingress that leads there."""
    return {"metadata": {"annotations": {"higress.io/destination": "\n".join(lines)}}}


A = {"provider": "a", "weight": 100}
B = {"provider": "b"}


@pytest.mark.parametrize(
    ("path", "body", "needed"),
    [
        (AI, ai(upstreams=[A, B]), "a b"),
        (AI, ai(upstreams=[A], fallbackConfig={"enabled": True, "upstreams": [B]}), "a b"),
        (AI, ai(upstreams=[A], fallbackConfig={"enabled": False, "upstreams": [B]}), "a"),
        (AI, ai(upstreams=[A], fallbackConfig=None), "a"),
        (AI, ai(upstreams="odd"), ""),
        (AI, {"data": {"data": "{"}}, ""),
        (AI, {"data": ["odd"]}, ""),
        (OF_AI, to("llm-a.internal.dns:443"), "a"),
        (OF_FALLBACK, to("llm-b.internal.static:80"), "b"),
        (PLAIN, to("70% llm-a.internal.dns:443", "30% llm-b.internal.static:80"), "a b"),
        (PLAIN, to("llm-ab.internal.dns:443", "my-llm-a.internal.dns:1", "own.dns:80"), ""),
        (PLAIN, {"metadata": None}, ""),
    ],
)
def test_a_route_needs_the_providers_that_it_leads_to(
    path: str, body: dict[str, Any], needed: str
) -> None:
    assert [need.provider for need in needs({path: body}, ["a", "b"])] == needed.split()


def test_each_route_is_named_once() -> None:
    routes = {
        AI: ai(upstreams=[A]),
        OF_AI: to("llm-a.internal.dns:443"),
        PLAIN: to("llm-a.internal.dns:443"),
    }
    assert [str(need) for need in needs(routes, ["a", "b"])] == [
        "provider `a` is needed by AI route `mine`, route `plain` of the console"
    ]
