"""One look at the container of a Higress gateway."""

from collections.abc import Iterator
from datetime import UTC, datetime

from aigw.clients.containers import Attended, ContainerSeen
from aigw.clients.process import held
from aigw.engines.higress_changes import PROXY, changes, mute, read_applied
from aigw.engines.higress_container import HTTP, is_ours, made_place, renamed
from aigw.engines.higress_ending import INTERRUPTED, is_ending
from aigw.engines.higress_inside import Inside, published
from aigw.engines.higress_store import Store, aside
from aigw.engines.higress_unfinished import Unfinished
from aigw.engines.place import Place
from aigw.engines.seen import Seen, State, Trouble
from aigw.errors import AigwError
from aigw.state.paths import GatewayPaths


def unreachable(paths: GatewayPaths, error: AigwError) -> Seen:
    """Say that there is no Docker engine to ask; the gateway may answer all the same."""
    trouble = Trouble(code=error.code, message=error.message, hint=error.hint.partition("\n")[0])
    place = made_place(paths)
    generation = place.generation() if place else ""
    if place is None or not generation:
        return _stopped(trouble)
    return Seen(
        state=State.DEGRADED,
        generation=generation,
        address=place.address,
        port=place.port,
        pid=0,
        container=paths.name,
        uptime_seconds=None,
        troubles=(trouble,),
        notes=(),
    )


def look(paths: GatewayPaths, docker: Attended, inside: Inside) -> Seen:
    """Look once."""
    container = docker.container(paths.name)
    if container is None:
        other = renamed(docker, paths)
        return _stopped(_renamed(other.name, paths)) if other else _stopped()
    if not is_ours(container, paths):
        message = f"container `{paths.name}` was not made by aigw for this gateway"
        return _stopped(Trouble(code="not_ours", message=message, hint="aigw start -g OTHER-NAME"))
    if not container.running and container.status != "restarting":
        return _stopped(*_ended(container))
    place = published(container, HTTP)
    runs = container.status == "running"
    generation = place.generation() if place and runs else ""
    inner = inside.troubles(container, generation) if runs else ()
    outer = _ending(container, paths) or _troubles(container, place, generation)
    troubles = (*outer, *inner, *_keyless(paths))
    return Seen(
        state=State.DEGRADED if troubles else State.RUNNING,
        generation=generation,
        address=place.address if place else "",
        port=place.port if place else 0,
        pid=0,
        container=paths.name,
        uptime_seconds=_uptime(container),
        troubles=troubles,
        notes=tuple(_notes(paths)),
    )


def _stopped(*notes: Trouble) -> Seen:
    return Seen(
        state=State.STOPPED,
        generation="",
        address="",
        port=0,
        pid=0,
        container="",
        uptime_seconds=None,
        troubles=(),
        notes=notes,
    )


def _renamed(name: str, paths: GatewayPaths) -> Trouble:
    message = f"its container was renamed to `{name}`"
    return Trouble(code="renamed", message=message, hint=f"docker rename {name} {paths.name}")


def _uptime(container: ContainerSeen) -> int | None:
    return int(container.age(datetime.now(UTC))) if container.started else None


def _ended(container: ContainerSeen) -> Iterator[Trouble]:
    """Yield how it ended, unless a person ended it."""
    if container.out_of_memory:
        message = "the container was killed for lack of memory"
        yield Trouble(code="container_ended", message=message, hint="aigw start")
    elif container.error:
        message = f"the container did not start: {container.error}"
        yield Trouble(code="container_ended", message=message, hint="aigw start")


def _ending(container: ContainerSeen, paths: GatewayPaths) -> tuple[Trouble, ...]:
    """Say that it was to stop and nobody is at it any more: who is holds the gateway's lock."""
    if container.status != "running" or not is_ending(paths, container) or held(paths.lock):
        return ()
    return (Trouble(code="draining", message=INTERRUPTED, hint="aigw restart"),)


def _troubles(container: ContainerSeen, place: Place | None, generation: str) -> Iterator[Trouble]:
    if container.status == "paused":
        yield Trouble(code="paused", message="the container is paused", hint="aigw start")
    elif container.status == "restarting":
        message = f"the container ends and starts again (exit code {container.exit_code})"
        yield Trouble(code="restarting", message=message, hint="aigw logs --engine")
    elif place is None:
        message = "the container publishes no port for requests"
        yield Trouble(code="not_listening", message=message, hint="aigw restart")
    elif not generation:
        message = f"`{place}` does not answer GET /health"
        yield Trouble(code="not_answering", message=message, hint="aigw logs --engine")


def _keyless(paths: GatewayPaths) -> Iterator[Trouble]:
    """Yield that the store has lost all keys, whatever Envoy still has; notes say how."""
    if not Store(paths.higress).read((PROXY,)):
        message = "the keys of the providers are gone from its store"
        yield Trouble(code="keys_gone", message=message, hint="aigw start")


def _notes(paths: GatewayPaths) -> Iterator[Trouble]:
    """Yield what people changed by hand, their copies, and what it could not start again with."""
    store, applied = Store(paths.higress), read_applied(paths.higress_run)
    attempts = Unfinished(paths.higress_run).attempts()
    there = store.read({path for one in (applied, *attempts) for path in one})
    broken = mute(store, was=applied, there=there)
    found = changes(there=there, rendered=applied, was=applied, attempts=attempts, broken=broken)
    if applied and found.late:
        message = f"an unfinished change is in {', '.join(found.late)}; `aigw start` undoes it"
        yield Trouble(code="drift", message=message, hint="aigw plan")
    for path, words in broken.items():
        message = f"{path} was broken by hand ({words}); `aigw start` makes it again"
        yield Trouble(code="drift", message=message, hint="aigw start")
    for path in found.gone:
        message = f"{path} was removed by hand; `aigw start` makes it again"
        yield Trouble(code="drift", message=message, hint="aigw plan --diff")
    for edit in found.edits:
        message = f"{edit} was changed by hand; `aigw start` sets it again"
        yield Trouble(code="drift", message=message, hint="aigw plan --diff")
    for file in store.copies():
        message = f"`{file}` is a second live object, named after its file; it stops no start"
        yield Trouble(code="store_copy", message=message, hint=aside(str(file)))
    for problem in store.broken(but=broken):
        message = f"{problem}; the gateway could not start again with it"
        yield Trouble(
            code="store_broken", message=message, hint=store.mended(problem.path, applied)
        )
