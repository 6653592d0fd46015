"""What a person is told of a plan before it is brought about."""

from aigw.clients.docker_hosts import DockerHost
from aigw.engines.higress_changes import moved_here
from aigw.engines.higress_container import Machine
from aigw.engines.higress_plan import HigressPlan
from aigw.engines.voice import Voice
from aigw.rendering.higress_upstream import DOCKER_HOST

REACHED = (
    "the program behind it must listen on an address that containers reach, such as 0.0.0.0 or "
    "that of Docker's bridge: 127.0.0.1 is none"
)


def tell(plan: HigressPlan, voice: Voice, *, machine: Machine, host: DockerHost) -> None:
    """Say whose providers become ours, which are reached otherwise, and which engine is used."""
    for name in plan.changes.taken:
        voice.note(
            f"provider `{name}` was made in the console; it is ours from now on: gateway.yaml "
            f"says what it is, and `aigw config remove --id {name}` removes it"
        )
    for provider in moved_here(plan.changes):
        name = f"provider `{provider}` is on this machine"
        also = "" if machine.vm else f"; {REACHED}"
        voice.note(f"{name}, which the gateway's container reaches as {DOCKER_HOST}{also}")
    for words in host.passed_over if plan.makes else ():
        voice.note(f"{words}; {host.source} is used instead")
