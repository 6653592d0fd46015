"""What the person asked, found in every shape of body and said the same by Lua and by Python."""

import json

import pytest

from aigw.spec.prompt import MAX_PROMPT_BYTES, prompt_of
from tests.openclaw import REQUESTS, OpenClawRequest
from tests.unit.lua.program import Program

CONTEXT = "<<<BEGIN_OPENCLAW_INTERNAL_CONTEXT>>>x<<<END_OPENCLAW_INTERNAL_CONTEXT>>>"


def user(content: object) -> dict[str, object]:
    return {"role": "user", "content": content}


def chat(*messages: object) -> dict[str, object]:
    return {"model": "auto", "messages": list(messages)}


def said(program: Program, body: dict[str, object]) -> str:
    """Ask the program, with the body escaped and not, and Python; all must agree."""
    plain = json.dumps(body, ensure_ascii=False).encode("utf-8", "surrogatepass")
    answers = {
        program.prompt(json.dumps(body).encode()).decode(),
        prompt_of(body),
    }
    if b"\xed" not in plain:
        answers.add(program.prompt(plain).decode())
    assert len(answers) == 1, answers
    return answers.pop()


CASES: dict[str, tuple[dict[str, object], str]] = {
    "a text": (chat(user("hi")), "hi"),
    "parts": (chat(user([{"type": "text", "text": "hi"}])), "hi"),
    "the last part": (
        chat(user([{"type": "text", "text": "one"}, {"type": "text", "text": "two"}])),
        "two",
    ),
    "the last part that says something": (
        chat(user([{"type": "text", "text": "one"}, {"type": "text", "text": " "}])),
        "one",
    ),
    "an image behind the text": (
        chat(user([{"type": "text", "text": "hi"}, {"type": "image_url", "image_url": {}}])),
        "hi",
    ),
    "parts that are no text": (
        chat(
            user("hi"),
            user([{"type": "TEXT", "text": "a"}, {"text": "b"}, {"type": "text", "text": {}}]),
        ),
        "hi",
    ),
    "a tool's result behind": (chat(user("hi"), {"role": "tool", "content": "other"}), "hi"),
    "an Anthropic tool's result behind": (
        chat(user("hi"), user([{"type": "tool_result", "content": [{"type": "text"}]}])),
        "hi",
    ),
    "the last user": (chat(user("one"), user("two")), "two"),
    "an empty message behind": (chat(user("hi"), user("")), "hi"),
    "a message without content behind": (chat(user("hi"), {"role": "user"}), "hi"),
    "null behind": (chat(user("hi"), user(None)), "hi"),
    "content first": (chat({"content": "hi", "role": "user"}), "hi"),
    "nobody": (chat({"role": "system", "content": "hi"}), ""),
    "another role": (chat({"role": "User", "content": "hi"}), ""),
    "no messages": (chat(), ""),
    "no list": ({"model": "auto"}, ""),
    "messages of other kinds": (chat(None, 1, "hi", ["hi"], {"role": ["user"], "content": 1}), ""),
    "an object as content": (chat(user({"text": "hi"})), ""),
    "an input text": ({"model": "auto", "input": " hi\n"}, "hi"),
    "an input": ({"model": "auto", "input": [user("hi")]}, "hi"),
    "an input of parts": (
        {"model": "auto", "input": [user([{"type": "input_text", "text": "hi"}])]},
        "hi",
    ),
    "input_text in messages": (chat(user([{"type": "input_text", "text": "hi"}])), ""),
    "an input of strings": ({"model": "auto", "input": ["hi"]}, ""),
    "messages before input": ({**chat(user("hi")), "input": "other"}, "hi"),
    "input where messages is no list": ({"model": "auto", "messages": "x", "input": "hi"}, "hi"),
    "blanks around": (chat(user("\u3000\t\u00a0\n hi \r\n\v\f\u3000")), "hi"),
    "blanks that are none": (chat(user("\u2003hi\ufeff")), "\u2003hi\ufeff"),
    "a NUL": (chat(user("a\0\0b")), "a\ufffd\ufffdb"),
    "every plane": (chat(user("aé你😀\U0010ffff")), "aé你😀\U0010ffff"),
    "escapes": (chat(user("\"\\/\b\f\n\r\t'u0041\\u0041")), "\"\\/\b\f\n\r\t'u0041\\u0041"),
    "half a surrogate": (chat(user("a\ud83d")), "a\ufffd"),
    "the other half": (chat(user("\ude00a")), "\ufffda"),
    "halves in the wrong order": (chat(user("\ude00\ud83d")), "\ufffd\ufffd"),
    "halves around a context": (chat(user(f"\ud83d{CONTEXT}\ude00")), "\ufffd\ufffd"),
    "context only": (chat(user("hi"), user(CONTEXT)), "hi"),
    "context inside": (chat(user(f"a{CONTEXT}b{CONTEXT}c")), "abc"),
    "a context that does not end": (
        chat(user("a<<<BEGIN_OPENCLAW_INTERNAL_CONTEXT>>>b")),
        "a<<<BEGIN_OPENCLAW_INTERNAL_CONTEXT>>>b",
    ),
    "a stamp": (chat(user("[Sat 2026-11-21 00:30 UTC] hi")), "hi"),
    "a channel's stamp": (
        chat(user("[WhatsApp +1555 +30s Sun 2026-01-18 00:20:12 CST] hi")),
        "hi",
    ),
    "a stamp with two blanks": (chat(user("[Sat 2026-11-21 00:30 UTC]  hi")), "hi"),
    "a bracket that is no stamp": (chat(user("[note 2026-11-21] hi")), "[note 2026-11-21] hi"),
    "a stamp over two lines": (
        chat(user("[Sat\n2026-11-21 00:30 UTC] hi")),
        "[Sat\n2026-11-21 00:30 UTC] hi",
    ),
    "a stamp in other digits": (
        chat(user("[٢٠٢٦-١١-٢١ ٠٠:٣٠] hi")),
        "[٢٠٢٦-١١-٢١ ٠٠:٣٠] hi",
    ),
    "a stamp further in": (
        chat(user("hi [Sat 2026-11-21 00:30 UTC]")),
        "hi [Sat 2026-11-21 00:30 UTC]",
    ),
    "a runtime line": (chat(user("hi\n\nRuntime: agent=main | shell=bash")), "hi"),
    "a runtime line in the middle": (
        chat(user("hi\n\nRuntime: agent=main\nmore")),
        "hi\n\nRuntime: agent=main\nmore",
    ),
    "two runtime lines": (
        chat(user("hi\n\nRuntime: agent=a\n\nRuntime: agent=b")),
        "hi\n\nRuntime: agent=a",
    ),
    "a retry": (
        chat(
            user(
                "[Sat 2026-11-21 00:30 UTC] [Queued user message from a previous active turn; x]\n"
                "hi\n\nContinue the current task from the existing transcript, and so on."
            )
        ),
        "hi",
    ),
    "nothing but a stamp": (chat(user("hi"), user("[Sat 2026-11-21 00:30 UTC] ")), "hi"),
}


