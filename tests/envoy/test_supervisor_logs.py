"""Logs are rotated by size, and no line of the access log is lost by it."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from aigw.clients import process
from aigw.clients.envoy_admin import EnvoyAdmin
from aigw.engines.seen import State
from tests.envoy.running import Running, supervise
from tests.waiting import ended_lines, until

pytestmark = pytest.mark.envoy


@pytest.fixture
def running(tmp_path: Path) -> Iterator[Running]:
    """A gateway whose logs may grow to 4 KB."""
    with Running(tmp_path) as each:
        each.start()
        each.engine.stop(seconds=0)
        log = each.paths.supervisor_log
        process.launch(supervise(each, "--log-bytes", "4096"), log=log, environ=each.environ())
        until(lambda: each.engine.look().state is State.RUNNING)
        yield each


def test_a_large_access_log_is_renamed_and_every_line_kept(running: Running) -> None:
    log = running.paths.access_log
    older = log.with_name("access.log.1")
    asked = set()
    while not older.exists():
        asked.add(running.ask().headers["x-request-id"])
    for _ in range(20):
        asked.add(running.ask().headers["x-request-id"])
    until(lambda: asked <= requests(older) | requests(log))
    assert requests(log)
    assert [oct(path.stat().st_mode & 0o777) for path in (log, older)] == ["0o600"] * 2


def requests(log: Path) -> set[str]:
    """Return the ids of the requests in a log, all of whose lines are whole."""
    return {json.loads(line)["request_id"] for line in ended_lines(log)}


def test_what_envoy_says_is_copied_away_and_goes_on(running: Running) -> None:
    log = running.paths.envoy_log
    older = log.with_name("envoy.log.1")
    admin = EnvoyAdmin(running.paths.admin_socket)
    running.log_all()
    until(lambda: admin.ready() and older.exists())
    until(lambda: admin.ready() and log.stat().st_size > 0)
    assert b"\0" not in log.read_bytes()
    assert "debug" in older.read_text()
    assert older.stat().st_mode & 0o777 == 0o600
