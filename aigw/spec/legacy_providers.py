"""Providers of an old installation as providers of ours."""

import re
from collections.abc import Container, Iterator, Mapping

from msgspec import Struct
from msgspec.structs import replace

from aigw import catalog
from aigw.catalog.provider_type import ProviderType
from aigw.errors import SpecInvalid
from aigw.spec.contradictions import unusable
from aigw.spec.forms import ID
from aigw.spec.gateway import EngineName, GatewaySpec
from aigw.spec.legacy_candidates import CLAUDE_CODE, Candidate, candidates
from aigw.spec.legacy_keys import (
    CREDENTIALS,
    SECRET_OPTIONS,
    is_placeholder,
    keys_of,
    moved,
    other_key,
    prefix,
    real,
)
from aigw.spec.legacy_models import Old, model_map, models
from aigw.spec.legacy_options import azure_url, custom_url, options
from aigw.spec.legacy_store import old_providers, registry_hosts
from aigw.spec.provider import ModelPattern, Provider
from aigw.spec.reading import parse
from aigw.spec.secret import Secret, Stored
from aigw.spec.writing import to_tree

NO_KEY = "it has no key, only the placeholder that the script wrote for every provider"
DIFY, DIFY_URL, DIFY_CLOUD = "dify", "difyApiUrl", "api.dify.ai"


class Taken(Struct, frozen=True, kw_only=True):
    """A provider that is taken, its keys, and the variables that are not needed any more."""

    old_id: str
    provider: Provider
    keys: tuple[Secret, ...]
    moved: tuple[str, ...]


def taken_providers(old: Old) -> tuple[Taken, ...]:
    """Take what can be taken, and say of the rest why not."""
    hosts = registry_hosts(old.trees)
    found: list[Taken] = []
    for one in candidates(old_providers(old.trees), old.env, old.findings):
        ids = {other.provider.id for other in found}
        wanted = replace(one, id=_free_id(one, old, ids), extras=_filled(one, old, hosts))
        took = _take(wanted, old)
        if took is not None:
            found.append(took)
    return tuple(found)


def _free_id(one: Candidate, old: Old, taken: set[str]) -> str:
    """Return the type's own id where it is free; the old one where files that are kept name it."""
    plain = re.sub(r"[^a-z0-9-]+", "-", one.old_id.lower()).strip("-")[: ID.longest] or "provider"
    named = one.old_id in old.named and one.type != CLAUDE_CODE
    wished = one.id if re.search(ID.pattern, one.id) and not named else plain
    names = (wished, plain, *(f"{plain[:36]}-{number}" for number in range(2, 1000)))
    return next(name for name in names if name not in taken)


def _filled(one: Candidate, old: Old, hosts: Mapping[str, str]) -> Mapping[str, object]:
    """Add the address of a Dify of one's own, which the template forgot (T:241-252)."""
    host = hosts.get(one.old_id, "")
    stored = {other.id: other.extras for other in old_providers(old.trees)}.get(one.old_id, {})
    if one.type != DIFY or DIFY_URL in stored or host in {"", DIFY_CLOUD}:
        return one.extras
    url = one.extras.get(DIFY_URL) or f"https://{host}/v1"
    why = f"requests went to your host under the name of {DIFY_CLOUD}"
    old.findings.correct(f"{one.what}: {DIFY_URL}", was="none", now=str(url), why=why)
    return {**one.extras, DIFY_URL: url}


def _take(one: Candidate, old: Old) -> Taken | None:
    ptype = catalog.find(one.type)
    if ptype is None:
        old.findings.refuse(one.what, f"`{one.type}` is no provider type")
        return None
    reason = NO_KEY if _is_placeholder(one, old, ptype) else unusable(ptype, old.engine)
    if reason:
        old.findings.drop(one.what, reason)
        return None
    keys = keys_of(
        one.what, one.tokens, old.env, one.variable, wrong=old.wrong, findings=old.findings
    )
    gone = moved(old.env, one.variable, keys)
    if not keys and old.engine is EngineName.HIGRESS and (other := _other_key(one, old)):
        keys, gone = (other,), _holding(one, old)
        one = replace(one, extras=_without(one.extras, SECRET_OPTIONS))
    if not keys and ptype.key_required:
        words = f"it has no key that can be used{_instead(one, old, ptype)}"
        old.findings.refuse(one.what, words)
        return None
    provider = _provider(one, ptype, old, has_keys=bool(keys))
    problems = tuple(_problems(provider, old.engine))
    if problems:
        old.findings.refuse(one.what, "; ".join(problems))
        return None
    return Taken(old_id=one.old_id, provider=provider, keys=keys, moved=gone)


def _other_key(one: Candidate, old: Old) -> Secret | None:
    text = other_key(one.type, one.extras, old.env)
    if not text or old.wrong(text):
        return None
    why = "the script's template never gave such credentials to the gateway"
    old.findings.correct(f"{one.what}: credentials", was="none", now="taken", why=why)
    return Secret(text)


def _holding(one: Candidate, old: Old) -> tuple[str, ...]:
    """Return the variables that hold such credentials, and nothing that is not taken."""
    names = (*CREDENTIALS.get(one.old_id, ()), f"{prefix(one.old_id)}_EXTRA_CONFIGS")
    return tuple(name for name in names if old.env.get(name))


def _without(extras: Mapping[str, object], names: Container[str]) -> Mapping[str, object]:
    return {name: value for name, value in extras.items() if name not in names}


def _is_placeholder(one: Candidate, old: Old, ptype: ProviderType) -> bool:
    """Say whether nobody ever gave the provider a key, or an address where that is what counts."""
    if one.type == "ollama":
        return is_placeholder(str(one.extras.get("ollamaServerHost") or "YOUR_HOST"))
    others = [old.env.get(name) for name in CREDENTIALS.get(one.old_id, ())]
    others += [str(one.extras.get(name) or "") for name in SECRET_OPTIONS]
    keys = real((*one.tokens, old.env.get(one.variable)))
    return ptype.key_required and not any((*keys, *others))


def _instead(one: Candidate, old: Old, ptype: ProviderType) -> str:
    there = [name for name in CREDENTIALS.get(one.old_id, ()) if old.env.get(name)]
    named = f"; {' and '.join(there)} stay in default.cfg" if there else ""
    return f": {ptype.instead}{named}" if ptype.instead else named


def _provider(one: Candidate, ptype: ProviderType, old: Old, *, has_keys: bool) -> Provider:
    given = options(one.what, ptype, one.extras, old.findings)
    texts = models(one, old)
    return Provider(
        id=one.id,
        type=ptype.id,
        models=tuple(map(ModelPattern, texts or ())),
        patterns_given=texts is not None,
        keys=(Stored(),) if has_keys else (),
        url=custom_url(one.what, one.extras, old.findings) or azure_url(ptype, given),
        model_map=model_map(one, old),
        options=given,
    )


def _problems(provider: Provider, engine: EngineName) -> Iterator[str]:
    """Yield what is wrong with a spec that has this provider only."""
    alone = GatewaySpec(engine=engine, providers=(provider,))
    try:
        parse(to_tree(alone, defaults=False), source="the provider")
    except SpecInvalid as error:
        for problem in error.problems:
            yield f"{problem.path.removeprefix('providers[0].')}: {problem.message}"
