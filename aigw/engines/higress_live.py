"""Changes of a gateway's store: by file, and where it runs through its console first."""

from collections.abc import Callable, Mapping

from msgspec import Struct
from msgspec.structs import replace

from aigw.clients.console import Console
from aigw.engines.higress_changes import (
    Changes,
    only_renamed,
    providers_of,
    registry_of,
    routes_of,
)
from aigw.engines.higress_store import Store
from aigw.rendering.console_forms import has_console_handler, provider_form, route_form
from aigw.rendering.reconcile import raised, same
from aigw.rendering.template import Tree

_ROUTES = "ingresses/"


def write(store: Store, wanted: Changes, *, step: Callable[[str], None], below: str = "") -> None:
    """Write all that is not in the store as it is wanted; by `below` only those under it."""
    there = store.read(wanted.wanted)
    for path, body in wanted.wanted.items():
        if path.startswith(below) and (path not in there or not same(there[path], body)):
            step(f"write {path}")
            store.write(path, raised(body, over=there.get(path)))
    store.settle()


def remove(store: Store, wanted: Changes, *, step: Callable[[str], None]) -> None:
    """Remove what is wanted no more."""
    for path in store.read(wanted.removed):
        step(f"remove {path}")
        store.delete(path)


def mend(store: Store, wanted: Changes, *, step: Callable[[str], None]) -> None:
    """Write what of ours is broken as it was: the console reads all files of a kind, or none."""
    for path in wanted.broken:
        step(f"write {path}")
        store.write(path, raised(wanted.there[path], over=None))
    store.settle()


def take_back(store: Store, wanted: Changes, *, step: Callable[[str], None]) -> None:
    """Make every object that was to change be again what it was before."""
    before = {
        path: wanted.there[path]
        for path in (*wanted.wanted, *wanted.removed)
        if path in wanted.there
    }
    gone = tuple(path for path in wanted.written if path not in wanted.there)
    back = replace(wanted, wanted=before, removed=gone)
    write(store, back, step=step)
    remove(store, back, step=step)


def is_back(store: Store, wanted: Changes) -> bool:
    """Say whether every object that was to change is what it was before."""
    paths = {*wanted.wanted, *wanted.removed}
    now = store.read(paths)
    return all(
        path in now and same(now[path], wanted.there[path])
        if path in wanted.there
        else path not in now
        for path in paths
    )


class Live(Struct, frozen=True, kw_only=True):
    """One running gateway: its store, its console, and who hears of every step.

    With every provider and route the console writes plugins of its own version: without
    `by_console`, where the image has another one, all is written by file.
    """

    store: Store
    console: Console
    step: Callable[[str], None]
    by_console: bool

    def bring_about(self, wanted: Changes, *, generation: str) -> None:
        """Write everything; what the console left otherwise, or has no handler for, by file.

        The console is asked first: it writes what belongs together, and refuses what is wrong.
        """
        if self.by_console:
            self._ask_console(wanted, generation)
        write(self.store, wanted, step=self.step)
        remove(self.store, wanted, step=self.step)

    def _ask_console(self, wanted: Changes, generation: str) -> None:
        """Routes are there before those that they replace go, and providers go last."""
        self._put_providers(wanted)
        self._put_routes(wanted, generation)
        write(self.store, wanted, step=self.step, below=_ROUTES)
        for name in routes_of(wanted.removed):
            self.step(f"console: remove AI route {name}")
            self.console.delete_route(name)
        self._remove_providers(wanted)

    def _put_providers(self, wanted: Changes) -> None:
        """Add and change providers."""
        old, new = providers_of(wanted.there), providers_of(wanted.wanted)
        for name, entry in new.items():
            moved = registry_of(wanted.there, name) != registry_of(wanted.wanted, name)
            if _handled(entry) and (moved or entry != old.get(name)):
                self.step(f"console: provider {name}")
                self.console.put_provider(provider_form(wanted.wanted, name))

    def _put_routes(self, wanted: Changes, generation: str) -> None:
        """Add and change AI routes; where only the generation is new a file is quicker."""
        new = providers_of(wanted.wanted)
        for name in routes_of(wanted.written):
            path = f"configmaps/ai-route-{name}.yaml"
            there = wanted.there.get(path)
            if only_renamed(there, wanted.wanted[path], generation):
                continue
            form = route_form(wanted.wanted, name)
            if all(_handled(new.get(one, {})) for one in _upstreams(form)):
                self.step(f"console: AI route {name}")
                (self.console.add_route if there is None else self.console.put_route)(form)

    def _remove_providers(self, wanted: Changes) -> None:
        new = providers_of(wanted.wanted)
        for name, entry in providers_of(wanted.there).items():
            if name not in new and _handled(entry):
                self.step(f"console: remove provider {name}")
                self.console.delete_provider(name)


def _handled(entry: Mapping[str, Tree]) -> bool:
    return has_console_handler(str(entry.get("type", "")))


def _upstreams(form: Mapping[str, object]) -> list[str]:
    upstreams = form.get("upstreams")
    listed = upstreams if isinstance(upstreams, list) else []
    return [str(one["provider"]) for one in listed]
