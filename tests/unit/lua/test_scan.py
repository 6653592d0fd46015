"""What is found in a body before it has a provider, and what is refused."""

import json

import pytest

from tests.unit.lua.program import Program


def scanned(program: Program, body: bytes) -> dict[str, object]:
    found = program.scan(body)
    assert isinstance(found, dict), found
    return found


def model_of(program: Program, body: bytes) -> object:
    found = program.scan(body)
    return found["model"] if isinstance(found, dict) else found


def test_everything_a_gateway_needs_is_found(program: Program) -> None:
    body = b' {"stream" :true,"model": "gpt\\u002d4o" , "messages":[],"stream_options":{}}\n'
    assert scanned(program, body) == {
        "model": "gpt-4o",
        "model_start": body.index(b'"gpt') + 1,
        "model_end": body.index(b'4o"') + 3,
        "model_escaped": True,
        "stream": True,
        "stream_options": True,
        "list_start": body.index(b"[") + 1,
        "list_kind": "messages",
        "object_start": 2,
    }


@pytest.mark.parametrize(
    ("body", "field", "value"),
    [
        (b'{"model":"m"}', "stream", False),
        (b'{"model":"m","stream":false}', "stream", False),
        (b'{"model":"m","stream":"true"}', "stream", False),
        (b'{"model":"m","stream":1}', "stream", False),
        (b'{"model":"m","stream":null}', "stream", False),
        (b'{"model":"m","x":{"stream":true}}', "stream", False),
        (b'{"model":"m"}', "stream_options", False),
        (b'{"model":"m","stream_options":null}', "stream_options", True),
        (b'{"model":"m"}', "model_escaped", False),
        (b'{"model":"a\\/b"}', "model_escaped", True),
        (b'{"model":"m"}', "list_kind", None),
        (b'{"model":"m","messages":"hi"}', "list_kind", None),
        (b'{"model":"m","messages":{},"input":"hi"}', "list_kind", "input"),
        (b'{"model":"m","input":[],"messages":[]}', "list_kind", "messages"),
        (b'{"model":"m","input":5}', "list_kind", None),
    ],
)
def test_fields_say_what_stands_at_the_top(
    program: Program, body: bytes, field: str, value: object
) -> None:
    assert scanned(program, body).get(field) == value


@pytest.mark.parametrize(
    "model",
    ["gpt-4o", "a:b@c?d=e&f#g", "模型-一", "😀", " spaced ", "openrouter/x/y", "x" * 4096, "é"],
)
@pytest.mark.parametrize("ascii_only", [True, False], ids=["escaped", "plain"])
def test_a_model_is_read_exactly(program: Program, model: str, *, ascii_only: bool) -> None:
    assert (
        model_of(program, json.dumps({"model": model}, ensure_ascii=ascii_only).encode()) == model
    )


UNREADABLE_MODELS = {
    "a number": b"5",
    "a list": b'["m"]',
    "an object": b'{"model":"m"}',
    "true": b"true",
    "a quote": b'"a\\"b"',
    "a hexadecimal quote": b'"a\\u0022b"',
    "a backslash": b'"a\\\\b"',
    "a hexadecimal backslash": b'"a\\u005cb"',
    "a newline": b'"a\\nb"',
    "a raw newline": b'"a\nb"',
    "a NUL": b'"a\\u0000b"',
    "a raw NUL": b'"a\0b"',
    "a delete": b'"a\x7fb"',
    "a control character beyond ASCII": b'"a\\u0085b"',
    "no such escape": b'"a\\qb"',
    "half an escape": b'"a\\u00"',
    "an escape that is no number": b'"a\\u00g0"',
    "half a surrogate": b'"a\\ud83d"',
    "the other half": b'"a\\ude00"',
    "surrogates in the wrong order": b'"\\ude00\\ud83d"',
    "bad UTF-8": b'"a\xff"',
    "cut UTF-8": b'"a\xe6\xa8"',
    "a surrogate in UTF-8": b'"a\xed\xa0\x80"',
    "an overlong slash": b'"a\xc0\xafb"',
    "a replacement character": '"a\ufffd"'.encode(),
    "more than 4096 bytes": b'"' + b"x" * 4097 + b'"',
}


@pytest.mark.parametrize("value", UNREADABLE_MODELS.values(), ids=UNREADABLE_MODELS.keys())
def test_a_model_that_two_readers_could_read_differently_is_refused(
    program: Program, value: bytes
) -> None:
    assert program.scan(b'{"model":' + value + b"}") == "invalid_model"


@pytest.mark.parametrize(
    "body", [b"{}", b'{"model":null}', b'{"model":""}', b'{"x":{"model":"m"}}']
)
def test_a_body_without_a_model_says_so(program: Program, body: bytes) -> None:
    assert program.scan(body) == "model_required"


@pytest.mark.parametrize(
    "other",
    [
        b'"model"',
        b'"messages"',
        b'"input"',
        b'"stream"',
        b'"stream_options"',
        b'"mod\\u0065l"',
        b'"us\\u0065r"',
        b'"a\\"b"',
        b'"Model"',
        b'"MODEL"',
        b'"Stream"',
        b'"model\xff"',
        b'"mod\xe2\x80\x8bel"',
        b'"model\0"',
    ],
    ids=repr,
)
def test_a_key_that_some_parser_takes_for_one_of_ours_is_refused(
    program: Program, other: bytes
) -> None:
    body = b'{"model":"m","messages":[],"input":[],"stream":true,"stream_options":{},'
    assert program.scan(body + other + b':"x"}') == "ambiguous_json"


