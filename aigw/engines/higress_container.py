"""The container of a Higress gateway: what it is made of, and how it is known again."""

import json
from collections.abc import Mapping, Sequence
from contextlib import suppress
from hashlib import sha256
from os import fspath
from typing import Any

import msgspec
from msgspec import Struct

from aigw.clients.containers import Attended, ContainerSeen
from aigw.engines.place import Place
from aigw.errors import BadUsage, NotOurs
from aigw.rendering.higress_upstream import DOCKER_HOST
from aigw.spec.gateway import GatewaySpec
from aigw.state.files import write_atomically
from aigw.state.paths import GatewayPaths

GATEWAY, FOLDER, ARGUMENTS = "aigw.gateway", "aigw.folder", "aigw.arguments"
"""Our labels: the gateway's name, its data folder, and a hash of all that it was made with."""

HTTP, HTTPS, CONSOLE = 8080, 8443, 8001
"""Where the parts listen inside; the spec says where that is published."""

MADE_WITH = "arguments.json"
MOST_WORKERS = 4
_STOP_SECONDS = 10
_SECOND = 1_000_000_000


class Machine(Struct, frozen=True, kw_only=True):
    """What of the machine counts: its processors, whether SELinux labels, if Docker has a VM."""

    cpus: int
    selinux: bool
    vm: bool


def create_arguments(
    spec: GatewaySpec, paths: GatewayPaths, *, image: str, machine: Machine
) -> dict[str, Any]:
    """Return what the container is made with, for the Docker SDK; there is no key in it."""
    made: dict[str, Any] = {
        "image": image,
        "name": paths.name,
        "environment": {
            # The image's own default is 16 threads, whatever the machine has.
            "GATEWAY_CONCURRENCY": str(
                max(1, min(spec.container.cpus or machine.cpus, MOST_WORKERS))
            ),
            "MODE": "full",
            "O11Y": "off",
        },
        "ports": {
            f"{inner}/tcp": (spec.listen.address, outer)
            for inner, outer in (
                (HTTP, spec.listen.http),
                (HTTPS, spec.listen.https),
                (CONSOLE, spec.listen.console),
            )
        },
        "volumes": {
            source: {"bind": target, "mode": "rw,Z" if machine.selinux else "rw"}
            for source, target in binds(paths).items()
        },
        "extra_hosts": {DOCKER_HOST: "host-gateway"},
        "restart_policy": {"Name": "unless-stopped"},
        "security_opt": ["no-new-privileges"],
        "log_config": {"Type": "json-file", "Config": {"max-size": "10m", "max-file": "3"}},
        "healthcheck": {
            "test": ["CMD", "curl", "-fsS", "-m", "3", "http://127.0.0.1:15021/healthz/ready"],
            "interval": 30 * _SECOND,
            "timeout": 5 * _SECOND,
            "retries": 3,
            "start_period": 180 * _SECOND,
        },
        **_limits(spec),
    }
    return {**made, "labels": _labels(paths, made)}


def binds(paths: GatewayPaths) -> Mapping[str, str]:
    """Return which folders the container sees, and where; keys and spec are in none of them."""
    return {
        fspath(paths.higress): "/data",
        fspath(paths.higress_log.parent): "/var/log/proxy",
        fspath(paths.part_logs): "/var/log/higress",
    }


def labelled(binds: Mapping[str, str], *, selinux: bool) -> Mapping[str, str]:
    """Return binds for a container of one use, which must be labelled as ours is to see them."""
    return {source: f"{target}:Z" for source, target in binds.items()} if selinux else binds


def refuse_unnameable(paths: GatewayPaths) -> None:
    """Raise BadUsage for a gateway that Docker cannot be told of.

    It ends a path at a colon, and has no name of one letter for a container.
    """
    if len(paths.name) == 1:
        message = f"a container cannot have the name `{paths.name}`: Docker wants two letters"
        raise BadUsage(message, hint="aigw start -g LONGER-NAME")
    if ":" in fspath(paths.folder):
        raise BadUsage(
            f"a container cannot be given the folder `{paths.folder}`: there is a `:` in its name",
            hint="aigw start --data-folder OTHER-FOLDER",
        )


