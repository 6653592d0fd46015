import os
import subprocess
import sys
import threading
from zoneinfo import available_timezones

import pytest

from aigw.clients.region import Region, nearest, reachable, region
from tests.unit.clients.engines import tcp_engine
from tests.world import ROOT


@pytest.mark.parametrize(
    ("zones", "where"),
    [
        (
            "Asia/Shanghai Asia/Chongqing Asia/Chungking Asia/Harbin Asia/Urumqi Asia/Kashgar"
            " Asia/Hong_Kong Hongkong Asia/Macau Asia/Macao Asia/Taipei PRC ROC CST-8"
            " :Asia/Shanghai posix/Asia/Shanghai right/PRC",
            Region.CHINA,
        ),
        (
            "Asia/Singapore Singapore Asia/Bangkok Asia/Jakarta Asia/Kuala_Lumpur Asia/Manila"
            " Asia/Ho_Chi_Minh Asia/Saigon Asia/Yangon Asia/Phnom_Penh Asia/Vientiane Asia/Brunei"
            " Asia/Dili Asia/Makassar",
            Region.ASIA,
        ),
        (
            "America/New_York America/Sao_Paulo America/Argentina/Buenos_Aires US/Pacific"
            " Canada/Atlantic Brazil/East Mexico/General Chile/Continental EST5EDT Navajo Cuba"
            " Jamaica Pacific/Honolulu",
            Region.AMERICA,
        ),
        (
            "Europe/Berlin Asia/Tokyo Asia/Kolkata Asia/Seoul Australia/Sydney Africa/Lagos UTC"
            " Etc/GMT+8 Antarctica/Casey Pacific/Auckland Atlantic/Reykjavik Asia/Dubai",
            Region.WORLD,
        ),
    ],
    ids=["china", "asia", "america", "world"],
)
def test_a_time_zone_tells_the_region(zones: str, where: Region) -> None:
    assert {zone: region(zone) for zone in zones.split()} == dict.fromkeys(zones.split(), where)


@pytest.mark.parametrize("zone", ["", "nonsense", "America", "local", "../../etc/passwd"])
def test_what_is_no_time_zone_is_somewhere_in_the_world(zone: str) -> None:
    assert region(zone) is Region.WORLD


def test_every_zone_that_means_china_is_one_whose_clock_agrees() -> None:
    known = {zone for zone in available_timezones() if region(zone) is Region.CHINA}
    assert known >= {"Asia/Shanghai", "Asia/Urumqi", "Asia/Hong_Kong", "Asia/Macau", "Asia/Taipei"}


def zone_under(text: str | None) -> str:
    """Ask a process that has that `TZ`: the library remembers what it said first."""
    kept = {name: value for name, value in os.environ.items() if name != "TZ"}
    ask = "import os; from aigw.clients.region import local_zone; print(local_zone(os.environ))"
    environ = kept if text is None else {**kept, "TZ": text}
    done = subprocess.run(
        [sys.executable, "-c", ask],
        env=environ,
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stderr == ""
    return done.stdout.strip()


@pytest.mark.parametrize(
    ("text", "zone"),
    [("Asia/Urumqi", "Asia/Urumqi"), (":Europe/Berlin", "Europe/Berlin"), ("CST-8", "CST-8")],
)
def test_the_variable_tells_the_zone(text: str, zone: str) -> None:
    assert zone_under(text) == zone


@pytest.mark.parametrize("text", ["nonsense", "", "<+08>-8", "/nowhere"])
def test_a_variable_that_says_nothing_leaves_it_to_the_machine(text: str) -> None:
    assert zone_under(text) == zone_under(None)


def test_the_quickest_host_is_the_nearest() -> None:
    second = threading.Event()

    def reached(host: str, seconds: float) -> bool:
        if host == "a":
            second.wait(seconds)
        if host == "b":
            second.set()
        return host != "c"

    assert nearest(["c", "a", "b"], seconds=5, reached=reached) == ("b", "a", "c")


def test_hosts_that_do_not_answer_in_time_keep_their_order() -> None:
    never = threading.Event()
    ranked = nearest(["a", "b"], seconds=0.1, reached=lambda *_: never.wait(600))
    assert ranked == ("a", "b")
    never.set()


def test_a_host_is_reached_where_somebody_listens() -> None:
    with tcp_engine() as port:
        assert reachable(f"127.0.0.1:{port}", 1)
    assert not reachable(f"127.0.0.1:{port}", 1)
    assert not any(reachable(host, 1) for host in ("host.invalid", "[", "x" * 300, "a:b"))
