"""Which models an old provider served, and under which names."""

import re
from collections.abc import Collection, Iterable

from msgspec import Struct

from aigw.spec.forms import MODEL
from aigw.spec.gateway import EngineName
from aigw.spec.legacy_candidates import Candidate
from aigw.spec.legacy_env import EnvFile
from aigw.spec.legacy_keys import Wrong, prefix
from aigw.spec.legacy_patterns import patterns
from aigw.spec.legacy_report import Findings
from aigw.spec.legacy_store import OldRoute
from aigw.spec.legacy_trees import Trees, entries


class Old(Struct, frozen=True, kw_only=True):
    """What is known of an old installation, how to judge it, and where to say what is found.

    `named` are the ids that files which are kept name; `wrong` says why a text cannot be a key.
    """

    trees: Trees
    env: EnvFile
    routes: tuple[OldRoute, ...]
    named: Collection[str]
    engine: EngineName
    wrong: Wrong
    findings: Findings


def routes_of(old_id: str, routes: Iterable[OldRoute]) -> tuple[OldRoute, ...]:
    """Return the routes that lead to this provider alone, and that we have words for."""
    return tuple(one for one in routes if one.providers == (old_id,) and not one.beyond)


def models(one: Candidate, old: Old) -> tuple[str, ...] | None:
    """Return the patterns of all its routes, None where it has the usual ones."""
    asked = old.env.values.get(f"{prefix(one.old_id)}_MODELS")
    found: list[str] = []
    routes = routes_of(one.old_id, old.routes)
    for route in routes:
        own = asked if route.name == one.old_id else None
        found += patterns(one.what, route.match, own, old.findings) or ()
    if routes:
        return tuple(dict.fromkeys(found))
    behind_others = any(one.old_id in route.providers for route in old.routes)
    return () if behind_others else patterns(one.what, None, asked, old.findings)


def model_map(one: Candidate, old: Old) -> dict[str, str]:
    """Return the mapping of whole names; others cannot be said in a spec."""
    mapping = entries(one.extras, "modelMapping")
    pairs = {name: str(target) for name, target in mapping.items() if target}
    for route in routes_of(one.old_id, old.routes):
        pairs |= route.model_map
    whole = {}
    for name, target in pairs.items():
        if re.search(MODEL.pattern, name) and re.search(MODEL.pattern, target):
            whole[name] = target
        else:
            why = "only whole model names are mapped"
            old.findings.drop(f"{one.what}: mapping of `{name}`", why)
    return whole
