"""How the list of providers reads."""

from aigw.cli.output import table
from aigw.cli.words.shared import named
from aigw.operations.provider_list import ProvidersListed


def providers_listed(listed: ProvidersListed, width: int | None) -> str:
    """Lay the providers out as a table."""
    if not listed.providers:
        adds = f"`aigw{named(listed.gateway)} config add --provider TYPE` adds one"
        return f"no providers yet; {adds}"
    return table(
        ("id", "type", "models", "keys", "endpoint"),
        [
            (
                one.id,
                f"{one.type} ({one.label})",
                ", ".join(one.models) or f"{one.id}/MODEL",
                ", ".join(one.keys) or "none",
                one.url,
            )
            for one in listed.providers
        ],
        width,
    )
