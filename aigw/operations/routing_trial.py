"""What a text or a whole request would be routed to, without sending anything."""

import json

from msgspec import Struct

from aigw.errors import BadUsage
from aigw.operations.look import look
from aigw.operations.world import World
from aigw.spec.gateway import GatewaySpec
from aigw.spec.prompt import prompt_of
from aigw.spec.routing import AUTO_MODELS, AutoRouting
from aigw.spec.rules import DEFAULT_RULE, decide, late_trigger
from aigw.spec.serving import near_models, serve


class RouteTested(Struct, frozen=True, kw_only=True):
    """What would happen: None for a rule, provider or model that there is not.

    `prompt` is the text that the rules see; `rule` is None where the model was asked for by name.
    """

    prompt: str
    rule: str | None
    model: str
    provider: str | None
    upstream_model: str | None
    reason: str


def try_text(world: World, gateway: str, text: str, *, model: str) -> RouteTested:
    """Route a message of a person; an empty `model` is `higress/auto`."""
    body = {"messages": [{"role": "user", "content": text}]}
    return _tested(look(world, gateway), model or AUTO_MODELS[0], prompt_of(body))


def try_body(world: World, gateway: str, content: bytes, *, model: str) -> RouteTested:
    """Route a whole request body; `model` replaces the one in it. Raises BadUsage for another."""
    try:
        body = json.loads(content)
    except (ValueError, RecursionError) as error:
        raise BadUsage(f"the request body is not JSON: {error}") from error
    if not isinstance(body, dict):
        raise BadUsage("the request body is not a JSON object")
    asked = model or body.get("model")
    if not isinstance(asked, str):
        hint = f"aigw route test --file FILE --model {AUTO_MODELS[0]}"
        raise BadUsage("the request body names no model", hint=hint)
    return _tested(look(world, gateway), asked, prompt_of(body))


def _tested(spec: GatewaySpec, asked: str, prompt: str) -> RouteTested:
    if asked not in AUTO_MODELS:
        return _served(spec, asked, prompt, rule=None, why="")
    if not spec.auto_routing.enabled:
        return RouteTested(
            prompt=prompt,
            rule=None,
            model=asked,
            provider=None,
            upstream_model=None,
            reason="auto-routing is off",
        )
    decision = decide(spec.auto_routing, prompt)
    why = _why(spec.auto_routing, decision.rule, prompt)
    return _served(spec, decision.model, prompt, rule=decision.rule, why=why)


def _why(auto_routing: AutoRouting, rule: str, prompt: str) -> str:
    if rule != DEFAULT_RULE:
        return f"rule `{rule}` is the first that matches; "
    if not prompt:
        return "no person asks anything; "
    late = late_trigger(auto_routing, prompt)
    note = f" (the trigger of `{late}` counts at the beginning only)" if late else ""
    return f"no rule matches{note}; "


def _served(
    spec: GatewaySpec, model: str, prompt: str, *, rule: str | None, why: str
) -> RouteTested:
    served = serve(spec, model)
    if served is None:
        near = " or ".join(f"`{name}`" for name in near_models(spec, model))
        meant = f"; did you mean {near}?" if near else ""
        reason = f"{why}no provider serves `{model}`{meant}"
    else:
        reason = f"{why}{served.reason}"
    return RouteTested(
        prompt=prompt,
        rule=rule,
        model=model,
        provider=served.provider.id if served else None,
        upstream_model=served.upstream_model if served else None,
        reason=reason,
    )
