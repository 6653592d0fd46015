"""How types of provider read."""

import re

from aigw.catalog.target import PLACEHOLDER
from aigw.cli.output import table
from aigw.operations.catalogue import OptionShown, TypeShown, TypesListed


def types_listed(listed: TypesListed, width: int | None) -> str:
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
        width,
    )


def type_described(listed: TypesListed) -> str:
    """Describe one type."""
    (one,) = listed.providers
    lines = [
        f"{one.id}: {one.label}",
        *_line("also called", one.aliases),
        *_line("key from", one.key_variables),
        *(() if one.key_required else ("works without a key",)),
        *_line("models", one.models),
        *_line("serves", one.apis),
        *_line("endpoint", (_filled(one) or "the one you give with --url",)),
        *_line("cannot run", (one.unusable,)),
        *_line("instead", (one.instead,)),
        *_line("warning", (one.warning,)),
        *(f"note: {note}" for note in one.notes),
    ]
    return "\n".join((*lines, *_options(one)))


def _line(head: str, values: tuple[str, ...]) -> list[str]:
    text = ", ".join(value for value in values if value)
    return [f"{head}: {text}"] if text else []


def _filled(one: TypeShown) -> str:
    """Return the endpoint with the defaults of its options; what has none is named."""
    defaults = {option.name: option.default for option in one.options}

    def value(found: re.Match[str]) -> str:
        default = defaults.get(found[1])
        return f"<{found[1]}>" if default is None else str(default)

    return PLACEHOLDER.sub(value, one.url)


def _options(one: TypeShown) -> list[str]:
    return ["options (--set NAME=VALUE):", *map(_option, one.options)] if one.options else []


def _option(option: OptionShown) -> str:
    about = [option.kind]
    if option.required:
        about.append("required")
    if option.default is not None:
        switch = isinstance(option.default, bool)
        about.append(f"default {str(option.default).lower() if switch else option.default}")
    if option.choices:
        about.append(f"one of {', '.join(option.choices)}")
    if "envoy" not in option.engines and option.engines:
        about.append("without effect on the embedded engine")
    return f"  {option.name} ({'; '.join(about)}): {option.help}"
