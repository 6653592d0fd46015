"""How results of the `config` commands read."""

from aigw.cli.words.shared import as_before, effect
from aigw.operations.providers import ProviderChanged


def provider_added(added: ProviderChanged) -> str:
    """Say what was added or changed, and whether it is in use."""
    provider = added.provider
    if not added.changed:
        return as_before(f"provider {provider.id} is as asked already", added)
    verb = "added" if added.created else "changed"
    keys = f" ({', '.join(provider.keys)})" if provider.keys else ""
    models = ", ".join(provider.models) or f"{provider.id}/MODEL"
    return "\n".join((f"{verb} provider {provider.id}{keys}; models {models}", effect(added)))


def provider_removed(removed: ProviderChanged) -> str:
    """Say what is gone."""
    gone = [f"provider {removed.provider.id}", *(f"rule {name}" for name in removed.rules_removed)]
    if removed.default_removed:
        gone.append(f"the default model {removed.default_removed}; auto-routing is off")
    return f"removed {', '.join(gone)}\n{effect(removed)}"


def key_removed(removed: ProviderChanged) -> str:
    """Say which keys are left."""
    keys = removed.provider.keys
    left = f"left are {', '.join(keys)}" if keys else "none is left, and it needs none"
    return f"removed one key of {removed.provider.id}; {left}\n{effect(removed)}"
