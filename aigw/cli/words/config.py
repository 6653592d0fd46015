"""How results of the `config` commands read."""

from collections.abc import Iterable

from aigw.cli.output import table
from aigw.errors import Problem
from aigw.operations.catalogue import OptionShown, TypeShown, TypesListed
from aigw.operations.providers import ProviderChanged, ProvidersListed
from aigw.operations.specs import SpecChecked

NEXT_START = "the gateway does not run; `aigw start` starts it"


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


def effect(applied: bool) -> str:  # noqa: FBT001 - reads well where it is used
    """Say whether the running gateway has the change."""
    return "the running gateway uses it now" if applied else NEXT_START


def providers_listed(listed: ProvidersListed) -> str:
    """Lay the providers out as a table."""
    if not listed.providers:
        return "no providers yet; `aigw config add --provider TYPE` adds one"
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
    )


def spec_checked(checked: SpecChecked) -> str:
    """Say that a document can be used, and what is odd."""
    head = f"{checked.source} is fine: {checked.providers} providers, {checked.rules} rules"
    return "\n".join((head, *odd(checked.lints)))


def odd(lints: Iterable[Problem]) -> list[str]:
    """Say what is allowed but hardly meant."""
    return [f"note: {lint}" for lint in lints]


def types_listed(listed: TypesListed) -> str:
    """Lay the types out as a table."""
    return table(
        ("type", "name", "also called", "key from"),
        [
            (
                one.id,
                one.label if not one.unusable else f"{one.label} (not on the embedded engine)",
                ", ".join(one.aliases),
                ", ".join(one.key_variables),
            )
            for one in listed.providers
        ],
    )


def type_described(listed: TypesListed) -> str:
    """Describe one type."""
    (one,) = listed.providers
    lines = [
        f"{one.id}: {one.label}",
        *_line("also called", one.aliases),
        *_line("key from", one.key_variables),
        *_line("models", one.models),
        *_line("serves", one.apis),
        *_line("endpoint", (one.url or "the one you give with --url",)),
        *_line("cannot run", (one.unusable,)),
        *_line("instead", (one.instead,)),
        *_line("warning", (one.warning,)),
        *(f"note: {note}" for note in one.notes),
    ]
    return "\n".join((*lines, *_options(one)))


def _line(head: str, values: tuple[str, ...]) -> list[str]:
    text = ", ".join(value for value in values if value)
    return [f"{head}: {text}"] if text else []


def _options(one: TypeShown) -> list[str]:
    return ["options (--set NAME=VALUE):", *map(_option, one.options)] if one.options else []


def _option(option: OptionShown) -> str:
    about = [option.kind]
    if option.required:
        about.append("required")
    if option.default is not None:
        about.append(f"default {option.default}")
    if option.choices:
        about.append(f"one of {', '.join(option.choices)}")
    if "envoy" not in option.engines and option.engines:
        about.append("without effect on the embedded engine")
    return f"  {option.name} ({'; '.join(about)}): {option.help}"
