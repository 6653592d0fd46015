"""Ready means ready: every part answers, nothing was refused, and a request goes through."""

import time
from collections.abc import Callable, Iterable, Mapping
from contextlib import AbstractContextManager, suppress
from functools import partial
from http import HTTPStatus

from msgspec import Struct

from aigw.clients.console import Console
from aigw.clients.containers import Attended
from aigw.clients.http import REJECTED, ask_gateway
from aigw.engines.higress_admin import Admin, InForce
from aigw.engines.higress_refusals import OF_PLUGINS
from aigw.engines.higress_signs import death, last_words
from aigw.engines.place import Place
from aigw.errors import DockerRefused, EngineRefused, NotReady
from aigw.rendering.higress_providers import (
    asks_for_tokens,
    credentials,
    sends_key,
    tried_model,
)
from aigw.rendering.template import Tree
from aigw.spec.gateway import GatewaySpec
from aigw.spec.secret import Secret
from aigw.state.paths import GatewayPaths

_POLL_SECONDS = 0.02
_CONSOLE_SECONDS = 0.1
_LOOK_SECONDS = 0.5
_ANSWER_SECONDS = 10.0
_GRACE_SECONDS = 10.0
_EAGER_SECONDS, _PATIENT_SECONDS = 5.0, 0.1
_LOGS = {"the API server": "apiserver", "the console": "console", "Envoy": "gateway"}

Waiting = Callable[[str], AbstractContextManager[None]]


class Expected(Struct, frozen=True, kw_only=True):
    """What must be true at the end, and by when (monotonic seconds).

    `entries` are the providers as ai-proxy is given them; `refused` how often what was refused
    before, None at a boot: what an Envoy that has just begun has in force is new. `clusters` are
    where the providers are, as Envoy names it, with an address unless DNS has it; `routes` says
    of the ends of names of routes whether they are to be there.
    """

    spec: GatewaySpec
    entries: Mapping[str, Mapping[str, Tree]]
    generation: str
    refused: Mapping[str, int] | None
    clusters: Mapping[str, str]
    routes: Mapping[str, bool]
    deadline: float

    @property
    def keys(self) -> Iterable[Secret]:
        """Every key, as it stands in ai-proxy."""
        return (key for entry in self.entries.values() for key in credentials(entry))


