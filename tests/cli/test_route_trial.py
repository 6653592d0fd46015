"""`aigw route test`: what a message would be routed to, without sending it."""

import json

import pytest

from tests.cli.program import Program


def test_a_message_is_tried_without_sending_it(routed: Program) -> None:
    rule = ("--model", "o3", "--trigger", "deep", "--name", "deep")
    assert routed("route", "add", *rule).code == 0
    said = routed("route", "test", "  Deep thoughts, please ")
    assert (said.code, said.err) == (0, "")
    assert said.out == (
        "prompt: Deep thoughts, please\n"
        "rule: deep\n"
        "model: o3\n"
        "provider: openai\n"
        "upstream model: o3\n"
        "reason: rule `deep` is the first that matches; `o3*` is the longest prefix that fits\n"
    )


def test_a_trigger_that_stands_later_in_the_text_is_named(routed: Program) -> None:
    rule = ("--model", "o3", "--trigger", "深入思考|deep", "--name", "deep")
    assert routed("route", "add", *rule).code == 0
    why = "no rule matches (the trigger of `deep` counts at the beginning only); "
    for text in ("请深入思考这个问题", "Go DEEP"):
        tested = routed("route", "test", "--json", text).json()
        assert tested["rule"] == "default"
        assert str(tested["reason"]).startswith(why)
    assert "reason: no rule matches; " in routed("route", "test", "hello").out


BODY = {
    "model": "higress/auto",
    "messages": [
        {"role": "system", "content": "deep"},
        {"role": "user", "content": [{"type": "text", "text": "hello"}]},
    ],
}
BODIES = {
    "the model of the body": ((), BODY, ("default", "gpt-4o", "openai")),
    "a model by name": ((), BODY | {"model": "deepseek-chat"}, (None, "deepseek-chat", "deepseek")),
    "another model by flag": (("--model", "o3"), BODY, (None, "o3", "openai")),
    "a model nobody serves": ((), BODY | {"model": "x"}, (None, "x", None)),
}


@pytest.mark.parametrize(("flags", "body", "expected"), BODIES.values(), ids=BODIES.keys())
def test_a_whole_request_is_tried(
    routed: Program, flags: tuple[str, ...], body: object, expected: tuple[str | None, ...]
) -> None:
    file = routed.home / "request.json"
    file.write_text(json.dumps(body))
    for arguments, stdin in ((("--file", str(file)), ""), (("-",), json.dumps(body))):
        tested = routed("route", "test", "--json", *flags, *arguments, stdin=stdin).json()
        assert (tested["rule"], tested["model"], tested["provider"]) == expected


BAD_TESTS = {
    "nothing": ((), "", "give a text, or a request body with --file"),
    "not JSON": (("-",), "{", "the request body is not JSON: "),
    "no object": (("-", "--model", "o3"), "[]", "the request body is not a JSON object\n"),
    "no model": (
        ("-",),
        "{}",
        "the request body names no model\n\n"
        "hint: aigw route test --file FILE --model higress/auto\n",
    ),
    "no file": (("--file", "missing.json"), "", "`missing.json` cannot be read: no such file"),
}


@pytest.mark.parametrize(("flags", "stdin", "words"), BAD_TESTS.values(), ids=BAD_TESTS.keys())
def test_what_cannot_be_tried_is_said(
    routed: Program, flags: tuple[str, ...], stdin: str, words: str
) -> None:
    said = routed("route", "test", *flags, stdin=stdin)
    assert (said.code, said.out) == (2, "")
    assert said.err.startswith(f"error: {words}")


def test_auto_without_auto_routing_is_nobodys_model(routed: Program) -> None:
    routed("route", "off")
    tested = routed("route", "test", "--json", "hello").json()
    assert (tested["provider"], tested["reason"]) == (None, "auto-routing is off")
