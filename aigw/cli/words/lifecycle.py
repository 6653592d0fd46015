"""How results about a whole gateway read."""

from collections.abc import Iterable

from aigw.cli.words.shared import named
from aigw.engines.plan import Step
from aigw.operations.deletion import Deleted
from aigw.operations.lifecycle import Planned, Probe, Started, Stopped

ADD = 'add a provider: printf %s "$KEY" | aigw{named} config add --provider TYPE --key-stdin'
RULE = "add a rule: aigw{named} route add --model MODEL --trigger 'deep thinking'"
MODELS = "see its models: curl {url}/models"
CHAT = """\
try it: curl {url}/chat/completions -H 'content-type: application/json' \\
  -d '{{"model": "demo", "messages": [{{"role": "user", "content": "Hello!"}}]}}'"""


def started(result: Started) -> str:
    """Say that the gateway runs, where, and what to do next."""
    steps = () if result.created else _steps(result.changed)
    lines = [
        f"gateway {result.gateway} {_begun(result)}: {result.url}",
        f"engine: {result.engine} ({result.engine_reason})",
        *(f"done: {step}" for step in steps),
        _probe(result.probe),
    ]
    about = named(result.gateway)
    more = (line.format(url=result.url, named=about) for line in _next(result))
    return "\n".join((*lines, *more))


def _next(result: Started) -> tuple[str, ...]:
    """Say what a person does next with a new gateway, or with one that has no provider."""
    if not result.providers:
        return (ADD,)
    if not result.created:
        return ()
    return (CHAT if "demo" in result.providers else MODELS, ADD, RULE)


def _probe(probe: Probe) -> str:
    if not probe.status:
        return f"probe failed: {probe.what} was not answered; `aigw logs --engine` may say why"
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
    text = f"gateway {result.gateway}: `aigw{named(result.gateway)} start` would\n{steps}"
    return f"{text}\n{result.diff}" if result.diff else text


def stopped(result: Stopped) -> str:
    """Say that the gateway is stopped."""
    cut = "" if result.drained else "; requests that were still running were cut"
    again = f"`aigw{named(result.gateway)} start` starts it again"
    return f"gateway {result.gateway} is stopped{cut}\n{again}"


def deleted(result: Deleted, *, purged: bool) -> str:
    """Say what is gone and what is left."""
    lines = [f"deleted gateway {result.gateway}", *(f"  removed {one}" for one in result.removed)]
    lines += (f"  left {one}" for one in result.left)
    if result.left and not purged:
        about = named(result.gateway)
        lines.append(f"spec, keys and logs are kept; `aigw{about} delete --purge` removes them too")
    return "\n".join(lines)


def _steps(steps: Iterable[Step]) -> list[str]:
    return [f"{step.action} {step.what}" for step in steps]
