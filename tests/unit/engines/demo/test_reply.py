"""The demo provider's answers: in the form of each API, and the same each time."""

import json
from typing import Any

import pytest

from aigw.engines.demo import reply

CHAT, COMPLETIONS = "/v1/chat/completions", "/v1/completions"
EMBEDDINGS, RESPONSES = "/v1/embeddings", "/v1/responses"
MESSAGES, COUNT = "/v1/messages", "/v1/messages/count_tokens"
HI: dict[str, object] = {"messages": [{"role": "user", "content": "hi there"}]}
INPUTS: dict[str, dict[str, object]] = {
    CHAT: HI,
    COMPLETIONS: {"prompt": "hi there"},
    EMBEDDINGS: {"input": "hi there"},
    RESPONSES: {"input": "hi there"},
    MESSAGES: HI,
    COUNT: HI,
}
TEXT = "This is the demo provider, asked for model m. You said: hi there"


def post(path: str, **more: object) -> reply.Reply:
    """Ask model `m`."""
    return reply.post(path, json.dumps({"model": "m", **INPUTS[path], **more}).encode(), "")


def whole(path: str, **more: object) -> dict[str, Any]:
    """Return the JSON of an answer."""
    answer = post(path, **more)
    assert (answer.status, answer.stream) == (200, None)
    tree = json.loads(answer.body)
    assert isinstance(tree, dict)
    return tree


def streamed(path: str, **more: object) -> str:
    """Return all that a stream says."""
    answer = post(path, stream=True, **more)
    assert answer.stream is not None
    return "".join(answer.stream)


@pytest.mark.parametrize("path", INPUTS)
def test_the_same_request_has_the_same_answer(path: str) -> None:
    assert post(path).body == post(path).body != ""


def test_an_answer_says_which_model_was_asked_and_what_was_heard() -> None:
    said = (
        whole(CHAT)["choices"][0]["message"]["content"],
        whole(COMPLETIONS)["choices"][0]["text"],
        whole(RESPONSES)["output"][0]["content"][0]["text"],
        whole(MESSAGES)["content"][0]["text"],
    )
    assert said == (TEXT,) * 4


def test_a_long_text_is_echoed_briefly() -> None:
    body = {"model": "m", "messages": [{"role": "user", "content": "x" * 1_000_000}]}
    answer = reply.post(CHAT, json.dumps(body).encode(), "")
    assert len(answer.body) < 1000


@pytest.mark.parametrize(
    ("path", "usage"),
    [
        (CHAT, {"prompt_tokens": 2, "completion_tokens": 13, "total_tokens": 15}),
        (COMPLETIONS, {"prompt_tokens": 2, "completion_tokens": 13, "total_tokens": 15}),
        (EMBEDDINGS, {"prompt_tokens": 2, "total_tokens": 2}),
        (MESSAGES, {"input_tokens": 2, "output_tokens": 13}),
    ],
)
def test_usage_is_told(path: str, usage: dict[str, int]) -> None:
    assert whole(path)["usage"] == usage


def test_a_chat_stream_tells_usage_only_when_it_is_asked_to() -> None:
    plain = streamed(CHAT)
    asked = streamed(CHAT, stream_options={"include_usage": True})
    assert ("usage" in plain, asked.count('"usage"')) == (False, 1)
    assert plain.endswith("data: [DONE]\n\n")
    assert asked.endswith("data: [DONE]\n\n")


@pytest.mark.parametrize("path", [CHAT, COMPLETIONS])
def test_a_stream_says_what_the_whole_answer_says(path: str) -> None:
    events = [line[6:] for line in streamed(path).split("\n\n")[:-2]]
    choices = [json.loads(event)["choices"][0] for event in events]
    texts = [choice.get("text", choice.get("delta", {}).get("content", "")) for choice in choices]
    assert "".join(texts) == TEXT
    assert choices[-1]["finish_reason"] == "stop"


@pytest.mark.parametrize("path", [CHAT, COMPLETIONS, RESPONSES, MESSAGES])
def test_as_many_chunks_are_sent_as_were_asked_for(path: str) -> None:
    body = {"model": "m", **INPUTS[path], "stream": True}
    answer = reply.post(path, json.dumps(body).encode(), "chunks=200")
    assert answer.stream is not None
    assert "".join(answer.stream).count("hi ") >= 200 // 13


@pytest.mark.parametrize(("dimensions", "length"), [(None, 64), (3, 3), (10**9, 4096), (-1, 64)])
def test_a_vector_has_the_length_asked_for(dimensions: int | None, length: int) -> None:
    vector = whole(EMBEDDINGS, dimensions=dimensions)["data"][0]["embedding"]
    assert len(vector) == length
    assert all(-1 <= number <= 1 for number in vector)


def test_each_input_has_its_vector() -> None:
    data = whole(EMBEDDINGS, input=["a", "b", "a"])["data"]
    assert [each["index"] for each in data] == [0, 1, 2]
    assert data[0]["embedding"] == data[2]["embedding"] != data[1]["embedding"]


@pytest.mark.parametrize(
    ("path", "content", "status"),
    [
        (CHAT, b"{", 400),
        (CHAT, b"[]", 400),
        (CHAT, b"[" * 100_000, 400),
        (CHAT, b"\xff", 400),
        ("/v1/images/generations", b"{}", 404),
        (CHAT, b"{}", 200),
        (MESSAGES, b'{"messages":7,"stream":"x"}', 200),
        (EMBEDDINGS, b'{"input":{"a":[]}}', 200),
        (COMPLETIONS, b'{"prompt":"\\ud800"}', 200),
    ],
)
def test_whatever_is_sent_has_an_answer(path: str, content: bytes, status: int) -> None:
    assert reply.post(path, content, "").status == status


@pytest.mark.parametrize(
    ("path", "keys"),
    [(CHAT, {"error"}), (MESSAGES, {"type", "error"})],
    ids=["as OpenAI", "as Anthropic"],
)
def test_a_failure_that_was_asked_for_has_the_form_of_the_api(path: str, keys: set[str]) -> None:
    body = json.dumps({"model": "m", **INPUTS[path]}).encode()
    answer = reply.post(path, body, "status=503")
    assert answer.status == 503
    assert set(json.loads(answer.body)) == keys
    assert json.loads(answer.body)["error"]["message"] == "the demo provider was asked to fail"


def test_there_is_one_model() -> None:
    assert [model["id"] for model in json.loads(reply.get("/v1/models").body)["data"]] == ["demo"]
    assert reply.get("/v1/else").status == 404
