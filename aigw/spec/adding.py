"""The command that adds a provider, as a person can paste it."""

from collections.abc import Mapping, Sequence
from shlex import quote

from aigw.catalog.options import OptionValue, as_text

READ_KEY = 'printf %s "$KEY" | '


def adding(
    *,
    type_id: str,
    provider_id: str,
    url: str = "",
    options: Mapping[str, OptionValue] | None = None,
    models: Sequence[str] = (),
) -> str:
    """Return `aigw config add ...` without a key; it also changes such a provider."""
    words = ["aigw config add --provider", type_id]
    words += ["--id", provider_id] if provider_id != type_id else []
    words += ["--url", quote(url)] if url else []
    for name, value in (options or {}).items():
        words += ["--set", quote(f"{name}={as_text(value)}")]
    words += ["--models", quote(",".join(models))] if models else []
    return " ".join(words)
