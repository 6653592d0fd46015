"""The logs of a gateway, running or not."""

from collections.abc import Iterator
from datetime import tzinfo
from pathlib import Path

from aigw.accesslog.line import line
from aigw.accesslog.request import request
from aigw.operations.world import World
from aigw.state.following import follow, tail


def last_lines(world: World, gateway: str, *, engine: bool, count: int) -> list[str]:
    """Return the last lines of the access log, or of the engine's own log."""
    return tail(_log(world, gateway, engine=engine), count)


def growing_lines(world: World, gateway: str, *, engine: bool, count: int) -> Iterator[str]:
    """Yield the last lines and then every new one, without end."""
    log = _log(world, gateway, engine=engine)
    return follow(log, last=count, stop=lambda: False)


def readable(text: str, zone: tzinfo) -> str:
    """Return a line of the access log as people read it; another line stays as it is."""
    read = request(text)
    return line(read, zone) if read else text


def _log(world: World, gateway: str, *, engine: bool) -> Path:
    paths = world.home.existing(gateway)
    return paths.envoy_log if engine else paths.access_log
