"""A real request to every provider, through the gateway."""

import json
from http import HTTPStatus

from msgspec.structs import replace

from aigw.clients.http import Answer
from aigw.engines.seen import State, Trouble
from aigw.operations.applied import applied_spec
from aigw.operations.look import look
from aigw.operations.status import ProviderStatus, Status
from aigw.operations.world import World
from aigw.spec.gateway import GatewaySpec
from aigw.spec.provider import Provider
from aigw.spec.serving import listed

PROBE_SECONDS = 30.0
REFUSED = "refused our key"
"""What the gateway says of a provider that takes no key of ours."""


def probed(world: World, status: Status) -> Status:
    """Ask every provider for one token, and say how it went; what does not run is not asked."""
    if status.generation is None:
        return status
    spec = applied_spec(world.home.existing(status.gateway)) or look(world, status.gateway)
    providers = tuple(_probed(world, status, spec, one) for one in status.providers)
    failed = tuple(
        Trouble(
            code="provider_failed",
            message=f"provider `{one.id}`: {one.detail}",
            hint=f"aigw config add --id {one.id} --key-stdin"
            if REFUSED in one.detail
            else "aigw logs",
        )
        for one in providers
        if one.state == "failed"
    )
    state = str(State.DEGRADED) if failed else status.state
    problems = (*status.problems, *failed)
    return replace(status, state=state, providers=providers, problems=problems)


def _probed(
    world: World, status: Status, spec: GatewaySpec, shown: ProviderStatus
) -> ProviderStatus:
    provider = spec.provider(shown.id)
    model = _model(spec, provider) if provider else ""
    if not model:
        detail = "not asked: no model of it is known"
        return replace(shown, detail=detail)
    body = {
        "model": model,
        "messages": [{"role": "user", "content": "ping"}],
        "max_tokens": 1,
    }
    with world.waiting(f"asking {shown.id} for {model}"):
        answer = world.ask(
            f"{status.url}/chat/completions",
            timeout=PROBE_SECONDS,
            body=body,
            headers={"x-aigw-provider": shown.id},
        )
    world.step(f"{shown.id}: {model} answered {answer.status} in {answer.latency_ms} ms")
    if answer.status == HTTPStatus.OK:
        return replace(shown, state="ok", detail=f"{model} answered in {answer.latency_ms} ms")
    return replace(shown, state="failed", detail=f"{model}: {_words(answer)}")


def _model(spec: GatewaySpec, provider: Provider) -> str:
    """Choose a model of the provider that is known by name; empty where none is."""
    return next((one.id for one in listed(spec) if one.owned_by == provider.id), "")


def _words(answer: Answer) -> str:
    """Say what was wrong: the error's message, else the status."""
    if answer.problem:
        return answer.problem
    try:
        tree = json.loads(answer.body)
    except ValueError:
        tree = None
    match tree:
        case {"error": {"message": str(message)}}:
            return f"{answer.status}, {message}"
        case _:
            return f"status {answer.status}"
