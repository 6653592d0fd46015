"""An old installation, read as a spec: the one door to `legacy_*`."""

from collections.abc import Iterable, Mapping, Sequence

from msgspec import Struct

from aigw.spec.gateway import EngineName, GatewaySpec
from aigw.spec.legacy_env import EnvFile
from aigw.spec.legacy_kept import foreign_registries, has_admin, kept, tell_kept
from aigw.spec.legacy_keys import Wrong, unknown
from aigw.spec.legacy_listen import listen
from aigw.spec.legacy_models import Old
from aigw.spec.legacy_providers import Taken, taken_providers
from aigw.spec.legacy_report import Findings
from aigw.spec.legacy_routing import auto_routing
from aigw.spec.legacy_sharing import shared
from aigw.spec.legacy_store import AI_PROXY, REGISTRIES, old_providers, old_routes
from aigw.spec.legacy_trees import Trees
from aigw.spec.secret import Secret


class Installation(Struct, frozen=True, kw_only=True):
    """What get-ai-gateway.sh left: the store's trees, `default.cfg`, and the container's ports.

    `doubles` are keys that stand twice, as (path in the store, key); `bad` are the files that
    could not be read, as (path, reason).
    """

    trees: Trees
    env: EnvFile
    published: Mapping[int, int] = {}
    doubles: Sequence[tuple[str, str]] = ()
    bad: Sequence[tuple[str, str]] = ()


class Meaning(Struct, frozen=True, kw_only=True):
    """What an installation is as a gateway of ours.

    `moved` are the variables of `default.cfg` whose keys are kept with us now; `files` go into the
    new store as they are, and so do the services of `registries`; `admin` says that the console's
    login does, too.
    """

    spec: GatewaySpec
    keys: Mapping[str, tuple[Secret, ...]]
    moved: tuple[str, ...]
    files: tuple[str, ...]
    registries: tuple[str, ...]
    admin: bool
    findings: Findings


def meaning(was: Installation, *, engine: EngineName, wrong: Wrong) -> Meaning:
    """Return what the installation is; `wrong` says why a text cannot be a key."""
    findings = Findings()
    for path, why in was.bad:
        findings.refuse(path, why)
    for number in was.env.bad_lines:
        findings.refuse(f"default.cfg, line {number}", "Docker does not take it")
    routes = old_routes(was.trees)
    keeps = kept(was.trees, routes)
    old = Old(
        trees=was.trees,
        env=was.env,
        routes=routes,
        named=keeps.named,
        engine=engine,
        wrong=wrong,
        findings=findings,
    )
    found = shared(taken_providers(old), routes, findings)
    _tell_left(old, found)
    _tell_doubles(was, findings)
    for name in unknown(was.env):
        findings.drop(f"default.cfg: {name}", "aigw has no such setting")
    tell_kept(keeps, was.trees, routes, findings)
    registries = foreign_registries(was.trees)
    for name in registries:
        findings.keep(f"{REGISTRIES}: {name}", "a service that people registered")
    return Meaning(
        spec=_spec(was, found, engine, findings),
        keys={one.provider.id: one.keys for one in found if one.keys},
        moved=tuple(variable for one in found for variable in one.moved),
        files=keeps.paths,
        registries=registries,
        admin=has_admin(was.trees),
        findings=findings,
    )


def _spec(
    was: Installation, found: Iterable[Taken], engine: EngineName, findings: Findings
) -> GatewaySpec:
    spec = GatewaySpec(
        engine=engine,
        listen=listen(was.env, was.published, findings),
        providers=tuple(one.provider for one in found),
    )
    rules = auto_routing(was.trees, was.env, spec, findings)
    return GatewaySpec(
        engine=engine, listen=spec.listen, providers=spec.providers, auto_routing=rules
    )


def _tell_left(old: Old, found: Sequence[Taken]) -> None:
    """Say which routes lead to a provider that was removed: requests left there without a key."""
    if AI_PROXY not in old.trees:
        return
    known = {one.id for one in old_providers(old.trees)} | {one.old_id for one in found}
    for route in old.routes:
        gone = [name for name in route.providers if name not in known]
        if gone and not route.beyond:
            why = f"provider {gone[0]} was removed, and requests left for it without a key"
            old.findings.drop(f"route {route.name}", why)


def _tell_doubles(was: Installation, findings: Findings) -> None:
    for path, key in was.doubles:
        was_there = f"`{key}` stood there twice"
        why = "the last of them counted, whatever was changed in the other"
        findings.correct(path, was=was_there, now="the last of them", why=why)
