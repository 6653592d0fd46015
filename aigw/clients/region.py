"""Where in the world this machine is, by its time zone; and which host is nearest."""

import socket
from collections.abc import Callable, Mapping, Sequence
from enum import StrEnum
from functools import partial
from urllib.parse import urlsplit

from aigw.clients.racing import finished

_HTTPS = 443
_RACE_SECONDS = 1.5


class Region(StrEnum):
    """Which part of the world: `world` is all that is none of the others."""

    CHINA = "china"
    ASIA = "asia"
    AMERICA = "america"
    WORLD = "world"


# Zones and their links of the tz database: asia, backward, northamerica, southamerica.
_CHINA = frozenset(
    {
        "Asia/Shanghai",
        "Asia/Beijing",
        "Asia/Chongqing",
        "Asia/Chungking",
        "Asia/Harbin",
        "Asia/Urumqi",
        "Asia/Kashgar",
        "PRC",
        "Asia/Hong_Kong",
        "Hongkong",
        "Asia/Macau",
        "Asia/Macao",
        "Asia/Taipei",
        "ROC",
    }
)
_ASIA = frozenset(
    {
        "Asia/Bangkok",
        "Asia/Brunei",
        "Asia/Dili",
        "Asia/Ho_Chi_Minh",
        "Asia/Jakarta",
        "Asia/Jayapura",
        "Asia/Kuala_Lumpur",
        "Asia/Kuching",
        "Asia/Makassar",
        "Asia/Manila",
        "Asia/Phnom_Penh",
        "Asia/Pontianak",
        "Asia/Rangoon",
        "Asia/Saigon",
        "Asia/Singapore",
        "Asia/Ujung_Pandang",
        "Asia/Vientiane",
        "Asia/Yangon",
        "Singapore",
    }
)
_AMERICA = frozenset(
    {
        "Atlantic/Bermuda",
        "Atlantic/Stanley",
        "Chile/Continental",
        "Chile/EasterIsland",
        "Cuba",
        "EST",
        "EST5EDT",
        "CST6CDT",
        "HST",
        "Jamaica",
        "MST",
        "MST7MDT",
        "Navajo",
        "PST8PDT",
        "Pacific/Easter",
        "Pacific/Galapagos",
        "Pacific/Honolulu",
        "Pacific/Johnston",
    }
)
_AMERICAN = ("America/", "Brazil/", "Canada/", "Mexico/", "US/")
_POSIX_CHINA = "CST-8"  # how Chinese machines without the tz database have it
_FOLDERS = ("posix/", "right/")


def region(zone: str) -> Region:
    """Return the region of a time zone's name; an empty or unknown one is `world`."""
    name = zone.lstrip(":")
    for folder in _FOLDERS:
        name = name.removeprefix(folder)
    if name in _CHINA or name == _POSIX_CHINA:
        return Region.CHINA
    if name in _ASIA:
        return Region.ASIA
    return Region.AMERICA if name in _AMERICA or name.startswith(_AMERICAN) else Region.WORLD


def local_zone(environ: Mapping[str, str]) -> str:
    """Return the name of this machine's time zone; empty when it does not say, or contradicts."""
    if environ.get("TZ") == _POSIX_CHINA:
        return _POSIX_CHINA
    import logging  # late, as the next: only a pull needs them
    from zoneinfo import ZoneInfoNotFoundError

    import tzlocal

    # Without a handler Python prints its warnings.
    logging.getLogger("tzlocal").addHandler(logging.NullHandler())
    try:
        return tzlocal.get_localzone_name() or ""
    except (ZoneInfoNotFoundError, OSError, ValueError):
        return ""


def nearest(
    hosts: Sequence[str],
    *,
    seconds: float = _RACE_SECONDS,
    reached: Callable[[str, float], bool] | None = None,
) -> tuple[str, ...]:
    """Put the hosts that answer in front, the quickest first; the others follow in their order.

    `reached` says whether one answers within so many seconds.
    """
    reach = reached or reachable

    def answers(host: str) -> str:
        return host if reach(host, seconds) else ""

    tasks = [partial(answers, host) for host in hosts]
    answered = tuple(host for host in finished(tasks, seconds=seconds) if host)
    return (*answered, *(host for host in hosts if host not in answered))


def reachable(host: str, seconds: float) -> bool:
    """Say whether somebody listens at a host (`name`, or `name:port`) within so many seconds."""
    try:
        _connect(host, seconds)
    except (OSError, ValueError):
        return False
    return True


def _connect(host: str, seconds: float) -> None:
    parts = urlsplit(f"//{host}")
    address = (parts.hostname or host, parts.port or _HTTPS)
    socket.create_connection(address, timeout=seconds).close()
