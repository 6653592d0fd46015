"""What is missing between a spec and one Envoy."""

from collections.abc import Iterator

from aigw.engines.file_names import FIXED, Files, is_secret, title
from aigw.engines.look import Facts
from aigw.engines.place import Place
from aigw.engines.plan import Plan, Step
from aigw.rendering.envoy import EnvoyConfig
from aigw.state.secrets import KeyRing


class EnvoyPlan(Plan, frozen=True, kw_only=True):
    """What is missing, what was seen, and all that is needed to bring it about.

    `ring` is the keys that were handed in, None when they are those of the data folder.
    """

    runtime: str
    ring: KeyRing | None
    config: EnvoyConfig
    wanted: Files
    there: Files
    facts: Facts

    @property
    def place(self) -> Place:
        """Where the gateway is to listen."""
        return Place(address=self.spec.listen.address, port=self.spec.listen.http)

    @property
    def cold(self) -> bool:
        """Say whether nothing runs."""
        return self.facts.envoy is None and self.facts.supervisor is None

    @property
    def moved(self) -> bool:
        """Say whether the supervisor looks for its sockets where they are no more."""
        record = self.facts.record
        return record is not None and bool(record.runtime) and record.runtime != self.runtime

    @property
    def restarts(self) -> bool:
        """Say whether a reload is not enough."""
        return needs_restart(self.facts, there=self.there, wanted=self.wanted)

    @property
    def reloads(self) -> bool:
        """Say whether the running Envoy serves anything else than is wanted."""
        written = any(self.there.get(name) != text for name, text in self.wanted.items())
        return written or self.facts.generation != self.generation


def needs_restart(facts: Facts, *, there: Files, wanted: Files) -> bool:
    """Say whether Envoy cannot get there as it runs: gone, deaf, cut off, or to move."""
    fixed = any(there.get(name) != wanted[name] for name in FIXED)
    return fixed or facts.envoy is None or not facts.listening or not facts.sockets


def steps(facts: Facts, *, there: Files, wanted: Files, generation: str) -> Iterator[Step]:
    """Say what is to be done, in its order."""
    written = [name for name, text in wanted.items() if there.get(name) != text]
    for name in written:
        yield Step(action="write", what=title(name))
    for name in there:
        if is_secret(name) and name not in wanted:
            yield Step(action="remove", what=title(name))
    if facts.supervisor is None:
        yield Step(action="launch", what="supervisor")
    if facts.supervisor is None and facts.envoy is None:
        return
    if needs_restart(facts, there=there, wanted=wanted):
        yield Step(action="restart", what="Envoy")
    elif written or facts.generation != generation:
        yield Step(action="reload", what="Envoy")
