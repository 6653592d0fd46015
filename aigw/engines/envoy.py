"""The embedded engine: one Envoy under a supervisor, configured by files."""

from collections.abc import Callable, Collection, Mapping
from typing import NoReturn

from aigw.clients.envoy_admin import EnvoyAdmin
from aigw.clients.process import Identity
from aigw.engines import staging, supervision
from aigw.engines.authorities import authorities
from aigw.engines.config_files import (
    Good,
    forget_keys,
    keep_good,
    last_good,
    read_files,
    remove_others,
    wanted_files,
    write_files,
)
from aigw.engines.envoy_plan import EnvoyPlan, needs_restart, steps
from aigw.engines.look import Facts, look
from aigw.engines.place import Place, place_of
from aigw.engines.record import withdraw_request
from aigw.engines.reload import Reload
from aigw.engines.seen import Seen, State
from aigw.engines.validate import validate
from aigw.engines.voice import CUT
from aigw.errors import AigwError, Busy, EngineRefused, NotReady
from aigw.rendering.envoy import render
from aigw.rendering.layout import Layout
from aigw.spec.gateway import GatewaySpec
from aigw.spec.generation import generation
from aigw.spec.secret import Secret
from aigw.state.paths import GatewayPaths
from aigw.state.secrets import KeyRing, fingerprints, load_credentials, resolve, salt

_NO_SALT = bytes(32)
START_SECONDS = 30.0


