"""What is missing between a spec and one Higress container."""

from collections.abc import Iterator, Mapping
from typing import Any

from aigw.clients.containers import ContainerSeen
from aigw.engines.higress_changes import Changes, only_renamed
from aigw.engines.higress_container import is_made_so
from aigw.engines.plan import Plan, Step
from aigw.rendering import store_diff
from aigw.rendering.higress import Resources
from aigw.spec.gateway import Listen
from aigw.state.secrets import KeyRing


class HigressPlan(Plan, frozen=True, kw_only=True):
    """What is missing, what was seen, and all that is needed to bring it about.

    `given` is the keys that were handed in, None when they are those of the data folder. `image` is
    empty while it is not here, and `arguments` then name none. `plugins` is their version.
    `because` says which options need a new container, `dead` why one that runs must be restarted.
    """

    given: KeyRing | None
    rendered: Resources
    changes: Changes
    container: ContainerSeen | None
    image: str
    plugins: str
    arguments: Mapping[str, Any]
    because: tuple[str, ...]
    serving: str
    dead: str
    selinux: bool

    @property
    def cold(self) -> bool:
        """Say whether nothing runs."""
        return self.container is None or not self.container.running

    @property
    def makes(self) -> bool:
        """Say whether a container is made: there is none, or it cannot become what is wanted."""
        return self.container is None or bool(self.because)

    def difference(self) -> str:
        """Return how the objects of the store differ from what is written over them."""
        there, wanted = self.changes.there, self.changes.wanted
        new = [path for path in self.changes.written if not self._only_renamed(path)]
        text = store_diff.difference(there, wanted, (*new, *self.changes.removed))
        renamed = len(self.changes.written) - len(new)
        only = f"differing in the generation alone ({self.generation}): {renamed}"
        return "\n".join(filter(None, (text, only if renamed else "")))

    def _only_renamed(self, path: str) -> bool:
        there = self.changes.there.get(path)
        return only_renamed(there, self.changes.wanted[path], self.generation)


def reasons(
    container: ContainerSeen | None, arguments: Mapping[str, Any], made_with: Mapping[str, Any]
) -> tuple[str, ...]:
    """Say which options a container was made with otherwise; none where it can stay."""
    if container is None or is_made_so(container, arguments):
        return ()
    names = {"ports": "ports", "image": "image", "volumes": "data folder"}
    limits = {"mem_limit": "memory", "nano_cpus": "processors"}
    found = {
        word
        for name, word in (names | limits).items()
        if made_with.get(name) != _plain(arguments.get(name))
    }
    return tuple(sorted(found)) if made_with and found else ("options",)


def steps(
    *,
    container: ContainerSeen | None,
    brings: Step | None,
    listen: Listen,
    because: tuple[str, ...],
    changes: Changes,
    generation: str,
    stale: bool,
    dead: str,
) -> Iterator[Step]:
    """Say what is to be done, in its order.

    `brings` is about an image that is not here; `stale` says that another generation serves.
    """
    if brings:
        yield brings
    for path, words in changes.broken.items():
        yield Step(action="mend", what=f"{path}: {words}")
    for edit in changes.edits:
        yield Step(action="overwrite", what=f"an edit in {edit}")
    for path in changes.late:
        yield Step(action="undo", what=f"an unfinished change in {path}")
    yield from _writes(changes, generation)
    for path in changes.removed:
        yield Step(action="remove", what=path)
    if container is None:
        ports = f"{listen.http}, {listen.https} and {listen.console} of {listen.address}"
        yield Step(action="create", what=f"container with ports {ports}")
    else:
        stale = stale and not changes.written and not changes.broken
        yield from _container_steps(container, because, stale=stale, dead=dead)


def _writes(changes: Changes, generation: str) -> Iterator[Step]:
    """Say which objects are written; those that get nothing but the new generation as one."""
    renamed = 0
    for path in changes.written:
        if only_renamed(changes.there.get(path), changes.wanted[path], generation):
            renamed += 1
        else:
            yield Step(action="write", what=path)
    if renamed:
        yield Step(action="write", what=f"the generation into {renamed} objects of routes")


def _container_steps(
    container: ContainerSeen, because: tuple[str, ...], *, stale: bool, dead: str
) -> Iterator[Step]:
    if because:
        yield Step(action="replace", what=f"container, for its {', '.join(because)}")
    elif container.status == "paused":
        yield Step(action="unpause", what="container")
    elif not container.running:
        yield Step(action="start", what="container")
    elif dead:
        yield Step(action="restart", what=f"container: {dead}")
    elif stale:
        yield Step(action="await", what="what was written")


def _plain(value: object) -> object:
    """Spell a value as JSON has it, for comparison with what was kept."""
    match value:
        case tuple() | list():
            return [_plain(one) for one in value]
        case dict():
            return {key: _plain(one) for key, one in value.items()}
        case _:
            return value
