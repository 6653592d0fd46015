import json
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aigw.accesslog.line import line
from aigw.accesslog.reader import as_json
from aigw.accesslog.request import Request, Usage, request

TRACE = "4bf92f3577b34da6a3ce929d0e0e4736"
FULL: dict[str, object] = {
    "time": "2026-11-25T20:15:00.123Z",
    "request_id": "r-1",
    "trace_id": f"00-{TRACE}-00f067aa0ba902b7-01",
    "session": "s-1",
    "client": "127.0.0.1",
    "method": "POST",
    "path": "/v1/chat/completions",
    "status": 200,
    "model": "auto",
    "served_model": "qwen-max",
    "rule": "deep",
    "provider": "dashscope",
    "attempts": 2,
    "upstream_status": None,
    "flags": "-",
    "details": "via_upstream",
    "failure": None,
    "duration_ms": 1234,
    "first_byte_ms": 320,
    "bytes_in": 98,
    "bytes_out": 765,
    "usage": {"input": 11.0, "output": 7, "cached": 0, "reasoning": None},
    "stream": "text/event-stream; charset=utf-8",
    "generation": "33fc1857077d",
}
READ = Request(
    time=datetime(2026, 11, 25, 20, 15, 0, 123000, tzinfo=UTC),
    request_id="r-1",
    trace_id=TRACE,
    session="s-1",
    client="127.0.0.1",
    method="POST",
    path="/v1/chat/completions",
    status=200,
    model="auto",
    served_model="qwen-max",
    rule="deep",
    provider="dashscope",
    attempts=2,
    upstream_status=None,
    flags=(),
    details="via_upstream",
    failure="",
    duration_ms=1234,
    first_byte_ms=320,
    bytes_in=98,
    bytes_out=765,
    usage=Usage(input=11, output=7, cached=0, reasoning=None),
    stream=True,
    generation="33fc1857077d",
)


def read(**changed: object) -> Request:
    """Read the full line with some values changed."""
    found = request(json.dumps({**FULL, **changed}))
    assert found is not None
    return found


def test_a_line_becomes_a_request() -> None:
    assert read() == READ


@pytest.mark.parametrize(
    ("said", "shown"),
    [("text/event-stream", True), ("application/json", False), (None, False), (True, True)],
)
def test_a_line_for_programs_says_whether_it_was_a_stream(said: object, shown: object) -> None:
    tree = {**FULL, "stream": said}
    assert json.loads(as_json(json.dumps(tree))) == {**tree, "stream": shown}


def test_a_line_with_only_a_time_is_a_request_of_which_nothing_is_known() -> None:
    found = request('{"time": "2026-11-25T20:15:00Z"}')
    assert found == Request(
        time=datetime(2026, 11, 25, 20, 15, tzinfo=UTC),
        **dict.fromkeys(("request_id", "trace_id", "session", "client", "method", "path"), ""),
        **dict.fromkeys(("model", "served_model", "rule", "provider", "details", "failure"), ""),
        generation="",
        status=0,
        attempts=0,
        upstream_status=None,
        flags=(),
        duration_ms=None,
        first_byte_ms=None,
        bytes_in=None,
        bytes_out=None,
        usage=None,
        stream=False,
    )


@pytest.mark.parametrize(
    ("key", "value", "field", "expected"),
    [
        pytest.param("trace_id", TRACE, "trace_id", TRACE, id="trace id alone"),
        pytest.param("trace_id", None, "trace_id", "", id="no trace"),
        pytest.param("model", "-", "model", "", id="dash"),
        pytest.param("model", 5, "model", "", id="not text"),
        pytest.param("status", None, "status", 0, id="nothing was sent"),
        pytest.param("duration_ms", "12", "duration_ms", None, id="not a number"),
        pytest.param("duration_ms", True, "duration_ms", None, id="boolean"),
        pytest.param("bytes_in", -1, "bytes_in", None, id="negative"),
        pytest.param("bytes_in", 1.5, "bytes_in", None, id="fraction"),
        pytest.param("flags", "UF,URX", "flags", ("UF", "URX"), id="flags"),
        pytest.param("usage", {}, "usage", None, id="no usage"),
        pytest.param("usage", [1], "usage", None, id="usage is a list"),
        pytest.param("stream", True, "stream", True, id="stream"),
        pytest.param("stream", "application/json", "stream", False, id="JSON"),
        pytest.param("upstream_status", 401.0, "upstream_status", 401, id="Lua's number"),
    ],
)
def test_every_value_is_taken_as_it_is_meant(
    key: str, value: object, field: str, expected: object
) -> None:
    assert getattr(read(**{key: value}), field) == expected


def test_a_time_of_another_zone_is_taken_to_utc() -> None:
    assert read(time="2026-11-25T21:15:00.123+01:00").time == READ.time


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{",
        '{"time": "2026-11-25T20:15:00Z", "mod',
        "[]",
        "null",
        '{"time": 5}',
        '{"time": "soon"}',
        "{}",
        "[" * 100_000,
        '{"time": "2026-11-25T20:15:00Z", "status": ' + "9" * 5000 + "}",
    ],
)
def test_what_is_no_request_is_none(text: str) -> None:
    assert request(text) is None


@settings(deadline=None)
@given(st.text() | st.recursive(st.none() | st.integers() | st.text(), st.lists).map(json.dumps))
def test_no_line_breaks_the_reader(text: str) -> None:
    request(text)


@settings(deadline=None)
@given(
    st.dictionaries(st.sampled_from([*FULL]), st.none() | st.text() | st.floats() | st.integers())
)
def test_no_value_breaks_the_reader_or_the_line(values: dict[str, object]) -> None:
    found = request(json.dumps({**FULL, **values}))
    assert found is None or line(found, UTC).isprintable()


BEIJING = timezone(timedelta(hours=8))


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        pytest.param(
            {},
            "2026-11-26 04:15:00.123 200 POST /v1/chat/completions auto->qwen-max rule=deep "
            "provider=dashscope attempts=2 1234ms first=320ms tokens=11+7",
            id="auto-routed stream",
        ),
        pytest.param(
            {"rule": "", "served_model": "auto", "attempts": 1, "stream": "", "usage": None},
            "2026-11-26 04:15:00.123 200 POST /v1/chat/completions auto provider=dashscope 1234ms",
            id="plain",
        ),
        pytest.param(
            {
                "status": 502,
                "upstream_status": 401,
                "flags": "UF,URX",
                "attempts": 1,
                "rule": "",
                "usage": None,
                "stream": None,
            },
            "2026-11-26 04:15:00.123 502 POST /v1/chat/completions auto->qwen-max "
            "provider=dashscope 1234ms upstream=401 flags=UF,URX (via_upstream)",
            id="refused key",
        ),
        pytest.param(
            {
                **dict.fromkeys(FULL),
                "time": FULL["time"],
                "method": "GET",
                "failure": "no route to host",
            },
            "2026-11-26 04:15:00.123 --- GET - (no route to host)",
            id="nothing known",
        ),
        pytest.param(
            {
                **dict.fromkeys(FULL),
                "time": FULL["time"],
                "path": "/\x1b[2J\n\u202e",
                "status": 404,
            },
            "2026-11-26 04:15:00.123 404 - /\\x1b[2J\\n\\u202e",
            id="control characters",
        ),
    ],
)
def test_a_request_is_one_line_for_people(changed: dict[str, object], words: str) -> None:
    assert line(read(**changed), BEIJING) == words
