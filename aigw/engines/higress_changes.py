"""What has to change in a store, so that it holds what is wanted and what is not ours as well."""

import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from pathlib import Path

import msgspec
from msgspec import Struct

from aigw.engines.higress_access import KEY_AUTH, as_switched, closed_alike
from aigw.engines.higress_copies import OVERWRITTEN, forget_keys
from aigw.engines.higress_store import Store
from aigw.rendering.higress import ADMIN_FILE, Resources
from aigw.rendering.higress_upstream import DOCKER_HOST
from aigw.rendering.reconcile import Reconciled, reconcile, same, undone
from aigw.rendering.template import Tree
from aigw.spec.secret import Secret
from aigw.state.files import write_atomically

ONCE = frozenset({ADMIN_FILE, "configmaps/higress-console.yaml"})
"""What is written before the first boot only: from then on it is the console's."""

PROXY = "wasmplugins/ai-proxy.internal.yaml"
"""Has the providers and their keys: without it no chat is answered."""

APPLIED = "applied.json"
_GENERATION = re.compile(r"x-aigw-generation.*?\b([0-9a-f]{12})\b")


class Changes(Struct, frozen=True, kw_only=True):
    """Objects as they are to be, of which `there` is what they are now.

    `written` are those that differ, `removed` what we had put there and want no more, `edits` what
    somebody changed in what is ours, as `object: field`, and `gone` what somebody removed of it.
    `taken` are providers that somebody had made and that are ours from now on, `late` the objects
    that an unfinished change is in. `broken` says what is wrong with files of ours that say nothing
    any more: what was applied last is taken for what is there, and has to be written first.
    """

    there: Resources
    wanted: Resources
    written: tuple[str, ...]
    removed: tuple[str, ...]
    edits: tuple[str, ...]
    gone: tuple[str, ...]
    taken: tuple[str, ...]
    late: tuple[str, ...]
    broken: Mapping[str, str]


def changes(
    *,
    there: Resources,
    rendered: Resources,
    was: Resources,
    broken: Mapping[str, str],
    attempts: Sequence[Resources] = (),
) -> Changes:
    """Compare a store with what is rendered for it and what was applied last.

    `attempts` are what was rendered for changes that may have been made, or may still be.
    """
    there = {**there, **{path: was[path] for path in broken}}
    rendered = {**rendered, **dict(closed_alike(rendered, there))}
    seen = _seen(there, attempts, was)
    wanted: dict[str, dict[str, Tree]] = {}
    edits: list[str] = []
    for path, body in rendered.items():
        if path in there and path in ONCE:
            continue
        found = _reconciled(path, seen, body, was)
        wanted[path] = found.body
        edits += (f"{path}: {edit}" for edit in found.edits)
    written = tuple(path for path, body in wanted.items() if _differ(there.get(path), body))
    ours = {**was, **{path: body for path, body in there.items() if path not in seen}}
    removed = tuple(path for path in ours if path not in rendered and path in there)
    return Changes(
        there=there,
        wanted=wanted,
        written=written,
        removed=removed,
        edits=tuple(edits),
        gone=tuple(path for path in wanted if path in was and path not in seen),
        taken=tuple(_taken(seen, rendered, was)),
        late=tuple(
            path for path in (*written, *removed) if _differ(there.get(path), seen.get(path))
        ),
        broken=broken,
    )


def mute(store: Store, *, was: Resources, there: Resources) -> dict[str, str]:
    """Say what is wrong with files of ours that are there, though nothing can be read out of them.

    But with that of key-auth: who needs a key is not ours to say.
    """
    lost = {path: body for path, body in was.items() if path not in there and path != KEY_AUTH}
    return store.mute(lost)


def _seen(there: Resources, attempts: Sequence[Resources], was: Resources) -> Resources:
    """Return a store as if attempts had never been made, where nobody changed it since."""
    found = dict(there)
    for attempt in reversed(attempts):
        for path in {**attempt, **was}:
            body = undone(found.pop(path, None), attempt.get(path), was.get(path))
            found |= {} if body is None else {path: dict(body)}
    return found


def _differ(one: Mapping[str, Tree] | None, other: Mapping[str, Tree] | None) -> bool:
    return one is not other and (one is None or other is None or not same(one, other))


