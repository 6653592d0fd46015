"""What is missing between a spec and one Higress gateway, worked out without changing anything."""

import os
from collections.abc import Callable, Collection, Mapping
from functools import cached_property, partial

from aigw.clients.containers import ContainerSeen
from aigw.clients.docker_quick import QuickDocker
from aigw.engines import higress_account
from aigw.engines.higress_access import KEY_AUTH
from aigw.engines.higress_admin import in_store
from aigw.engines.higress_changes import changes, mute, providers_of, read_applied
from aigw.engines.higress_container import (
    Machine,
    create_arguments,
    made_with,
    refuse_foreign,
    refuse_renamed,
    refuse_too_many,
    refuse_unnameable,
)
from aigw.engines.higress_image import GatewayImage
from aigw.engines.higress_inside import Inside
from aigw.engines.higress_plan import HigressPlan, reasons, steps
from aigw.engines.higress_store import Store, aside
from aigw.engines.higress_unfinished import Unfinished
from aigw.engines.means import Means
from aigw.errors import Problem, SpecInvalid
from aigw.rendering import higress_checks
from aigw.rendering.higress import ADMIN_FILE, BUILT_IN, HigressSettings, Resources, render
from aigw.spec.gateway import GatewaySpec
from aigw.spec.generation import generation
from aigw.state.paths import GatewayPaths
from aigw.state.secrets import KeyRing, fingerprints, load_credentials, resolve, salt

_NO_SALT = bytes(32)


class Planning:
    """Plans for one gateway; `refuse_needed` is asked whether providers may go."""

    def __init__(
        self,
        paths: GatewayPaths,
        quick: QuickDocker,
        *,
        image: GatewayImage,
        inside: Inside,
        store: Store,
        unfinished: Unfinished,
        means: Means,
        environ: Mapping[str, str],
        refuse_needed: Callable[[Collection[str]], None],
    ) -> None:
        self._paths = paths
        self._quick = quick
        self._image = image
        self._inside = inside
        self._store = store
        self._unfinished = unfinished
        self._means = means
        self._environ = environ
        self._refuse_needed = refuse_needed

    @cached_property
    def machine(self) -> Machine:
        """What Docker says of the machine."""
        info = self._quick.info()
        return Machine(cpus=info.cpus or os.cpu_count() or 1, selinux=info.selinux, vm=info.vm)

    def plan(self, spec: GatewaySpec, /, *, ring: KeyRing | None = None) -> HigressPlan:
        """Say what is missing; raises SpecInvalid, BadUsage, NotOurs, DockerMissing."""
        refuse_unnameable(self._paths)
        inside = partial(in_store, self._quick, self._paths.name)
        self._store.inside = inside if self.machine.vm else None
        keys = resolve(spec, self._credentials(), self._environ) if ring is None else ring
        container = self._container()
        was = read_applied(self._paths.higress_run)
        self._refuse_needed(providers_of(was).keys() - {one.id for one in spec.providers})
        name, image = self._generation(spec, keys), self._image.here(spec.image)
        rendered = self._rendered(spec, keys, image, name)
        attempts = self._unfinished.attempts()
        there = self._store.read({path for one in (rendered, was, *attempts) for path in one})
        self._refuse_unsaid(there, was)
        broken = mute(self._store, was=was, there=there)
        found = changes(there=there, rendered=rendered, was=was, attempts=attempts, broken=broken)
        arguments = create_arguments(spec, self._paths, image=image, machine=self.machine)
        because = reasons(container, arguments, made_with(self._paths))
        if container is None or because:
            refuse_too_many(spec, self.machine)
        brings = not image or bool(self._means.archive) or self._means.pulls
        serving = self._inside.generation(container)
        dead = self._inside.dead(container, serving)
        return HigressPlan(
            steps=tuple(
                steps(
                    container=container,
                    brings=self._image.step(spec.image, self._means.archive) if brings else None,
                    listen=spec.listen,
                    because=because,
                    changes=found,
                    generation=name,
                    stale=serving != name,
                    dead=dead,
                )
            ),
            spec=spec,
            generation=name,
            given=ring,
            rendered=rendered,
            changes=found,
            container=container,
            image=image,
            plugins=self._plugins,
            arguments=arguments,
            because=because,
            serving=serving,
            dead=dead,
            selinux=self.machine.selinux,
        )

    def _container(self) -> ContainerSeen | None:
        found = self._quick.container(self._paths.name)
        if found is None:
            refuse_renamed(self._quick, self._paths)
        refuse_foreign(found, self._paths)
        return found

    def _refuse_unsaid(self, there: Resources, was: Resources) -> None:
        """Raise SpecInvalid where the file that says who may ask cannot be read: ours lets all."""
        if KEY_AUTH in there or KEY_AUTH not in was:
            return
        for path, words in self._store.mute({KEY_AUTH: was[KEY_AUTH]}).items():
            file = os.fspath(self._paths.higress / path)
            problem = Problem(path=file, message=f"{words}; it says who may ask")
            raise SpecInvalid("the gateway's store", [problem], hint=aside(file))

    def adapted(self, plan: HigressPlan, plugins: str) -> HigressPlan:
        """Make the plan anew where the image has another version of the plugins than was taken."""
        if not plugins or plugins == plan.plugins:
            return plan
        self._image.note_plugins(plugins)
        return self.plan(plan.spec, ring=plan.given)

    @property
    def _plugins(self) -> str:
        known = self._image.known
        return (known.plugins if known else "") or BUILT_IN

    def _rendered(self, spec: GatewaySpec, ring: KeyRing, image: str, name: str) -> Resources:
        found = higress_account.account(self._store.read((ADMIN_FILE,)))
        found = found or higress_account.account(read_applied(self._paths.higress_run))
        settings = HigressSettings(
            defaults=self._image.defaults(image) if image else {},
            password=found.password if found else higress_account.new_password(),
            plugin_version=self._plugins,
        )
        rendered = render(spec, ring, settings, generation=name)
        if problems := tuple(higress_checks.problems(rendered)):
            raise SpecInvalid("what Higress would be given", problems)
        return rendered

    def _generation(self, spec: GatewaySpec, ring: KeyRing) -> str:
        grain = salt(self._paths.salt) if self._paths.salt.exists() else _NO_SALT
        return generation(spec, fingerprints(ring, grain))

    def _credentials(self) -> KeyRing:
        return load_credentials(self._paths.credentials).keys
