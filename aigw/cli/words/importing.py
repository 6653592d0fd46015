"""How results of `import` read."""

from collections.abc import Iterable, Iterator, Sequence

from aigw.cli.words.shared import count, named, told
from aigw.operations.importing import ALREADY, PLANNED, Imported
from aigw.operations.importing_undo import Undone
from aigw.spec.legacy_providers import NO_KEY
from aigw.spec.legacy_report import Finding

PROVIDER = "provider "


def imported(result: Imported) -> str:
    """Say what is taken over and what is not, then what is to be done next."""
    found = (told(line, result.gateway) for line in _found(result))
    return "\n".join((_head(result), *found, *_next(result)))


def undone(result: Undone) -> str:
    """Say what is as before."""
    lines = [f"`{result.source}` is as it was before the import"]
    if result.container:
        again = "runs again" if result.running else "is back; it does not run, as before"
        lines.append(f"container {result.container} {again}")
    lines += (
        f"gateway {result.gateway} was changed since and is kept: {one}" for one in result.left
    )
    return "\n".join(lines)


def _head(result: Imported) -> str:
    match result.state:
        case state if state == PLANNED:
            return f"`{result.source}` would become gateway {result.gateway}"
        case state if state == ALREADY:
            return f"gateway {result.gateway} is `{result.source}` already; nothing to do"
        case _:
            return f"`{result.source}` is gateway {result.gateway} now"


def _found(result: Imported) -> Iterator[str]:
    yield f"taken: {', '.join(result.taken) or 'no provider'}; {count(result.rules, 'rule')}"
    for one in result.corrected:
        yield f"corrected: {one['what']}: {one['was']} -> {one['is']} ({one['why']})"
    yield from _dropped(result.dropped)
    yield from _listed("refused", result.refused)
    yield from _listed("kept", result.kept)


def _dropped(findings: Sequence[Finding]) -> Iterator[str]:
    """Name the providers without a key on one line: the script wrote up to 18 of them."""
    idle = [one.what.removeprefix(PROVIDER) for one in findings if one.why == NO_KEY]
    if idle:
        yield f"dropped: {', '.join(idle)} (never had a key, only the script's placeholder)"
    yield from _listed("dropped", [one for one in findings if one.why != NO_KEY])


def _listed(verb: str, findings: Iterable[Finding]) -> Iterator[str]:
    for one in findings:
        yield f"{verb}: {one.what} ({one.why})"


def _next(result: Imported) -> Iterator[str]:
    about = named(result.gateway)
    if result.state == PLANNED:
        if result.container:
            yield f"container {result.container} would be stopped and renamed"
        return
    if result.aside:
        yield (
            f"the old container is kept as {result.aside}, with keys in its environment: "
            f"`docker rm {result.aside}` when all is well"
        )
    if result.started:
        yield f"it runs, where the old one did: {result.url}"
    else:
        yield f"start it: aigw{about} start"
    yield f"take it back: aigw{about} import {result.source} --undo"
