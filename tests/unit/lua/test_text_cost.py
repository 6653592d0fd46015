"""Nobody can make the program slow: time grows as the body does."""

import time
from collections.abc import Sequence

import pytest

from aigw.spec.prompt import prompt_of
from tests.unit.lua.program import LUAJIT

HOSTILE: dict[str, Sequence[bytes]] = {
    "blanks": (b'{"model":"auto","input":"', b" ", b'"}'),
    "backslashes": (b'{"model":"auto","input":"', b"\\\\", b'"}'),
    "escaped quotes": (b'{"model":"auto","input":"', b'\\"', b'"}'),
    "hexadecimal escapes": (b'{"model":"auto","input":"', b"\\u4f60", b'"}'),
    "broken UTF-8": (b'{"model":"auto","input":"', b"a\xff", b'"}'),
    "open contexts": (
        b'{"model":"auto","input":"',
        b"<<<BEGIN_OPENCLAW_INTERNAL_CONTEXT>>>",
        b'"}',
    ),
    "stamps that do not end": (b'{"model":"auto","input":"[', b"2026-11-21 00:30 ", b'"}'),
    "runtime lines": (b'{"model":"auto","input":"', rb"\n\nRuntime: agent=", b'"}'),
    "empty messages": (
        b'{"model":"auto","messages":[null',
        b',{"role":"user","content":""}',
        b"]}",
    ),
    "empty parts": (
        b'{"model":"auto","messages":[{"role":"user","content":[null',
        b',{"type":"text","text":""}',
        b"]}]}",
    ),
    "numbers": (b'{"model":"auto","input":[0', b",1", b"]}"),
    "keys": (b'{"model":"auto"', b',"A":1', b"}"),
}


@pytest.mark.parametrize(("head", "again", "tail"), HOSTILE.values(), ids=HOSTILE.keys())
def test_a_body_twice_as_long_takes_no_more_than_about_twice_as_long(
    head: bytes, again: bytes, tail: bytes
) -> None:
    def seconds(size: int) -> float:
        body = head + again * (size // len(again)) + tail
        best = float("inf")
        for _ in range(3):
            start = time.process_time()
            LUAJIT.prompt(body)
            best = min(best, time.process_time() - start)
        return best

    # Quadratic would be sixteen times.
    assert seconds(4_000_000) < 9 * seconds(1_000_000) + 0.05


def test_python_too_is_quick_on_hostile_text() -> None:
    hostile = "<<<BEGIN_OPENCLAW_INTERNAL_CONTEXT>>>" * 100_000 + "[2026-11-21 00:30" * 100_000
    start = time.process_time()
    assert prompt_of(
        {"messages": [{"role": "user", "content": text} for text in ("[" + hostile, hostile)]}
    ).startswith("<<<BEGIN")
    assert time.process_time() - start < 2
