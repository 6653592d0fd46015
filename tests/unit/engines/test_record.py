"""What supervisor and commands tell each other arrives as it was said, or counts as nothing."""

from pathlib import Path

import pytest

from aigw.clients.process import Identity
from aigw.engines.record import (
    Record,
    Request,
    read_record,
    take_request,
    write_record,
    write_request,
)
from aigw.state.paths import GatewayPaths

SUPERVISOR, ENVOY = Identity(pid=10, started="boot/1"), Identity(pid=11, started="boot/2")


@pytest.fixture
def paths(tmp_path: Path) -> GatewayPaths:
    """A data folder."""
    paths = GatewayPaths(name="g", folder=tmp_path / "g", runtime=tmp_path / "r")
    paths.prepare()
    return paths


@pytest.mark.parametrize(
    "record",
    [
        Record(supervisor=SUPERVISOR),
        Record(supervisor=SUPERVISOR, envoy=ENVOY, obeyed="a1", foreground=True),
        Record(supervisor=SUPERVISOR, problem='"it" ended\n', drained=False),
    ],
    ids=["new", "running", "troubled"],
)
def test_a_record_is_read_as_it_was_written(paths: GatewayPaths, record: Record) -> None:
    write_record(paths, record)
    assert read_record(paths) == record
    assert paths.supervisor.stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize(
    "text", ["", "{", "[]", "{}", '{"pid": "x"}', '{"pid": 1, "create_time": "a", "envoy_pid": 1}']
)
def test_what_is_no_record_counts_as_none(paths: GatewayPaths, text: str) -> None:
    paths.supervisor.write_text(text)
    assert read_record(paths) is None


def test_a_request_is_taken_once(paths: GatewayPaths) -> None:
    request = Request.new("restart", drain_seconds=2.5)
    write_request(paths, request)
    assert [take_request(paths), take_request(paths)] == [request, None]


def test_a_record_that_is_not_there_counts_as_none(paths: GatewayPaths) -> None:
    assert read_record(paths) is None
