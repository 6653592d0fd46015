"""How the status of gateways reads."""

from aigw.cli.output import table
from aigw.cli.words.shared import about, count, named, told
from aigw.errors import SpecInvalid
from aigw.operations.status import GatewaysListed, ProviderStatus, Status

NOTES = ("out_of_sync", "key_missing", "drift", "store_broken", "store_copy", "fallback_unused")
"""Problems of files and this shell, not of what runs."""

DRIFTED = "as gateway.yaml says, but for changes by hand"
MINUTE, HOUR, DAY = 60, 3600, 86400


def status(result: Status, width: int | None) -> str:
    """Say what runs and what is wrong."""
    lines = [
        f"gateway {result.gateway}: {result.state}",
        f"url: {result.url or 'not known'}",
        f"engine: {result.engine}",
        f"data folder: {result.data_folder}",
    ]
    if result.console_url is not None:
        lines.append(f"console: {result.console_url}")
    if result.pid is not None:
        lines.append(f"process: {result.pid}")
    if result.container is not None:
        lines.append(f"container: {result.container}")
    if result.uptime_seconds is not None:
        lines.append(f"up for: {duration(result.uptime_seconds)}")
    if result.generation is not None:
        sync = "as gateway.yaml says" if result.in_sync else _out_of_sync(result)
        lines.append(f"generation: {result.generation} ({sync})")
    if _broken(result) and result.providers:
        lines.append("as applied last:")
    if not _broken(result) or result.providers:
        lines += [_auto_routing(result), _providers(result, width)]
    for problem in result.problems:
        kind = "note" if problem.code in NOTES else "problem"
        lines.append(f"{kind}: {told(problem.message, result.gateway)}")
        lines += [f"  hint: {about(problem.hint, result.gateway)}"] if problem.hint else []
    return "\n".join(lines)


def gateways(result: GatewaysListed, width: int | None) -> str:
    """Lay the gateways out as a table."""
    rows = [(one.name, one.state, one.engine, one.url, one.data_folder) for one in result.gateways]
    heads = ("name", "state", "engine", "url", "data folder")
    return table(heads, rows, width) or "no gateways yet; `aigw start` makes one"


def duration(seconds: int) -> str:
    """Say how long something lasts, in its two largest units."""
    for size, large, small, part in ((DAY, "d", "h", HOUR), (HOUR, "h", "m", MINUTE)):
        if seconds >= size:
            return f"{seconds // size}{large} {seconds % size // part}{small}"
    return f"{seconds // MINUTE}m {seconds % MINUTE}s" if seconds >= MINUTE else f"{seconds}s"


def _broken(result: Status) -> bool:
    return any(problem.code == SpecInvalid.code for problem in result.problems)


def _out_of_sync(result: Status) -> str:
    """Say why it is not in sync, as far as that is known."""
    found = {one.code for one in result.problems}
    if _broken(result) or "key_missing" in found:
        return "it cannot be compared with gateway.yaml"
    return "not what gateway.yaml says" if "out_of_sync" in found else DRIFTED


def _auto_routing(result: Status) -> str:
    auto = result.auto_routing
    if not auto.enabled:
        return "auto-routing: off"
    return f"auto-routing: {count(auto.rules, 'rule')}, else {auto.default_model}"


def _providers(result: Status, width: int | None) -> str:
    if not result.providers:
        return f"providers: none; `aigw{named(result.gateway)} config add --provider TYPE` adds one"
    return table(
        ("provider", "type", "models", "keys", "state"),
        [
            (
                one.id,
                one.type,
                ", ".join(one.models),
                ", ".join(one.keys),
                told(_state(one, result), result.gateway),
            )
            for one in result.providers
        ],
        width,
    )


def _state(one: ProviderStatus, result: Status) -> str:
    """Say how a provider is; why that is so, unless a problem below says it."""
    said = any(one.detail in problem.message for problem in result.problems)
    return one.state if said or not one.detail else f"{one.state} ({one.detail})"
