"""Tokens are read, and our own extra event is hidden, wherever an answer is cut into pieces."""

import json
from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lupa import luajit21

from aigw.rendering import assets

LUA = luajit21.LuaRuntime(encoding=None)
USAGE = LUA.execute(assets.text("envoy/usage.lua").encode())


def usage_of(pieces: Sequence[bytes]) -> dict[str, int] | None:
    reader = USAGE[b"reader"]()
    for piece in pieces:
        USAGE[b"feed"](reader, piece)
    found = USAGE[b"result"](reader)
    return {name.decode(): int(value) for name, value in found.items()} if found else None


def hidden(pieces: Sequence[bytes]) -> list[bytes]:
    """What is passed on after each piece, and at the end."""
    hider = USAGE[b"hider"]()
    return [*(USAGE[b"hide"](hider, piece) for piece in pieces), USAGE[b"release"](hider)]


def cut(text: bytes, places: Sequence[int]) -> list[bytes]:
    """Cut a text at these places."""
    borders = [0, *sorted(place % (len(text) + 1) for place in places), len(text)]
    return [text[first:last] for first, last in pairwise(borders)]


PLACES = st.lists(st.integers(0, 10_000), max_size=12)

OPENAI = {
    "prompt_tokens": 19,
    "completion_tokens": 10,
    "total_tokens": 29,
    "prompt_tokens_details": {"cached_tokens": 4},
    "completion_tokens_details": {"reasoning_tokens": 3, "accepted_prediction_tokens": 0},
}
WHOLE = {"input": 19, "output": 10, "cached": 4, "reasoning": 3}


def message_start(**more: int) -> dict[str, object]:
    usage = {"input_tokens": 25, "output_tokens": 1, **more}
    return {"type": "message_start", "message": {"id": "m", "usage": usage}}


MESSAGE_DELTA = {"type": "message_delta", "delta": {}, "usage": {"output_tokens": 15}}

ANSWERS: dict[str, tuple[list[object], dict[str, int] | None]] = {
    "chat": ([{"id": "x", "choices": [], "usage": OPENAI}], WHOLE),
    "usage first": ([{"usage": OPENAI, "choices": [{"text": "long " * 2000}]}], WHOLE),
    "usage in the middle": ([{"a": "b" * 3000, "usage": OPENAI, "c": "d" * 3000}], WHOLE),
    "in a stream": ([{"choices": [1], "usage": None}, {"choices": [], "usage": OPENAI}], WHOLE),
    "growing in a stream": (
        [{"usage": {"prompt_tokens": 19, "completion_tokens": n}} for n in range(5)],
        {"input": 19, "output": 4},
    ),
    "Moonshot's": ([{"choices": [{"index": 0, "usage": OPENAI}]}, {"choices": [{}]}], WHOLE),
    "responses": (
        [
            {"type": "response.created", "response": {"usage": None}},
            {
                "type": "response.completed",
                "response": {
                    "usage": {
                        "input_tokens": 36,
                        "input_tokens_details": {"cached_tokens": 30},
                        "output_tokens": 87,
                        "output_tokens_details": {"reasoning_tokens": 64},
                        "total_tokens": 123,
                    }
                },
            },
        ],
        {"input": 36, "output": 87, "cached": 30, "reasoning": 64},
    ),
    "messages": ([message_start(), MESSAGE_DELTA], {"input": 25, "output": 15}),
    "messages with a cache": (
        [
            message_start(cache_creation_input_tokens=100, cache_read_input_tokens=2000),
            MESSAGE_DELTA,
        ],
        {"input": 2125, "output": 15, "cached": 2000},
    ),
    "DeepSeek's cache": (
        [{"usage": {"prompt_tokens": 9, "completion_tokens": 1, "prompt_cache_hit_tokens": 8}}],
        {"input": 9, "output": 1, "cached": 8},
    ),
    "embeddings": ([{"usage": {"prompt_tokens": 8, "total_tokens": 8}}], {"input": 8}),
    "a rerank": ([{"usage": {"total_tokens": 79}}], {"input": 79}),
    "nothing": ([{"choices": []}], None),
    "null": ([{"usage": None}], None),
    "usage in words": ([{"content": '"usage":{"prompt_tokens":5}', "usage ": 1}], None),
    "usage as a word": ([{"content": "usage"}, {"role": "usage"}], None),
    "a tool called usage": (
        [{"tools": {"usage": {"type": "object"}}}, {"usage": OPENAI}],
        WHOLE,
    ),
    "no numbers": ([{"usage": {"prompt_tokens": "many"}}], None),
}


