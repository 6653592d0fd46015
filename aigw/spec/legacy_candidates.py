"""Every provider that an old installation speaks of, before it is known whether it can be taken."""

from collections.abc import Iterator, Mapping

from msgspec.structs import replace

from aigw import catalog
from aigw.catalog.provider_type import ProviderType
from aigw.spec.legacy_env import EnvFile, extra_configs
from aigw.spec.legacy_keys import CREDENTIALS, TEMPLATE_IDS, prefix, real
from aigw.spec.legacy_report import Findings
from aigw.spec.legacy_store import OldProvider
from aigw.spec.legacy_trees import on
from aigw.spec.secret import Unshown

CLAUDE, CLAUDE_CODE = "claude", "claude-code"
CODE_MODE, CODE_KEY = "claudeCodeMode", "CLAUDE_CODE_API_KEY"
UNKNOWN_TO_AI_PROXY = {"togetherai": "together-ai"}


class Candidate(Unshown, frozen=True, kw_only=True):
    """A provider to be taken: `old_id` names its route, `variable` its keys in `default.cfg`.

    `tokens` and `extras` are those of the store, and hold keys.
    """

    old_id: str
    id: str
    type: str
    variable: str
    stored: bool
    tokens: tuple[str, ...]
    extras: Mapping[str, object]

    @property
    def what(self) -> str:
        """What a report calls it."""
        return f"provider {self.old_id}"


def candidates(
    stored: tuple[OldProvider, ...], env: EnvFile, findings: Findings
) -> Iterator[Candidate]:
    """Yield those of the store in its order, then those that only `default.cfg` knows."""
    known = {one.id for one in stored}
    only_written = [name for name in TEMPLATE_IDS if name not in known and _is_written(name, env)]
    unknown = (OldProvider(id=name, type=name, tokens=(), extras={}) for name in only_written)
    for old in (*stored, *unknown):
        one = _candidate(old, env, stored=old.id in known, findings=findings)
        yield from _claudes(one, env, findings) if one.type == CLAUDE else (one,)


def _is_written(name: str, env: EnvFile) -> bool:
    start = prefix(name)
    keys = [f"{start}_API_KEY", *CREDENTIALS.get(name, ())]
    if name == CLAUDE:
        keys.append(CODE_KEY)
    if name == "ollama":
        keys.append("OLLAMA_SERVER_HOST")
    return any(map(env.get, keys)) or "vertexAuthKey" in env.get(f"{start}_EXTRA_CONFIGS")


def _candidate(old: OldProvider, env: EnvFile, *, stored: bool, findings: Findings) -> Candidate:
    kind = _type_name(old, findings)
    ptype = catalog.find(kind)
    start = prefix(old.id)
    return Candidate(
        old_id=old.id,
        id=ptype.id if ptype and old.id in ptype.names() else old.id,
        type=ptype.id if ptype else kind,
        variable=f"{start}_API_KEY",
        stored=stored,
        tokens=old.tokens,
        extras={
            **(_variables(ptype, start, env) if ptype else {}),
            **extra_configs(env.get(f"{start}_EXTRA_CONFIGS")),
            **old.extras,
        },
    )


def _type_name(old: OldProvider, findings: Findings) -> str:
    if not old.type:
        why = "`config add` had written it without a type, which took down every provider"
        findings.correct(f"provider {old.id}: type", was="none", now=old.id, why=why)
        return old.id
    if old.type in UNKNOWN_TO_AI_PROXY and old.id in old.type:
        now = UNKNOWN_TO_AI_PROXY[old.type]
        why = "ai-proxy knows no such type and refused every provider"
        findings.correct(f"provider {old.id}: type", was=old.type, now=now, why=why)
    return old.type


def _variables(ptype: ProviderType, start: str, env: EnvFile) -> dict[str, str]:
    """Return the options that stand in variables of their own, such as DIFY_API_URL."""
    return {
        option.name: env.get(variable)
        for option in ptype.options
        for variable in option.variables
        if variable.startswith(start) and env.get(variable)
    }


def _claudes(one: Candidate, env: EnvFile, findings: Findings) -> Iterator[Candidate]:
    """Yield Claude, and Claude Code where its mode is on: two providers, each with its own key."""
    extras = {name: value for name, value in one.extras.items() if name != CODE_MODE}
    plain = replace(one, extras=extras)
    token = env.get(CODE_KEY)
    if not token and not on(one.extras.get(CODE_MODE)):
        yield plain
        return
    keys = real((*one.tokens, env.get(one.variable)))
    code = replace(plain, id=CLAUDE_CODE, type=CLAUDE_CODE)
    if not token:
        yield code if any(keys) else plain
        return
    if any(keys):
        yield plain
    was = "a Claude API key" if any(keys) else "a placeholder"
    why = "the script never used the Claude Code token, only its mode"
    findings.correct("provider claude: Claude Code mode", was=was, now=CLAUDE_CODE, why=why)
    yield replace(code, tokens=(token,), variable=CODE_KEY)
