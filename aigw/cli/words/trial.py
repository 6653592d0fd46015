"""How a tried route reads."""

from aigw.operations.routing_trial import RouteTested


def route_tested(tested: RouteTested) -> str:
    """Say what a text would become, and why."""
    lines = [
        f"prompt: {tested.prompt}" if tested.prompt else "",
        f"rule: {tested.rule}" if tested.rule else "",
        f"model: {tested.model}",
        f"provider: {tested.provider}" if tested.provider else "provider: none",
        f"upstream model: {tested.upstream_model}" if tested.upstream_model else "",
        f"reason: {tested.reason}",
    ]
    return "\n".join(line for line in lines if line)
