"""Collaborators that do nothing to the world, and sessions that are made of them."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field

from msgspec.structs import replace

from aigw.cli.options import Common
from aigw.cli.session import Session
from aigw.clients.http import Answer
from aigw.clients.process import Identity
from aigw.engines.choice import Possible
from aigw.engines.envoy import EnvoyEngine
from aigw.engines.envoy_plan import EnvoyPlan
from aigw.engines.look import Facts
from aigw.engines.place import Place
from aigw.errors import EngineRefused
from aigw.operations.world import World
from aigw.spec.gateway import GatewaySpec
from aigw.spec.secret import Secret
from aigw.state.paths import GatewayPaths, Home

NOBODY = Facts(
    supervisor=None,
    envoy=None,
    record=None,
    place=None,
    listening=False,
    generation="",
    uptime_seconds=0,
    sockets=True,
)


@dataclass(kw_only=True)
class Process:
    """What a fake engine runs: the plan that it serves, and those that it was given.

    `drains` says that no request is cut when it stops. `refuses` names providers that the engine
    does not take; `before` is called with every plan before anything is done with it.
    """

    serves: EnvoyPlan | None = None
    given: list[EnvoyPlan] = field(default_factory=list)
    drains: bool = True
    refuses: frozenset[str] = frozenset()
    before: Callable[[EnvoyPlan], None] = lambda _: None


class FakeEngine(EnvoyEngine):
    """Plans as the real engine does, and runs nothing."""

    def __init__(
        self, paths: GatewayPaths, process: Process, *, environ: Mapping[str, str]
    ) -> None:
        super().__init__(paths, environ=environ)
        self._process = process

    def look(self) -> Facts:
        """Say what would run."""
        plan = self._process.serves
        if plan is None:
            return NOBODY
        someone = Identity(pid=1, started="")
        return replace(
            NOBODY,
            supervisor=someone,
            envoy=someone,
            place=Place(address=plan.spec.listen.address, port=plan.spec.listen.http),
            listening=True,
            generation=plan.generation,
        )

    def apply(self, plan: EnvoyPlan, /) -> None:
        """Serve the plan, or refuse it."""
        self._paths.prepare()
        self._process.given.append(plan)
        self._process.before(plan)
        refused = self._process.refuses & {provider.id for provider in plan.spec.providers}
        if refused:
            raise EngineRefused(f"Envoy refused the configuration: {', '.join(sorted(refused))}")
        self._process.serves = plan

    def refuse_taken(self, spec: GatewaySpec, /) -> None:
        """Listen nowhere, and so have every port."""

    def stop(self, *, seconds: float) -> bool:  # noqa: ARG002 - there is nothing to wait for
        """Serve nothing."""
        self._process.serves = None
        return self._process.drains


def nowhere(_: GatewaySpec) -> Possible:
    """Have no Docker engine."""
    return Possible(possible=False, reason="no Docker engine answers")


def healthy(_: str, **__: object) -> Answer:
    """Answer every request with 200."""
    return Answer(status=200, headers={}, body=b"{}", latency_ms=1, problem="")


@contextmanager
def silent(_: str) -> Iterator[None]:
    """Wait without a word."""
    yield


@dataclass(kw_only=True)
class Heard:
    """What was told to the person."""

    steps: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


def world(home: Home, process: Process, heard: Heard, environ: Mapping[str, str]) -> World:
    """Make a world whose engine is fake; the files in `home` are real."""
    return World(
        home=home,
        environ=environ,
        engine=lambda paths, *_: FakeEngine(paths, process, environ=environ),
        higress=nowhere,
        ask=healthy,
        step=heard.steps.append,
        note=heard.notes.append,
        waiting=silent,
    )


@dataclass(kw_only=True)
class Person:
    """Answers questions in their order; without answers nobody is there."""

    answers: list[str]
    asked: list[str] = field(default_factory=list)

    @property
    def present(self) -> bool:
        """Say whether there are answers left."""
        return bool(self.answers)

    def secret(self, question: str, *, problem: Callable[[str], str]) -> Secret:
        """Answer with a key; one that is refused is followed by the next."""
        self.asked.append(question)
        answer = self.answers.pop(0)
        return Secret(answer) if not problem(answer) else self.secret(question, problem=problem)

    def confirm(self, question: str) -> bool:
        """Answer with yes or anything else."""
        self.asked.append(question)
        return self.answers.pop(0) == "yes"


def session_of(
    *, person: Person | None = None, process: Process | None = None
) -> Callable[[Common], Session]:
    """Make sessions like the real ones, but for the person and the engine."""

    def make(common: Common) -> Session:
        session = Session.real(common)
        if process is not None:
            environ = session.world.environ
            engine = replace(
                session.world,
                engine=lambda paths, *_: FakeEngine(paths, process, environ=environ),
                higress=nowhere,
                ask=healthy,
            )
            session = replace(session, world=engine)
        return replace(session, prompter=person) if person is not None else session

    return make
