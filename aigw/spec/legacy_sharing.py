"""Who of several providers has a model pattern that each of them had: as the old gateway had it."""

from collections.abc import Sequence

from msgspec.structs import replace

from aigw.spec.legacy_models import routes_of
from aigw.spec.legacy_patterns import CATCH_ALL
from aigw.spec.legacy_providers import Taken
from aigw.spec.legacy_report import Findings
from aigw.spec.legacy_store import OldRoute
from aigw.spec.provider import ModelPattern

EVERYTHING = ModelPattern(CATCH_ALL)


def shared(
    found: Sequence[Taken], routes: Sequence[OldRoute], findings: Findings
) -> tuple[Taken, ...]:
    """Leave each pattern with the provider whose route came first, which was its name's order."""
    owners: dict[ModelPattern, str] = {}
    settled = {}
    for one in sorted(found, key=lambda taken: _rank(taken, routes)):
        provider = one.provider
        lost = [pattern for pattern in provider.models if pattern in owners]
        for pattern in lost:
            why = f"{owners[pattern]} came first and had them all; `{provider.id}/MODEL` asks it"
            what = f"provider {one.old_id}: models"
            findings.correct(what, was=pattern.text, now="none", why=why)
        if lost:
            kept = tuple(pattern for pattern in provider.models if pattern not in lost)
            provider = replace(provider, models=kept, patterns_given=True)
        owners |= dict.fromkeys(provider.models, provider.id)
        settled[provider.id] = replace(one, provider=provider)
    _tell_stolen(tuple(settled.values()), routes, owners.get(EVERYTHING, ""), findings)
    return tuple(settled[one.provider.id] for one in found)


def _rank(one: Taken, routes: Sequence[OldRoute]) -> tuple[bool, str]:
    """Sort by the name of the first route; those that never had one come last."""
    names = [route.name for route in routes_of(one.old_id, routes)]
    return not names, min(names, default=one.provider.id)


def _tell_stolen(
    found: Sequence[Taken], routes: Sequence[OldRoute], catcher: str, findings: Findings
) -> None:
    """Say whose models a route for everything took, since it stood before them in the alphabet."""
    first = next((one for one in found if one.provider.id == catcher), None)
    own = routes_of(first.old_id, routes) if first is not None else ()
    if first is None or not any(route.match.header for route in own):
        return  # a route without any match comes last of all
    for one in found:
        behind = _rank(first, routes) < _rank(one, routes) and not _rank(one, routes)[0]
        if behind and one.provider.models:
            texts = ", ".join(pattern.text for pattern in one.provider.models)
            why = f"`*` of {catcher} stood before it in the alphabet and took its requests"
            what = f"provider {one.old_id}: models"
            findings.correct(what, was=f"served by {catcher}", now=texts, why=why)
