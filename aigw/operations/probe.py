"""The request through a gateway that proves that it runs."""

from http import HTTPStatus

from msgspec import Struct

from aigw.operations.shown import base_url
from aigw.operations.world import World
from aigw.spec.gateway import EngineName, GatewaySpec

PROBE_SECONDS = 10.0
DEMO = "demo"
PARTICULAR = frozenset(("vertex", "deepl"))
"""Not chosen: a plugin may have to ask for a token first, or takes two models and no other."""

CHAT = "/v1/chat/completions"
CLOSED = (HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN)


class Probe(Struct, frozen=True, kw_only=True):
    """A request through the gateway; `status` is 0 when nothing answered, `what` was asked."""

    ok: bool
    status: int
    latency_ms: int
    what: str


def probed(world: World, spec: GatewaySpec, engine: EngineName) -> Probe:
    """Ask the gateway: for a chat where that costs nothing, else for its health.

    On the Higress engine the edge filter answers such a chat after all plugins have seen it. Where
    a person has closed the route to all but consumers, key-auth answers.
    """
    path, body, headers = "/health", None, {}
    on_higress = engine is EngineName.HIGRESS
    free = next((one.id for one in spec.providers if one.type == DEMO), None)
    if on_higress:
        free = next((one.id for one in spec.providers if one.type not in PARTICULAR), None)
        headers = {"x-aigw-probe": "1"}
    if free is not None:
        message = {"role": "user", "content": "Hello!"}
        path, body = CHAT, {"model": f"{free}/{DEMO}", "messages": [message]}
    where = base_url(spec.listen).removesuffix("/v1") + path
    answer = world.ask(where, timeout=PROBE_SECONDS, body=body, headers=headers)
    world.step(f"{path} answered {answer.status} {answer.problem}".rstrip())
    return Probe(
        ok=answer.status == HTTPStatus.OK or (on_higress and answer.status in CLOSED),
        status=answer.status,
        latency_ms=answer.latency_ms,
        what=path,
    )
