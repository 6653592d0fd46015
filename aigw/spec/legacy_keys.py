"""Keys of an old installation: real ones and placeholders, in the store and in `default.cfg`."""

import re
from collections.abc import Callable, Iterable, Mapping

from aigw.spec.legacy_env import EnvFile
from aigw.spec.legacy_report import Findings
from aigw.spec.secret import Secret

PLACEHOLDER = re.compile(r"YOUR_[A-Z0-9_]+")
DASHSCOPE = "aliyun"
TEMPLATE_IDS = (
    *("aliyun", "deepseek", "moonshot", "zhipuai", "minimax", "azure", "bedrock", "vertex"),
    *("openai", "openrouter", "yi", "ai360", "baichuan", "baidu", "claude", "cloudflare"),
    *("cohere", "deepl", "dify", "doubao", "fireworks", "github", "gemini", "grok", "groq"),
    *("mistral", "ollama", "spark", "stepfun", "hunyuan", "togetherai"),
)
"""The providers that the script's template knows (T:104-319), in its order."""

CREDENTIALS = {
    "bedrock": ("BEDROCK_ACCESS_KEY", "BEDROCK_SECRET_KEY"),
    "hunyuan": ("HUNYUAN_AUTH_ID", "HUNYUAN_AUTH_KEY"),
    "vertex": ("VERTEX_AUTH_KEY",),
}
"""Variables of credentials that are no API key."""

SECRET_OPTIONS = (
    "awsAccessKey",
    "awsSecretKey",
    "hunyuanAuthId",
    "hunyuanAuthKey",
    "vertexAuthKey",
)

PLAIN = frozenset(
    {
        *("MODE", "CONFIG_TEMPLATE", "PLUGIN_REGISTRY", "CONSOLE_PORT"),
        *("GATEWAY_HTTP_PORT", "GATEWAY_HTTPS_PORT"),
        *("ENABLE_AUTO_ROUTING", "AUTO_ROUTING_DEFAULT_MODEL"),
    }
)
"""The other variables that the script writes."""

ONLY_WRITTEN = "the gateway does not have it: it never arrived there, or was removed since"

VARIABLE = re.compile(r"[A-Z][A-Z0-9_]*")

Wrong = Callable[[str], str]
"""Says why a text cannot be a key; empty when it can."""


def prefix(old_id: str) -> str:
    """Return what the variables of a provider begin with."""
    return "DASHSCOPE" if old_id == DASHSCOPE else old_id.upper().replace("-", "_")


def unknown(env: EnvFile) -> list[str]:
    """Return the variables that people wrote; a name of another form may be half a key."""
    return [name for name in env.values if VARIABLE.fullmatch(name) and not of_the_script(name)]


def of_the_script(name: str) -> bool:
    """Say whether the script writes a variable of that name."""
    return name in PLAIN or name.startswith(tuple(f"{prefix(one)}_" for one in TEMPLATE_IDS))


def is_placeholder(text: str) -> bool:
    """Say whether the script put this where a value was missing."""
    return bool(PLACEHOLDER.search(text))


def listed(text: str) -> tuple[str, ...]:
    """Split keys at commas, as the script's flags were documented."""
    return tuple(part.strip() for part in text.split(",") if part.strip())


def real(tokens: Iterable[str]) -> tuple[str, ...]:
    """Leave the placeholders out."""
    return tuple(token for token in tokens if not is_placeholder(token))


def keys_of(
    what: str,
    tokens: tuple[str, ...],
    env: EnvFile,
    variable: str,
    *,
    wrong: Wrong,
    findings: Findings,
) -> tuple[Secret, ...]:
    """Return the keys that run, else those of `default.cfg`, which never arrived."""
    running = tuple(key for token in real(tokens) for key in listed(token))
    if len(running) > len(real(tokens)):
        why = "`config add` had stored a list of keys as one"
        was, now = f"{len(real(tokens))} of them", f"{len(running)} keys"
        findings.correct(f"{what}: keys", was=was, now=now, why=why)
    written = real(listed(env.get(variable)))
    if not running and written:
        was = f"only in {variable}"
        findings.correct(f"{what}: key", was=was, now="taken", why=ONLY_WRITTEN)
    elif set(written) - set(running):
        why = "the gateway runs with another key; `aigw config add --append` adds this one"
        findings.drop(f"{what}: key in {variable}", why)
    elif written and set(running) - set(written):
        why = "it runs though default.cfg names it no more: the script replaced the first key only"
        findings.keep(f"{what}: {len(set(running) - set(written))} more of its keys", why)
    good = []
    for key in dict.fromkeys(running or written):
        if problem := wrong(key):
            findings.refuse(f"{what}: a key", f"it {problem}")
        else:
            good.append(Secret(key))
    return tuple(good)


def other_key(kind: str, extras: Mapping[str, object], env: EnvFile) -> str:
    """Return credentials that are no API key, as the Higress engine takes them; empty for none."""

    def found(option: str, variable: str) -> str:
        return next(iter(real((str(extras.get(option) or env.get(variable)),))), "")

    match kind:
        case "bedrock":
            identity = found("awsAccessKey", "BEDROCK_ACCESS_KEY")
            secret = found("awsSecretKey", "BEDROCK_SECRET_KEY")
            return f"{identity}:{secret}" if identity and secret else ""
        case "vertex":
            return found("vertexAuthKey", "VERTEX_AUTH_KEY")
        case _:
            return ""


def moved(env: EnvFile, variable: str, keys: Iterable[Secret]) -> tuple[str, ...]:
    """Return the variable, if all it holds is kept elsewhere now."""
    written = listed(env.get(variable))
    here = all(Secret(key) in set(keys) for key in written)
    return (variable,) if written and here else ()