@pytest.mark.parametrize(
    "key", ["modèle", "x-model", "Temperature", "model_name", "mode", "备注", "models", ""]
)
def test_other_keys_are_the_providers_business(program: Program, key: str) -> None:
    body = json.dumps({"model": "m", key: 1}, ensure_ascii=False).encode()
    assert model_of(program, body) == "m"


MALFORMED = {
    "nothing": b"",
    "blanks": b" \n",
    "a list": b'[{"model":"m"}]',
    "a string": b'"m"',
    "open": b"{",
    "open key": b'{"model',
    "no colon": b'{"model"',
    "no value": b'{"model":',
    "no end": b'{"model":"m"',
    "open string": b'{"model":"m',
    "string ending in an escaped quote": b'{"model":"m\\"}',
    "comma at the end": b'{"model":"m",}',
    "comma at the start": b'{,"model":"m"}',
    "two commas": b'{"model":"m",,"x":1}',
    "no comma": b'{"model":"m" "x":1}',
    "word as key": b'{model:"m"}',
    "number as key": b'{1:2,"model":"m"}',
    "single quotes": b"{'model':'m'}",
    "text behind": b'{"model":"m"} x',
    "object behind": b'{"model":"m"}{}',
    "byte order mark": b'\xef\xbb\xbf{"model":"m"}',
    "UTF-16": '{"model":"m"}'.encode("utf-16-le"),
    "comment": b'{"model":"m"/**/}',
    "comment in a list": b'{"model":"m","x":[/*"*/]}',
    "wrong bracket": b'{"model":"m","x":[}}',
    "wrong brace": b'{"model":"m","x":{]}',
    "one bracket too many": b'{"model":"m","x":[]]}',
    "one brace too few": b'{"x":{"model":"m"}',
    "comma in a list": b'{"model":"m","x":[1,]}',
    "comma in an object": b'{"model":"m","x":{"a":1,}}',
    "colon in a list": b'{"model":"m","x":["a":1]}',
    "no colon in an object": b'{"model":"m","x":{"a"}}',
    "two values": b'{"model":"m","x":[1 2]}',
    "no number": b'{"model":"m","x":NaN}',
    "endless": b'{"model":"m","x":-Infinity}',
    "plus": b'{"model":"m","x":+1}',
    "leading zero": b'{"model":"m","x":01}',
    "minus alone": b'{"model":"m","x":-}',
    "point alone": b'{"model":"m","x":1.}',
    "no digit before the point": b'{"model":"m","x":.5}',
    "exponent alone": b'{"model":"m","x":1e}',
    "hexadecimal": b'{"model":"m","x":0x1}',
    "half a word": b'{"model":"m","x":tru}',
    "more than a word": b'{"model":"m","x":nullx}',
    "True": b'{"model":"m","x":True}',
    "vertical tab": b'{"model":"m",\v"x":1}',
    "no-break space": b'{"model":"m",\xc2\xa0"x":1}',
    "a NUL": b'{"model":"m"}\0',
}


@pytest.mark.parametrize("body", MALFORMED.values(), ids=MALFORMED.keys())
def test_what_is_not_one_json_object_is_refused(program: Program, body: bytes) -> None:
    assert program.scan(body) == "invalid_json"


@pytest.mark.parametrize(
    "opening", ["[", '{"a":', '[{"b":[{"c":'], ids=["lists", "objects", "both"]
)
def test_deep_nesting_is_refused_without_running_out_of_stack(
    program: Program, opening: str
) -> None:
    endless = b'{"model":"m","x":' + opening.encode() * 1_000_000
    assert program.scan(endless) == "too_deep"


def test_nesting_is_taken_to_512_levels(program: Program) -> None:
    def nested(depth: int) -> bytes:
        return b'{"model":"m","x":' + b"[" * depth + b"]" * depth + b"}"

    assert model_of(program, nested(512)) == "m"
    assert program.scan(nested(513)) == "too_deep"


PASSED_ON = {
    "raw control characters": b'{"model":"m","x":"a\n\0b"}',
    "no such escape": b'{"model":"m","x":"\\q"}',
    "half an escape": b'{"model":"m","x":"\\u00"}',
    "bad UTF-8": b'{"model":"m","x":"\xff"}',
    "a duplicate further down": b'{"model":"m","x":{"model":"a","model":"b"}}',
    "a duplicate that is not ours": b'{"model":"m","user":"a","user":"b"}',
}


@pytest.mark.parametrize("body", PASSED_ON.values(), ids=PASSED_ON.keys())
def test_what_cannot_hide_a_model_is_left_to_the_provider(program: Program, body: bytes) -> None:
    assert model_of(program, body) == "m"


def test_every_problem_has_a_sentence(program: Program) -> None:
    assert set(program.problems()) == {
        "invalid_json",
        "ambiguous_json",
        "too_deep",
        "model_required",
        "invalid_model",
    }
    assert all(program.problems().values())