def _reconciled(
    path: str, there: Resources, body: Mapping[str, Tree], was: Resources
) -> Reconciled:
    if path not in there or path != KEY_AUTH:
        return reconcile(there.get(path), body, was.get(path))
    own = as_switched(body, there[path])
    before = as_switched(was[path], there[path]) if path in was else None
    return reconcile(there[path], own, before)


def read_applied(folder: Path) -> Resources:
    """Return the objects that were applied last; none where that is not known."""
    with suppress(OSError, ValueError):
        return msgspec.json.decode((folder / APPLIED).read_bytes(), type=Resources)
    return {}


def keep_applied(folder: Path, resources: Resources) -> None:
    """Keep what is applied now, and no key that was and is so no more; raises CannotWrite."""
    was = read_applied(folder)
    forget_keys(folder / OVERWRITTEN, was=was, now=resources)
    text = msgspec.json.encode(resources, order="sorted")
    if was != msgspec.json.decode(text):
        write_atomically(folder / APPLIED, text.decode())


def forget_everywhere(folder: Path, store: Store, keys: Iterable[Secret]) -> None:
    """Cut keys out of our objects in a store that nobody reads now, and out of what was applied.

    Both alike: that is no change by hand. Raises CannotWrite.
    """
    was, gone = read_applied(folder), [*keys]
    for path, body in store.read(was).items():
        if (left := cut(body, gone)) != body:
            store.write(path, left)
    store.settle()
    keep_applied(folder, {path: cut(body, gone) for path, body in was.items()})


def cut(body: Mapping[str, Tree], keys: Iterable[Secret]) -> dict[str, Tree]:
    """Return an object in which none of the keys stands."""
    from aigw.rendering.concealing import cut_out  # late: only what forgets keys needs it

    left = cut_out(body, keys)
    assert isinstance(left, dict)
    return left


def only_renamed(
    one: Mapping[str, Tree] | None, other: Mapping[str, Tree], generation: str
) -> bool:
    """Say whether two objects differ in nothing but the name of their generation."""
    text = json.dumps(one)
    found = _GENERATION.search(text)
    return found is not None and same(json.loads(text.replace(found[1], generation)), other)


def providers_of(resources: Resources) -> Mapping[str, Mapping[str, Tree]]:
    """Return the entries of ai-proxy by provider id."""
    match resources.get(PROXY, {}).get("spec"):
        case {"defaultConfig": {"providers": [*listed]}}:
            return {str(one["id"]): one for one in listed if isinstance(one, dict) and "id" in one}
        case _:
            return {}


def clusters_of(resources: Resources) -> dict[str, str]:
    """Return what Envoy calls the place of each provider, and its address where it needs no DNS."""
    found = {}
    for provider in providers_of(resources):
        match registry_of(resources, provider):
            case {"type": "static" as kind, "port": port, "domain": str(address)}:
                found[f"outbound|{port}||llm-{provider}.internal.{kind}"] = address
            case {"type": kind, "port": port}:
                found[f"outbound|{port}||llm-{provider}.internal.{kind}"] = ""
            case _:
                continue
    return found


def registry_of(resources: Resources, provider: str) -> object:
    """Return the address of a provider; None where it has none."""
    match resources.get("mcpbridges/default.yaml", {}).get("spec"):
        case {"registries": [*listed]}:
            named = (one for one in listed if isinstance(one, dict))
            return next(
                (one for one in named if one.get("name") == f"llm-{provider}.internal"), None
            )
        case _:
            return None


def moved_here(found: Changes) -> list[str]:
    """Return the providers that are on this machine, seen from the container, and were not."""
    return [
        name
        for name in providers_of(found.wanted)
        if _is_here(registry_of(found.wanted, name))
        and not _is_here(registry_of(found.there, name))
    ]


def _taken(there: Resources, rendered: Resources, was: Resources) -> Iterator[str]:
    """Yield the providers that we want and had not made; none where that is not known."""
    theirs, ours = providers_of(there), providers_of(was)
    if was:
        yield from (name for name in providers_of(rendered) if name in theirs.keys() - ours)


def routes_of(paths: Iterable[str]) -> list[str]:
    """Return the names of the AI routes among the paths of objects."""
    head, tail = "configmaps/ai-route-", ".yaml"
    return [path[len(head) : -len(tail)] for path in paths if path.startswith(head)]


def _is_here(registry: object) -> bool:
    return isinstance(registry, Mapping) and registry.get("domain") == DOCKER_HOST