@pytest.mark.parametrize(("body", "prompt"), CASES.values(), ids=CASES.keys())
def test_the_prompt_is_what_the_person_asked(
    program: Program, body: dict[str, object], prompt: str
) -> None:
    assert said(program, body) == prompt


@pytest.mark.parametrize("request_sent", REQUESTS, ids=str)
def test_the_prompt_is_found_in_every_request_of_openclaw(
    program: Program, request_sent: OpenClawRequest
) -> None:
    assert said(program, dict(request_sent.body)) == request_sent.prompt


@pytest.mark.parametrize(
    ("written", "prompt"),
    [
        (rb'{"r\u006fle":"us\u0065r","c\u006fntent":"hi"}', "hi"),
        (rb'{"role":"user","content":[{"typ\u0065":"t\u0065xt","t\u0065xt":"hi"}]}', "hi"),
        (b'{"role":"system","role":"user","content":"a","content":"b"}', "b"),
        (b'{"role":"user","role":"system","content":"hi"}', ""),
        (b'{"role":"user","content":[{"type":"text","text":"a","text":"b"}]}', "b"),
        (b' { "role" : "user" , "content" : [ { "text" : "hi" , "type" : "text" } ] } ', "hi"),
    ],
    ids=["escaped", "escaped part", "duplicates", "last role", "duplicate text", "blanks"],
)
def test_keys_inside_a_message_are_read_as_providers_read_them(
    program: Program, written: bytes, prompt: str
) -> None:
    body = b'{"model":"auto","messages":[' + written + b"]}"
    assert program.prompt(body).decode() == prompt == prompt_of(json.loads(body))


@pytest.mark.parametrize(
    "octets",
    [
        b"\xff",
        b"a\x80\x80b",
        b"\xc0\xaf",
        b"\xe4\xbd",
        b"\xe4\xbda",
        b"\xe4\xe4\xbd\xa0",
        b"\xed\xa0\x80",
        b"\xf0\x9f\x98",
        b"\xf0\x9f\x98\x80\x80",
        b"\xf0\x80\x80\x80",
        b"\xf4\x90\x80\x80",
        b"\xf5a",
        b"\xe0\x80\xa0",
        b"\xe4" + rb"\u00a0" + b"a",
    ],
    ids=repr,
)
def test_broken_utf8_becomes_replacement_characters_as_in_python(
    program: Program, octets: bytes
) -> None:
    body = b'{"model":"auto","input":"x' + octets + b'y"}'
    assert program.prompt(body).decode() == prompt_of(json.loads(body.decode(errors="replace")))


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("a" * MAX_PROMPT_BYTES, MAX_PROMPT_BYTES),
        ("a" * (MAX_PROMPT_BYTES + 1), MAX_PROMPT_BYTES),
        ("你" * (MAX_PROMPT_BYTES // 3 + 1), MAX_PROMPT_BYTES - 1),
        ("ab" + "你" * (MAX_PROMPT_BYTES // 3), MAX_PROMPT_BYTES - 2),
        ("😀" * (MAX_PROMPT_BYTES // 4 + 1), MAX_PROMPT_BYTES),
        ("a" + "😀" * (MAX_PROMPT_BYTES // 4), MAX_PROMPT_BYTES - 3),
    ],
    ids=["all of it", "one more", "Chinese", "Chinese, shifted", "emoji", "emoji, shifted"],
)
def test_the_first_mebibyte_is_kept_to_the_border_of_a_character(
    program: Program, text: str, kept: int
) -> None:
    prompt = said(program, chat(user(text)))
    assert len(prompt.encode()) == kept
    assert text.startswith(prompt)


def test_what_is_stripped_does_not_count_for_the_limit(program: Program) -> None:
    stamp, runtime = "[Sat 2026-11-21 00:30 UTC] ", "\n\nRuntime: agent=main"
    text = "a" * MAX_PROMPT_BYTES
    assert said(program, chat(user(f"{CONTEXT * 9999}{stamp}{text}{runtime}"))) == text
