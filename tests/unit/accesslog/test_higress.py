"""Lines that a real Higress gateway logged, and lines nobody should."""

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from aigw.accesslog.line import line
from aigw.accesslog.reader import as_json, read
from aigw.accesslog.request import Request, Usage, request

SAMPLES = Path(__file__).parents[2] / "fixtures" / "higress" / "access_log_samples.jsonl"
LINES = SAMPLES.read_text(encoding="utf-8").splitlines()


def found(number: int) -> Request:
    """Read a sample."""
    request = read(LINES[number])
    assert request is not None
    return request


def test_every_real_line_is_read_though_some_are_no_json() -> None:
    invalid = 0
    for text in LINES:
        try:
            json.loads(text)
        except ValueError:
            invalid += 1
        assert read(text) is not None
    assert (len(LINES), invalid) == (24, 4)


def test_an_answer_has_provider_model_tokens_and_session() -> None:
    one = found(0)
    assert one.time == datetime(2026, 11, 21, 13, 9, 1, 379000, tzinfo=UTC)
    assert (one.provider, one.served_model, one.session) == (
        "dashscope",
        "qwen-max",
        "agent:main:1",
    )
    assert one.usage == Usage(input=7, output=3, cached=None, reasoning=None)
    assert (one.status, one.duration_ms, one.bytes_in, one.bytes_out) == (200, 49, 86, 278)
    assert (one.stream, one.attempts, one.client) == (False, 1, "172.17.0.1")


def test_a_stream_says_when_its_first_token_came() -> None:
    assert (found(1).stream, found(1).first_byte_ms) == (True, 3)


@pytest.mark.parametrize("number", [8, 9, 20, 21])
def test_a_line_with_a_bare_quote_keeps_its_statistics(number: int) -> None:
    assert found(number).usage == Usage(input=7, output=3, cached=None, reasoning=None)
    assert found(number).status == 200


def test_a_quote_in_a_path_is_part_of_the_path() -> None:
    odd = LINES[0].replace('"/v1/chat/completions"', '"/v1/a","b":"c?k=sk-canary"')
    one = read(odd)
    assert one is not None
    assert (one.path, one.method) == ('/v1/a","b":"c', "POST")


def test_an_error_is_known_by_its_route_though_no_model_is_logged() -> None:
    one = found(4)
    assert (one.status, one.provider, one.served_model, one.usage) == (429, "dashscope", "", None)


def test_a_request_reads_as_one_of_the_embedded_engine_does() -> None:
    assert line(found(0), UTC) == (
        "2026-11-21 13:09:01.379 200 POST /v1/chat/completions qwen-max provider=dashscope "
        "49ms tokens=7+3"
    )


def test_a_line_as_json_has_the_keys_of_the_embedded_engine() -> None:
    again = request(as_json(LINES[0]))
    assert again == found(0)


@pytest.mark.parametrize(
    "text",
    ["", "{", LINES[0][:-10], LINES[0][20:], '{"ai_log":"', '{"ai_log":"-"}', "[aigw] hello"],
)
def test_what_is_no_request_is_none_and_shown_as_it_is(text: str) -> None:
    assert read(text) is None
    assert as_json(text) == text
