"""How results about a whole gateway read."""

import json
from collections.abc import Iterable, Iterator
from http import HTTPStatus
from shlex import quote

from aigw.cli.words.shared import named
from aigw.engines.plan import Step
from aigw.engines.voice import CUT
from aigw.operations.deletion import Deleted
from aigw.operations.lifecycle import Planned, Started, Stopped
from aigw.operations.samples import Samples
from aigw.spec.gateway import EngineName

HEALTH = "/health"
MOST_FILES = 6


def started(result: Started, samples: Samples | None = None) -> str:
    """Say that the gateway runs, where, and what to do next; `samples` are for a first time."""
    steps = () if result.first else _steps(result.changed)
    return "\n".join(
        (
            f"gateway {result.gateway} {_begun(result)}: {result.url}",
            f"engine: {result.engine} ({result.engine_reason})",
            *(f"done: {step}" for step in steps),
            _probe(result),
            *_next(result, samples),
        )
    )


def _next(result: Started, samples: Samples | None) -> Iterator[str]:
    """Say what a person does next with a new gateway, or with one that has no provider."""
    aigw = f"aigw{named(result.gateway)}"
    if result.console_url:
        yield f"console: {result.console_url} (its password: {aigw} console --password)"
    if result.first and result.providers:
        yield from _chats(result.url, samples)
        yield f"see its models: curl {result.url}/models"
        yield f"see the requests: {aigw} logs --follow (files: {result.data_folder}/logs)"
    if result.first or not result.providers:
        key = 'printf %s "$KEY"'
        yield f"add a provider: {key} | {aigw} config add --provider TYPE --key-stdin"
    if result.first and result.providers:
        yield f"add a rule: {aigw} route add --model MODEL --trigger 'deep thinking'"


def _chats(url: str, samples: Samples | None) -> Iterator[str]:
    """Return chats to be pasted into a shell: with a model by name, and with one chosen."""
    asked = {} if samples is None else {"try it": samples.named, "let it choose": samples.auto}
    for what, model in asked.items():
        body = {"model": model, "messages": [{"role": "user", "content": "Hello!"}]}
        header = "-H 'content-type: application/json'"
        if model:
            yield f"{what}: curl {url}/chat/completions {header} \\"
            yield f"  -d {quote(json.dumps(body, ensure_ascii=False))}"


def _probe(result: Started) -> str:
    probe, aigw = result.probe, f"aigw{named(result.gateway)}"
    if probe.ok and probe.status != HTTPStatus.OK:
        return f"probe: its route asks for a consumer's key ({probe.status}), as the console says"
    if probe.ok and result.engine == EngineName.HIGRESS and probe.what != HEALTH:
        took = f"a chat passed every plugin in {probe.latency_ms} ms"
        return f"probe: {took}; no provider was asked (`{aigw} status --probe` asks them)"
    if not probe.status:
        return f"probe failed: {probe.what} was not answered; `{aigw} logs --engine` may say why"
    failed = "" if probe.ok else " failed"
    return f"probe{failed}: {probe.what} answered {probe.status} in {probe.latency_ms} ms"


def _begun(result: Started) -> str:
    if result.changed or not result.probe.ok:
        return "runs"
    return "runs already, as it should be"


def planned(result: Planned) -> str:
    """Say what would be done."""
    if result.in_sync:
        return f"gateway {result.gateway} is as it should be; nothing to do"
    steps = "\n".join(f"  {step}" for step in _steps(result.steps))
    engine = f"engine: {result.engine} ({result.engine_reason})"
    text = f"gateway {result.gateway}: `aigw{named(result.gateway)} start` would\n{steps}\n{engine}"
    return f"{text}\n{result.diff}" if result.diff else text


def stopped(result: Stopped) -> str:
    """Say that the gateway is stopped."""
    cut = "" if result.drained else f"; {CUT}"
    again = f"`aigw{named(result.gateway)} start` starts it again"
    return f"gateway {result.gateway} is stopped{cut}\n{again}"


def deleted(result: Deleted, *, purged: bool) -> str:
    """Say what is gone and what is left."""
    done = f"deleted gateway {result.gateway}"
    if result.left and not result.removed:
        done = f"gateway {result.gateway} does not run, and only its data folder was there"
    lines = [done, *(f"  removed {one}" for one in result.removed)]
    lines += (f"  left {one}" for one in result.left)
    if result.left and not purged:
        about = named(result.gateway)
        lines.append(f"spec, keys and logs are kept; `aigw{about} delete --purge` removes them too")
    return "\n".join(lines)


def _steps(steps: Iterable[Step]) -> list[str]:
    """Say each step in its order; the many files of a store are one."""
    listed = list(steps)
    several = [step for step in listed if step.action == "write" and "/" in step.what]
    if len(several) <= MOST_FILES:
        return [f"{step.action} {step.what}" for step in listed]
    one = Step(action="write", what=f"{len(several)} objects of its store")
    told = [one if step is several[0] else step for step in listed if step not in several[1:]]
    return [f"{step.action} {step.what}" for step in told]