class EnvoyEngine:
    """The engine of one gateway. Who calls anything but `look` and `plan` holds its lock."""

    def __init__(
        self,
        paths: GatewayPaths,
        *,
        environ: Mapping[str, str],
        start_seconds: float | None = None,
        drain_seconds: float = 30.0,
        note: Callable[[str], None] = lambda _: None,
    ) -> None:
        self._paths = paths
        self._environ = environ
        self._start_seconds = start_seconds or START_SECONDS
        self._drain_seconds = drain_seconds
        self._note = note

    def look(self) -> Facts:
        """Say what runs."""
        return look(self._paths)

    def seen(self) -> Seen:
        """Say what runs, as a person is told of it."""
        return self.look().seen()

    def runs(self) -> bool:
        """Say whether anything runs."""
        return self.look().state is not State.STOPPED

    def plan(self, spec: GatewaySpec, /, *, ring: KeyRing | None = None) -> EnvoyPlan:
        """Say what is missing; `ring` stands for keys that are not kept yet.

        Raises SpecInvalid for a key that is not to be had.
        """
        keys = self._keys(spec) if ring is None else ring
        grain = salt(self._paths.salt) if self._paths.salt.exists() else _NO_SALT
        name = generation(spec, fingerprints(keys, grain))
        config = render(spec, keys, self._layout(), generation=name)
        facts, there, wanted = self.look(), read_files(self._paths), wanted_files(config)
        return EnvoyPlan(
            steps=tuple(steps(facts, there=there, wanted=wanted, generation=name)),
            runtime=str(self._paths.runtime),
            spec=spec,
            ring=ring,
            generation=name,
            config=config,
            wanted=wanted,
            there=there,
            facts=facts,
        )

    def prepare(self, plan: EnvoyPlan, /) -> None:
        """Have Envoy check the configuration; raises EngineRefused, EngineMissing."""
        plan = self._prepared(plan)
        validate(self._paths, plan.config, self._environ)

    def apply(self, plan: EnvoyPlan, /) -> None:
        """Bring it about and prove it by a request that sees the new generation.

        Raises EngineRefused with Envoy's own words, PortTaken, NotReady, EngineMissing; what
        served before serves on, or again.
        """
        plan = self._prepared(plan)
        self._check(plan)
        try:
            self._bring_about(plan)
        except (EngineRefused, NotReady) as error:
            self._go_back(plan, error)
            raise
        self._keep(plan)

    def restart(self, plan: EnvoyPlan, /) -> None:
        """End what runs and start it again as planned; refused while it still runs, as `apply`."""
        plan = self._prepared(plan)
        self._check(plan)
        record = plan.facts.record
        try:
            if plan.facts.supervisor is not None and record is not None and record.foreground:
                self._restart_envoy(plan, plan.facts.supervisor)
            else:
                self._make_way()
                self._start(plan)
        except (EngineRefused, NotReady) as error:
            self._go_back(plan, error)
            raise
        self._keep(plan)

    def refuse_taken(self, spec: GatewaySpec, /) -> None:
        """Raise PortTaken when it could not be started, before a person is asked for the rest."""
        if self.look().state is State.STOPPED:
            Place(address=spec.listen.address, port=spec.listen.http).refuse_taken_naming(
                self._environ
            )

    def refuse_needed(self, going: Collection[str], /) -> None:
        """Have no routes but our own."""

    def forget(self, keys: Collection[Secret], /) -> None:
        """Remove files with such a key; a start makes those that it needs again."""
        if not self.runs():
            forget_keys(self._paths, keys)

    def remove(self) -> tuple[str, ...]:
        """Have nothing to remove: all that Envoy has are files of the gateway."""
        return ()

    def stop(self, *, seconds: float) -> bool:
        """Let requests finish for so long and end everything; False when one was cut."""
        return supervision.stop(self._paths, seconds=seconds)

    def supervise(self, plan: EnvoyPlan, /) -> NoReturn:
        """Become the supervisor of what is planned, in the foreground; nothing is proved.

        Raises Busy when there is a supervisor already.
        """
        if plan.facts.supervisor is not None:
            who = f"process {plan.facts.supervisor.pid}"
            raise Busy(f"gateway `{self._paths.name}` runs already ({who})", hint="aigw stop")
        plan = self._prepared(plan)
        self._check(plan)
        if plan.facts.envoy is not None and not plan.restarts:
            self._reload(plan)
        else:
            self._make_way()
            self._write(plan)
        supervision.become(self._paths, self._environ)

    def _prepared(self, plan: EnvoyPlan) -> EnvoyPlan:
        """Make the folders; a plan from before there was a salt is made anew."""
        had_salt = self._paths.salt.exists()
        self._paths.prepare()
        staging.discard(self._paths)
        withdraw_request(self._paths)
        if had_salt:
            return plan
        salt(self._paths.salt)
        return self.plan(plan.spec, ring=plan.ring)

    def _check(self, plan: EnvoyPlan) -> None:
        """Refuse before anything is touched."""
        if plan.cold or plan.place != plan.facts.place:
            plan.place.refuse_taken_naming(self._environ)
        good = last_good(self._paths)
        if good is None or good.files != plan.wanted:
            validate(self._paths, plan.config, self._environ)

    def _bring_about(self, plan: EnvoyPlan) -> None:
        if plan.cold or plan.moved:
            self._make_way()
            self._start(plan)
            return
        supervisor = plan.facts.supervisor or supervision.launch(self._paths, self._environ)
        if plan.restarts:
            self._restart_envoy(plan, supervisor)
        elif plan.reloads:
            self._reload(plan)
        else:
            remove_others(self._paths, plan.wanted)

    def _start(self, plan: EnvoyPlan) -> None:
        self._write(plan)
        supervisor = supervision.launch(self._paths, self._environ)
        self._await(plan.place, plan.generation, supervisor)

    def _write(self, plan: EnvoyPlan) -> None:
        there = read_files(self._paths)
        late = [name for name, text in plan.wanted.items() if there.get(name) != text]
        write_files(self._paths, plan.wanted, late)
        remove_others(self._paths, plan.wanted)

    def _restart_envoy(self, plan: EnvoyPlan, supervisor: Identity) -> None:
        staging.stage(self._paths, plan.wanted)
        if self._restarted(supervisor):
            self._await(plan.place, plan.generation, supervisor)
            remove_others(self._paths, plan.wanted)
        else:
            self._make_way()
            self._start(plan)

    def _restarted(self, supervisor: Identity) -> bool:
        """Restart Envoy with what was staged; False when the supervisor ended instead."""
        seconds = self._drain_seconds
        record = supervision.restart_envoy(self._paths, supervisor, drain_seconds=seconds)
        if record is not None and not record.drained:
            self._note(CUT)
        return record is not None

    def _make_way(self) -> None:
        """End everything for what is started next, and say so when a request was cut."""
        if not self.stop(seconds=self._drain_seconds):
            self._note(CUT)

    def _reload(self, plan: EnvoyPlan) -> None:
        reload = Reload(self._paths, EnvoyAdmin(self._paths.admin_socket), there=plan.there)
        reload.run(plan.wanted, place=plan.place, generation=plan.generation)

    def _await(self, where: Place, name: str, supervisor: Identity) -> None:
        supervision.await_generation(
            self._paths, supervisor, place=where, generation=name, seconds=self._start_seconds
        )

    def _go_back(self, plan: EnvoyPlan, error: AigwError) -> None:
        """Serve again what was proved last, where something served."""
        good = last_good(self._paths)
        if plan.cold or good is None or good.generation == plan.generation:
            return
        try:
            self._bring_back(good)
        except AigwError as second:
            message = f"{error.message}; and there is no way back: {second.message}"
            raise EngineRefused(message, hint="aigw restart") from error

    def _bring_back(self, good: Good) -> None:
        facts, there = self.look(), read_files(self._paths)
        where = place_of(good.files)
        if not needs_restart(facts, there=there, wanted=good.files):
            admin = EnvoyAdmin(self._paths.admin_socket)
            reload = Reload(self._paths, admin, there=there)
            reload.run(good.files, place=where, generation=good.generation)
            return
        staging.stage(self._paths, good.files)
        supervisor = facts.supervisor
        if supervisor is None or not self._restarted(supervisor):
            supervisor = supervision.launch(self._paths, self._environ)
        self._await(where, good.generation, supervisor)
        remove_others(self._paths, good.files)

    def _keep(self, plan: EnvoyPlan) -> None:
        good = Good(generation=plan.generation, files=plan.wanted)
        if last_good(self._paths) != good:
            keep_good(self._paths, good)

    def _keys(self, spec: GatewaySpec) -> KeyRing:
        return resolve(spec, load_credentials(self._paths.credentials).keys, self._environ)

    def _layout(self) -> Layout:
        return Layout(
            folder=self._paths.xds,
            admin_socket=self._paths.admin_socket,
            demo_socket=self._paths.demo_socket,
            access_log=self._paths.access_log,
            ca_file=authorities(self._environ),
        )
