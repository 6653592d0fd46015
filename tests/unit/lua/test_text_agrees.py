"""Whatever stands in the messages, Lua and Python find the same prompt."""

import json
import re
from typing import Any

from hypothesis import example, given, settings
from hypothesis import strategies as st

from aigw.spec.prompt import BLANKS, prompt_of
from tests.unit.lua.program import LUAJIT

pieces = st.lists(
    st.sampled_from(
        [
            *BLANKS,
            "a",
            "你",
            "😀",
            "\ud83d",
            "\ude00",
            "\u2003",
            "\0",
            "\\",
            '"',
            "\\u0041",
            "]",
            "[",
            "[Sat 2026-11-21 00:30 UTC] ",
            "2026-11-21 00:30",
            "<<<BEGIN_OPENCLAW_INTERNAL_CONTEXT>>>",
            "<<<END_OPENCLAW_INTERNAL_CONTEXT>>>",
            "\n\nRuntime: agent=main",
            "[Queued user message from a previous active turn; x]\n",
            "\n\nContinue the current task from the existing transcript, now",
        ]
    )
    | st.text(max_size=6),
    max_size=8,
).map("".join)
parts = st.fixed_dictionaries(
    {"type": st.sampled_from(["text", "input_text", "image_url", 1])},
    optional={"text": pieces | st.none()},
)
contents = pieces | st.lists(parts | st.none() | pieces, max_size=4) | st.none() | st.integers()
messages = st.lists(
    st.fixed_dictionaries(
        {"role": st.sampled_from(["user", "user", "assistant", "tool", None])},
        optional={"content": contents},
    )
    | st.none(),
    max_size=5,
)


@settings(deadline=None)
@given(items=messages, key=st.sampled_from(["messages", "input"]), ascii_only=st.booleans())
@example(items=[{"role": "user", "content": "\ud83d"}], key="input", ascii_only=True)
def test_lua_and_python_find_the_same_prompt(
    items: list[Any], key: str, *, ascii_only: bool
) -> None:
    body: dict[str, object] = {"model": "auto", key: items}
    text = json.dumps(body, ensure_ascii=ascii_only)
    assert LUAJIT.prompt(_escaped_surrogates(text).encode()) == prompt_of(body).encode()


def _escaped_surrogates(text: str) -> str:
    return re.sub("[\ud800-\udfff]", lambda half: f"\\u{ord(half[0]):04x}", text)


@settings(deadline=None)
@given(
    octets=st.binary().filter(
        lambda octets: not set(octets) & set(b'"\\') and min(octets, default=32) >= 32
    )
)
def test_any_bytes_become_the_text_that_python_makes_of_them(octets: bytes) -> None:
    body = b'{"model":"auto","input":"x' + octets + b'y"}'
    assert LUAJIT.prompt(body) == prompt_of(json.loads(body.decode(errors="replace"))).encode()