class Readiness:
    """Waits for one container, part by part in the order in which they need each other."""

    def __init__(
        self,
        paths: GatewayPaths,
        docker: Attended,
        console: Console,
        *,
        waiting: Waiting,
        before: Mapping[str, int],
    ) -> None:
        self._paths = paths
        self._docker = docker
        self._console = console
        self._waiting = waiting
        self._before = before
        self._admin = Admin(docker, paths.name)
        self._refused = 0.0
        self.refusals: Mapping[str, int] = {}
        """How often configurations were refused, as seen last."""

    def await_parts(self, expected: Expected) -> None:
        """Wait until the store and its console answer; raises EngineRefused when one gave up."""
        self._await("the API server", expected, self._api_server, _LOOK_SECONDS)
        self._await("the console", expected, self._console.stands, _CONSOLE_SECONDS)

    def await_effect(self, expected: Expected) -> None:
        """Wait until what was written serves, and prove it by a request through every provider.

        Nothing is asked of the network. Raises EngineRefused when Envoy or a plugin refused it: it
        then serves what it had.
        """
        place = Place(address=expected.spec.listen.address, port=expected.spec.listen.http)

        def generation() -> str:
            return _difference(place.generation(), expected.generation)

        self._await("Envoy", expected, generation, _POLL_SECONDS)
        self._await("Envoy", expected, lambda: self._taken(expected), _POLL_SECONDS)
        for provider, entry in expected.entries.items():
            if asks_for_tokens(entry):
                continue  # it would be asked over the network, and need not be there for a start
            probe = partial(
                _probed, place, f"{provider}/{tried_model(entry)}", keyed=sends_key(entry)
            )
            self._await("Envoy", expected, probe, _POLL_SECONDS)

    def _api_server(self) -> str:
        return "" if self._admin.api_server_answers() else "its API server does not answer"

    def _taken(self, expected: Expected) -> str:
        """Say what of the new configuration is not in force; raises EngineRefused.

        At a boot what somebody else's plugin refused does not count once ours is in force.
        """
        found = self._admin.in_force()
        self.refusals = found.refused
        risen = _risen(found.refused, expected)
        missing = _missing(found, expected)
        if risen and not found.texts:
            missing = "its plugins are not there"
        if risen and not self._may_come(expected, missing):
            raise self._refusal(risen, expected)
        return missing or _unplaced(found, expected)

    def _refuse_rejected(self, expected: Expected) -> None:
        """Raise EngineRefused for what Envoy refused: its generation never comes.

        At a boot a plugin that it refused may be another's, see `_may_come`.
        """
        with suppress(NotReady, DockerRefused):
            counts = self._admin.refusals()
            if expected.refused is None:
                counts = {name: count for name, count in counts.items() if OF_PLUGINS not in name}
            if risen := _risen(counts, expected):
                raise self._refusal(risen, expected)

    def _refusal(self, risen: str, expected: Expected) -> EngineRefused:
        words = self._last_words("gateway", expected)
        return EngineRefused(f"the gateway refused its configuration ({risen})", quoted=words)

    def _may_come(self, expected: Expected, missing: str) -> bool:
        """Say whether a refusal may have been another's: at a boot, and ours is or comes soon."""
        if expected.refused is not None:
            return False
        self._refused = self._refused or time.monotonic()
        return not missing or time.monotonic() < self._refused + _GRACE_SECONDS

    def _await(
        self, part: str, expected: Expected, problem: Callable[[], str], pause: float
    ) -> None:
        """Wait until nothing is wrong with a part."""
        begun = looked = asked = time.monotonic()
        every = _GRACE_SECONDS if expected.refused is None else _LOOK_SECONDS
        with self._waiting(f"waiting for {part} of gateway `{self._paths.name}`"):
            while words := self._asked(problem):
                now = time.monotonic()
                if now - looked > _LOOK_SECONDS:
                    looked = now
                    self._refuse_dead(expected)
                if now - asked > every:
                    asked = now
                    self._refuse_rejected(expected)
                if now > expected.deadline:
                    raise NotReady(
                        f"gateway `{self._paths.name}` is not ready: {words}",
                        hint="aigw logs --engine",
                        quoted=self._last_words(_LOGS[part], expected),
                    )
                time.sleep(pause if now < begun + _EAGER_SECONDS else max(pause, _PATIENT_SECONDS))

    def _asked(self, problem: Callable[[], str]) -> str:
        try:
            return problem()
        except (NotReady, DockerRefused) as error:
            return error.message

    def _refuse_dead(self, expected: Expected) -> None:
        found = death(self._docker.container(self._paths.name), self._docker)
        if found is not None:
            words = self._last_words(found.part, expected) if found.part else ""
            message = f"gateway `{self._paths.name}` cannot start: {found.problem}"
            raise EngineRefused(message, hint=found.hint, quoted=words)

    def _last_words(self, part: str, expected: Expected) -> str:
        return last_words(self._paths.part_logs, part, expected.keys, before=self._before)


def _risen(counts: Mapping[str, int], expected: Expected) -> str:
    """Name a counter of refusals that has risen; empty for none."""
    before = expected.refused or {}
    return next((name for name, count in counts.items() if count > before.get(name, 0)), "")


def _missing(found: InForce, expected: Expected) -> str:
    """Say what of the new configuration is not in force."""
    if found.unguarded:
        return f"its listener lacks our filter `{found.unguarded}`"
    if not found.serves(expected.generation, expected.routes):
        return "its routes are those from before"
    return "its keys are those from before" if found.missing(expected.keys) else ""


def _unplaced(found: InForce, expected: Expected) -> str:
    """Say which provider could not be reached yet: a probe does not go as far as there."""
    for name, address in expected.clusters.items():
        if name not in found.clusters or (address and address not in found.clusters[name]):
            return f"it does not know yet where `{name}` is"
    return ""


def _difference(found: str, wanted: str) -> str:
    if found == wanted:
        return ""
    return f"it serves generation {found}, not {wanted}" if found else "it does not answer /health"


def _probed(place: Place, model: str, *, keyed: bool) -> str:
    """Ask the route of `ID/MODEL` as far as to the provider's door; say why none would come there.

    The edge filter answers `x-aigw-probe` itself, after every plugin has seen the request; where a
    person has closed the route to all but consumers, key-auth answers, and no further is to be had.
    """
    answer = ask_gateway(
        f"{place.origin}/v1/chat/completions",
        timeout=_ANSWER_SECONDS,
        body={
            "model": model,
            "messages": [{"role": "user", "content": "Hello!"}],
        },
        headers={"x-aigw-probe": "1"},
    )
    if answer.status in REJECTED:
        return ""
    provider = model.partition("/")[0]
    if answer.status != HTTPStatus.OK:
        words = f"{answer.status} {answer.problem}".rstrip()
        return f"a request for provider `{provider}` is answered {words}"
    if keyed and b'"authorized":true' not in answer.body.replace(b" ", b""):
        return f"a request for provider `{provider}` has no key"
    return ""