def refuse_too_many(spec: GatewaySpec, machine: Machine) -> None:
    """Raise BadUsage for more processors than there are: Docker makes no such container."""
    if spec.container.cpus > machine.cpus:
        message = f"a container cannot have {spec.container.cpus} processors"
        hint = f"aigw start --cpus {machine.cpus}"
        raise BadUsage(f"{message}: Docker has {machine.cpus} here", hint=hint)


def is_ours(container: ContainerSeen, paths: GatewayPaths) -> bool:
    """Say whether we made it, for this very gateway."""
    return container.labels.get(FOLDER) == fspath(paths.folder)


def refuse_foreign(container: ContainerSeen | None, paths: GatewayPaths) -> None:
    """Raise NotOurs for a container of our name that we did not make for this gateway."""
    if container is None or is_ours(container, paths):
        return
    folder = container.labels.get(FOLDER)
    if folder:
        message = f"container `{container.name}` belongs to the gateway in `{folder}`"
        raise NotOurs(message, hint="aigw start -g OTHER-NAME")
    raise NotOurs(
        f"container `{container.name}` was not made by aigw; it is left alone",
        hint=f"aigw import FOLDER --container {container.name}",
    )


def asides(paths: GatewayPaths) -> tuple[str, str]:
    """Name what a container is called that was there before, and one that failed."""
    return f"{paths.name}-before", f"{paths.name}-failed"


def containers_of(docker: Attended, paths: GatewayPaths) -> Sequence[ContainerSeen]:
    """Return every container that has this gateway's store, whatever it is called."""
    return docker.containers(f"{FOLDER}={fspath(paths.folder)}")


def renamed(docker: Attended, paths: GatewayPaths) -> ContainerSeen | None:
    """Return this gateway's container where somebody gave it another name."""
    ours = containers_of(docker, paths)
    known = (paths.name, *asides(paths))
    return next((one for one in ours if one.name not in known), None)


def refuse_renamed(docker: Attended, paths: GatewayPaths) -> None:
    """Raise NotOurs where the gateway's container has another name: two would share its store."""
    found = renamed(docker, paths)
    if found is not None:
        message = f"the container of gateway `{paths.name}` was renamed to `{found.name}`"
        raise NotOurs(message, hint=f"docker rename {found.name} {paths.name}")


def is_made_so(container: ContainerSeen, arguments: Mapping[str, Any]) -> bool:
    """Say whether a container was made with just these arguments."""
    return container.labels.get(ARGUMENTS) == str(arguments["labels"][ARGUMENTS])


def keep_made_with(paths: GatewayPaths, arguments: Mapping[str, Any]) -> None:
    """Remember what the container was made with, to name later what is different."""
    write_atomically(paths.higress_run / MADE_WITH, json.dumps(arguments, sort_keys=True))


def made_with(paths: GatewayPaths) -> Mapping[str, Any]:
    """Return what the container was made with, as far as that is known."""
    with suppress(OSError, ValueError):
        text = (paths.higress_run / MADE_WITH).read_text(encoding="utf-8")
        return msgspec.json.decode(text, type=dict[str, Any])
    return {}


def made_place(paths: GatewayPaths) -> Place | None:
    """Say where the container that was made last takes requests."""
    with suppress(LookupError, TypeError, ValueError):
        address, port = made_with(paths)["ports"][f"{HTTP}/tcp"]
        return Place(address=str(address), port=int(port))
    return None


def _limits(spec: GatewaySpec) -> dict[str, Any]:
    limits: dict[str, Any] = {}
    if spec.container.memory:
        limits["mem_limit"] = spec.container.memory
    if spec.container.cpus:
        limits["nano_cpus"] = spec.container.cpus * _SECOND
    return limits


def _labels(paths: GatewayPaths, made: Mapping[str, Any]) -> dict[str, str]:
    text = json.dumps(made, sort_keys=True)
    return {
        GATEWAY: paths.name,
        FOLDER: fspath(paths.folder),
        ARGUMENTS: sha256(text.encode()).hexdigest()[:16],
    }
