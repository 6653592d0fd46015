"""How results of the `config` commands read."""

from aigw.cli.words.shared import effect
from aigw.operations.providers import ProviderChanged


def provider_added(added: ProviderChanged) -> str:
    """Say what was added or changed, and whether it is in use."""
    provider = added.provider
    verb = "added" if added.created else "changed"
    keys = f" ({', '.join(provider.keys)})" if provider.keys else ""
    models = ", ".join(provider.models) or f"{provider.id}/MODEL"
    return "\n".join(
        (f"{verb} provider {provider.id}{keys}; models {models}", effect(added.applied))
    )


def provider_removed(removed: ProviderChanged) -> str:
    """Say what is gone."""
    rules = removed.rules_removed
    with_rules = f" and the rules {', '.join(rules)}" if rules else ""
    return f"removed provider {removed.provider.id}{with_rules}\n{effect(removed.applied)}"


def key_removed(removed: ProviderChanged) -> str:
    """Say which keys are left."""
    left = ", ".join(removed.provider.keys)
    return f"removed one key of {removed.provider.id}; left are {left}\n{effect(removed.applied)}"
