"""Bodies of requests that every gateway must carry byte for byte, and those that it must refuse."""

import json

CHAT = "/v1/chat/completions"
LIMIT = 32 * 1024 * 1024
DEEP = 300


def body(**members: object) -> bytes:
    return json.dumps({"model": "m", **members}).encode()


def sized(size: int) -> bytes:
    """A request of exactly that many bytes."""
    frame = body(messages=[{"role": "user", "content": ""}])
    return frame.replace(b'"content": ""', b'"content": "' + b"a" * (size - len(frame)) + b'"')


CARRIED = {
    "compact": b'{"model":"m","messages":[]}',
    "blanks everywhere": b' \r\n\t{ "model" : "m" ,\n "messages" : [ ] } \n',
    "model last": b'{"messages":[{"role":"user","content":"x"}],"model":"m"}',
    "a model in a nested object": b'{"metadata":{"model":"other"},"model":"m"}',
    "nested duplicates": b'{"model":"m","tools":[{"a":1,"a":2}]}',
    "nested escaped keys": b'{"model":"m","tools":[{"mod\\u0065l":"x"}]}',
    "big integers": b'{"model":"m","seed":9007199254740993,"n":1.0e-7}',
    "escapes": b'{"model":"m","messages":[{"content":"\\u4f60\\n\\"\\\\ \\ud83d\\ude00 \\/"}]}',
    "raw UTF-8": '{"model":"m","messages":[{"content":"你好 😀"}]}'.encode(),
    "brackets in text": b'{"model":"m","messages":[{"content":"}]}{\\"model\\":\\"x\\""}]}',
    "a NUL in text": b'{"model":"m","messages":[{"content":"a\\u0000b"}]}',
    "deep": body(x=json.loads("[" * DEEP + "]" * DEEP)),
    "stream and options": body(stream=True, stream_options={"include_usage": False}),
    "unknown members": body(x={"y": [None, True, 1.5]}, service_tier="auto"),
    "a megabyte": sized(1_000_000),
    "20 MB": sized(20_000_000),
    "exactly the limit": sized(LIMIT),
}

REFUSED = {
    "nothing": b"",
    "not JSON": b"hello",
    "an array": b'[{"model":"m"}]',
    "text": b'"model"',
    "cut off": b'{"model":"m","messages":[',
    "cut off in text": b'{"model":"m","messages":"x',
    "cut off in an escape": b'{"model":"m","messages":"x\\"',
    "garbage behind": b'{"model":"m"}x',
    "a second object behind": b'{"model":"m"}{"model":"other"}',
    "a comma behind the last member": b'{"model":"m",}',
    "no comma": b'{"model":"m" "x":1}',
    "no colon": b'{"model" "m"}',
    "single quotes": b"{'model':'m'}",
    "a comment": b'{/* */"model":"m"}',
    "wrong brackets": b'{"model":"m","x":[}]}',
    "a NUL before": b'\0{"model":"m"}',
    "a NUL behind": b'{"model":"m"}\0',
    "a NUL between": b'{"model":\0"m"}',
    "a byte order mark": b'\xef\xbb\xbf{"model":"m"}',
    "UTF-16": '{"model":"m"}'.encode("utf-16"),
    "a number that is none": b'{"model":"m","x":01}',
    "a word that is none": b'{"model":"m","x":nul}',
    "deeper than any request": b'{"model":"m","x":' + b"[" * 100_000 + b"]" * 100_000 + b"}",
    "endlessly deep": b'{"model":"m","x":' + b"[" * 1_000_000,
    "no model": b'{"messages":[]}',
    "a model that is a number": b'{"model":5}',
    "a model that is null": b'{"model":null}',
    "a model that is a list": b'{"model":["m"]}',
    "a model that is an object": b'{"model":{"model":"m"}}',
    "a model that is true": b'{"model":true}',
    "an empty model": b'{"model":""}',
    "a duplicate model": b'{"model":"m","model":"other"}',
    "a duplicate model that is equal": b'{"model":"m","model":"m"}',
    "a model in disguise": b'{"model":"m","mod\\u0065l":"other"}',
    "a model only in disguise": b'{"mod\\u0065l":"m"}',
    "a backslash in any top-level key": b'{"model":"m","us\\u0065r":"x"}',
    "duplicate messages": b'{"model":"m","messages":[],"messages":[{}]}',
    "duplicate input": b'{"model":"m","input":"a","input":"b"}',
    "duplicate stream": b'{"model":"m","stream":true,"stream":false}',
    "duplicate stream_options": b'{"model":"m","stream_options":{},"stream_options":{}}',
    "a quote in the model": b'{"model":"claude-sec\\"ret"}',
    "an escaped quote in the model": b'{"model":"claude-sec\\u0022ret"}',
    "a backslash in the model": b'{"model":"m\\\\"}',
    "an escaped backslash in the model": b'{"model":"m\\u005c"}',
    "a newline in the model": b'{"model":"m\\n"}',
    "a raw newline in the model": b'{"model":"m\n"}',
    "an escaped newline in the model": b'{"model":"m\\u000a"}',
    "a NUL in the model": b'{"model":"m\\u0000"}',
    "a delete in the model": b'{"model":"m\x7f"}',
    "a model that is not UTF-8": b'{"model":"m\xff"}',
    "half a surrogate in the model": b'{"model":"m\\ud83d"}',
}
