"""The logs of a gateway, running or not."""

from collections.abc import Iterable, Iterator
from contextlib import suppress
from datetime import tzinfo
from http import HTTPStatus
from math import ceil
from pathlib import Path

from aigw.accesslog.line import line
from aigw.accesslog.reader import as_json, read
from aigw.accesslog.request import Request
from aigw.engines.choice import kept
from aigw.errors import AigwError
from aigw.operations.world import World
from aigw.spec.gateway import EngineName
from aigw.spec.secret import hide
from aigw.state.document import load
from aigw.state.following import follow, tail
from aigw.state.paths import GatewayPaths
from aigw.state.secrets import KeyRing, load_credentials, resolve

HEALTH = "/health"
PROBED = "lua_response"
PARTS = ("apiserver", "controller", "pilot", "console", "gateway")
"""Of a Higress container those whose words help; `gateway` is its Envoy."""

MORE = 10
"""Times as many lines are read as before, until enough are requests of clients."""


def last_lines(world: World, gateway: str, *, engine: bool, count: int) -> list[str]:
    """Return the last lines of the access log as JSON, or of the engine's own logs without keys."""
    if engine:
        paths = world.home.existing(gateway)
        return list(_without_keys(world, paths, _own_words(paths, count)))
    return list(map(as_json, tail(_log(world, gateway, engine=False), count)))


def growing_lines(world: World, gateway: str, *, engine: bool, count: int) -> Iterator[str]:
    """Yield the last lines and then every new one, without end."""
    lines = follow(_log(world, gateway, engine=engine), last=count, stop=lambda: False)
    if engine:
        return _without_keys(world, world.home.existing(gateway), lines)
    return map(as_json, lines)


def last_requests(world: World, gateway: str, *, count: int, zone: tzinfo) -> list[str]:
    """Return the last requests as people read them, without those for health."""
    log, read = _log(world, gateway, engine=False), count
    while True:
        read *= MORE
        lines = tail(log, read)
        found = [text for one in lines if (text := _readable(one, zone))]
        if len(found) >= count or len(lines) < read:
            return found[-count:] if count else []


def growing_requests(world: World, gateway: str, *, count: int, zone: tzinfo) -> Iterator[str]:
    """Yield the last requests as people read them, and then every new one, without end."""
    for text in growing_lines(world, gateway, engine=False, count=count):
        if shown := _readable(text, zone):
            yield shown


def _readable(text: str, zone: tzinfo) -> str:
    """Return a request as people read it, empty for one for health; another line as it is."""
    found = read(text)
    if found is None:
        return text
    return "" if found.path == HEALTH or _is_probe(found) else line(found, zone)


def _is_probe(found: Request) -> bool:
    """Say whether it is a probe of ours, which a Higress gateway answers before it would leave."""
    answered = found.status == HTTPStatus.OK and found.attempts == 0
    return answered and found.method == "POST" and found.details == PROBED


def _own_words(paths: GatewayPaths, count: int) -> Iterator[str]:
    """Yield the end of the engine's own log; of one in several parts, a share of each."""
    if not _in_parts(paths):
        yield from tail(paths.envoy_log, count)
        return
    share = ceil(count / len(PARTS))
    for part in PARTS:
        if lines := tail(paths.part_logs / f"{part}.log", share):
            yield f"==> {part}"
            yield from lines


def _without_keys(world: World, paths: GatewayPaths, lines: Iterable[str]) -> Iterator[str]:
    """Cut keys out of what others wrote: a plugin may quote what it was given."""
    keys: KeyRing = {}
    with suppress(AigwError):
        keys = load_credentials(paths.credentials).keys
        keys = resolve(load(paths, rules=False), keys, world.environ)
    every = [key for several in keys.values() for key in several]
    return (hide(one, every) for one in lines)


def _in_parts(paths: GatewayPaths) -> bool:
    chosen = kept(paths)
    return chosen is not None and chosen.engine is EngineName.HIGRESS


def _log(world: World, gateway: str, *, engine: bool) -> Path:
    paths = world.home.existing(gateway)
    if not _in_parts(paths):
        return paths.envoy_log if engine else paths.access_log
    return paths.part_logs / "gateway.log" if engine else paths.higress_log