@pytest.mark.parametrize(("trees", "expected"), ANSWERS.values(), ids=ANSWERS.keys())
@pytest.mark.parametrize(
    "separators", [(",", ":"), (", ", ": "), (" ,\n", " :\t")], ids=["tight", "loose", "wild"]
)
@given(places=PLACES)
def test_tokens_are_read_wherever_the_answer_is_cut(
    *,
    trees: list[object],
    expected: dict[str, int] | None,
    separators: tuple[str, str],
    places: list[int],
) -> None:
    text = b"\n\n".join(
        b"data: " + json.dumps(tree, separators=separators).encode() for tree in trees
    )
    assert usage_of(cut(text, places)) == expected
    assert (
        usage_of([text[at : at + 1] for at in range(len(text))] if len(text) < 2000 else [text])
        == expected
    )


def test_a_piece_that_tells_tokens_is_known() -> None:
    reader = USAGE[b"reader"]()
    pieces = [
        b'{"a":1,"usa',
        b'ge":{"prompt_tokens":1',
        b"}",
        b',"usage":{"prompt_tokens":2}}',
        b"}",
    ]
    assert [USAGE[b"feed"](reader, piece) for piece in pieces] == [False, False, True, True, False]


def test_an_endless_usage_is_not_kept_for_ever() -> None:
    reader = USAGE[b"reader"]()
    USAGE[b"feed"](reader, b'{"usage":{')
    for _ in range(100):
        USAGE[b"feed"](reader, b'"x":1,' * 1000)
    assert len(reader[b"rest"]) < 16384


ENDS = st.sampled_from([b"\n\n", b"\r\n\r\n"])
TEXT = st.text(st.sampled_from('ab"{}[]:,\\usage choices\n'), max_size=12)


def data(tree: object, end: bytes) -> bytes:
    return b"data: " + json.dumps(tree).encode() + end


@st.composite
def events(draw: st.DrawFn) -> tuple[bytes, bool]:
    """One event, and whether it tells nothing but the usage."""
    end = draw(ENDS)
    words, usage = draw(TEXT), {"prompt_tokens": draw(st.integers(0, 99))}
    choice = {"index": 0, "delta": {"content": words}}
    kept: list[Any] = [
        data({"choices": [choice]}, end),
        data({"choices": [choice], "usage": None}, end),
        data({"choices": [choice], "usage": usage}, end),
        data({"choices": [], "prompt_filter_results": [words]}, end),
        data({"choices": [], "usage": None}, end),
        data({"usage": usage}, end),
        b"data: [DONE]" + end,
        b": keep-alive" + end,
        b"event: ping" + end[: len(end) // 2] + b"data: {}" + end,
        end,
    ]
    if draw(st.booleans()):
        return data({"id": words, "choices": [], "usage": usage}, end), True
    return draw(st.sampled_from(kept)), False


@given(
    stream=st.lists(events(), max_size=8),
    rest=st.sampled_from([b"", b"data: {", b"x"]),
    places=PLACES,
)
def test_only_the_usage_is_hidden_and_only_an_unfinished_event_held_back(
    stream: list[tuple[bytes, bool]], rest: bytes, places: list[int]
) -> None:
    text = b"".join(event for event, _ in stream) + rest
    pieces = cut(text, places)
    passed = hidden(pieces)
    assert b"".join(passed) == b"".join(event for event, extra in stream if not extra) + rest
    for count in range(len(pieces)):
        seen, due = len(b"".join(pieces[: count + 1])), b""
        for event, extra in stream:
            seen -= len(event)
            if seen < 0:
                break
            due += b"" if extra else event
        assert b"".join(passed[: count + 1]).startswith(due)


@pytest.mark.parametrize(
    ("pieces", "passed"),
    [
        ([b"data: a\n\n"], [b"data: a\n\n", b""]),
        ([b"data: a\n", b"\ndata: b"], [b"", b"data: a\n\n", b"data: b"]),
        ([b"data: a\r\n\r", b"\n"], [b"", b"data: a\r\n\r\n", b""]),
        ([b"data: a\r\rdata: b\r\r"], [b"data: a\r\rdata: b\r\r", b""]),
        (
            [b'data: {"choices":[],', b'"usage":{}}\n', b"\ndata: [DONE]\n\n"],
            [b"", b"", b"data: [DONE]\n\n", b""],
        ),
    ],
    ids=[
        "a whole event",
        "cut in a blank line",
        "cut in CRLF",
        "CR only",
        "cut in the extra event",
    ],
)
def test_events_end_with_a_blank_line(pieces: list[bytes], passed: list[bytes]) -> None:
    assert hidden(pieces) == passed


def test_an_endless_event_is_not_held_back_for_ever() -> None:
    piece = b"x" * 100_000
    passed = hidden([piece] * 20)
    assert len(b"".join(passed[:-1])) >= 1_000_000
    assert b"".join(passed) == piece * 20
