"""The logs of a gateway, running or not."""

from collections.abc import Iterator
from datetime import tzinfo
from pathlib import Path

from aigw.accesslog.line import line
from aigw.accesslog.request import request
from aigw.operations.world import World
from aigw.state.following import follow, tail

HEALTH = "/health"
MORE = 10
"""Times as many lines are read as are shown: commands of ours ask for health, too."""


def last_lines(world: World, gateway: str, *, engine: bool, count: int) -> list[str]:
    """Return the last lines of the access log, or of the engine's own log, word for word."""
    return tail(_log(world, gateway, engine=engine), count)


def growing_lines(world: World, gateway: str, *, engine: bool, count: int) -> Iterator[str]:
    """Yield the last lines and then every new one, without end."""
    return follow(_log(world, gateway, engine=engine), last=count, stop=lambda: False)


def last_requests(world: World, gateway: str, *, count: int, zone: tzinfo) -> list[str]:
    """Return the last requests as people read them, without those for health."""
    read = tail(_log(world, gateway, engine=False), count * MORE)
    return [text for one in read if (text := _readable(one, zone))][-count:]


def growing_requests(world: World, gateway: str, *, count: int, zone: tzinfo) -> Iterator[str]:
    """Yield the last requests as people read them, and then every new one, without end."""
    for text in growing_lines(world, gateway, engine=False, count=count):
        if shown := _readable(text, zone):
            yield shown


def _readable(text: str, zone: tzinfo) -> str:
    """Return a request as people read it, empty for one for health; another line as it is."""
    read = request(text)
    if read is None:
        return text
    return "" if read.path == HEALTH else line(read, zone)


def _log(world: World, gateway: str, *, engine: bool) -> Path:
    paths = world.home.existing(gateway)
    return paths.envoy_log if engine else paths.access_log
