"""The command that gives a provider all that it needs, for one who did not."""

from collections.abc import Iterator, Mapping
from shlex import quote

from aigw.catalog.provider_type import ProviderType
from aigw.catalog.target import PLACEHOLDER
from aigw.operations.provider_edit import Meant, ProviderWanted
from aigw.spec.adding import READ_KEY, adding

URL, KEY, VALUE = "https://HOST/v1", "KEY", "VALUE"
"""What stands for a value that was not given, or is not to be shown."""


def completing(about: Meant, wanted: ProviderWanted) -> str:
    """Return a command that asks for the same as `wanted`, and for what its type needs besides.

    `start` has no flag for a URL and for some options: there it is followed by `config add`.
    """
    there, ptype = about.configured, about.type
    url = URL if ptype.needs_url and not (there and there.url) else ""
    url = wanted.url or url
    options = {**wanted.options, **dict.fromkeys(_missing(about, wanted), VALUE)}
    keyless = not (wanted.references or (there and there.keys))
    key = bool(wanted.secrets) or (ptype.key_required and keyless)
    if wanted.by_flags and not url and all(_flag(ptype, name) for name in options):
        return " ".join(("aigw start", *_flags(ptype, wanted, options, key=key)))
    command = adding(
        type_id=ptype.id, provider_id=about.id, url=url, options=options, models=wanted.models
    )
    command = " ".join((command, *_references(wanted)))
    command = f"{READ_KEY}{command} --key-stdin" if key else command
    return f"aigw start --non-interactive && {command}" if wanted.by_flags else command


def _missing(about: Meant, wanted: ProviderWanted) -> list[str]:
    """Name the options that are required, or without which there is no address."""
    ptype, there = about.type, about.configured
    needed = [option.name for option in ptype.options if option.required]
    if not (wanted.url or (there and there.url)):
        needed += PLACEHOLDER.findall(ptype.base_url)
    known = ptype.effective(there.options if there else {})
    return [
        name for name in dict.fromkeys(needed) if not (wanted.options.get(name) or name in known)
    ]


def _references(wanted: ProviderWanted) -> Iterator[str]:
    for reference in wanted.references:
        kind, _, where = str(reference).partition(":")
        yield f"--key-{kind} {quote(where)}"
    if wanted.append:
        yield "--append"


def _flags(
    ptype: ProviderType, wanted: ProviderWanted, options: Mapping[str, str], *, key: bool
) -> Iterator[str]:
    if key:
        yield f"{ptype.key_flags[0]} {KEY}"
    if wanted.models:
        yield f"{ptype.models_flags[0]} {quote(','.join(wanted.models))}"
    for name, value in options.items():
        option = ptype.option(name)
        switch = option is not None and option.kind == "boolean"
        yield _flag(ptype, name) if switch else f"{_flag(ptype, name)} {quote(value)}"


def _flag(ptype: ProviderType, name: str) -> str:
    option = ptype.option(name)
    return option.flags[0] if option and option.flags else ""
