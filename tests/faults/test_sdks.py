"""The official SDKs talk to the gateway as they talk to their providers."""

from collections.abc import Iterator

import anthropic
import openai
import pytest

from tests.envoy.upstream import Upstream, event, json_answer, sse_answer
from tests.world import Machine

pytestmark = pytest.mark.envoy
WORDS = ("Once ", "upon ", "a ", "time")


@pytest.fixture(scope="module")
def upstream() -> Iterator[Upstream]:
    """One provider for both dialects."""
    with Upstream() as provider:
        yield provider


@pytest.fixture(scope="module")
def machine(upstream: Upstream, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Machine]:
    """A gateway with an OpenAI and an Anthropic provider behind it."""
    with Machine(folder=tmp_path_factory.mktemp("sdk")) as one:
        one.start()
        for provider, path in (("openai", "/v1"), ("claude", "/v1")):
            url = f"{upstream.url}{path}"
            key = ("--key", f"sk-{provider}-0123456789")
            one.run("config", "add", "--provider", provider, "--url", url, "--no-check", *key)
        yield one


def openai_client(machine: Machine) -> openai.OpenAI:
    """Make OpenAI's client as its users do."""
    return openai.OpenAI(base_url=machine.url, api_key="unused", max_retries=0)


def anthropic_client(machine: Machine) -> anthropic.Anthropic:
    """Make Anthropic's client as its users do: its base URL has no version."""
    return anthropic.Anthropic(
        base_url=machine.url.removesuffix("/v1"), api_key="unused", max_retries=0
    )


def test_a_chat_through_the_openai_sdk(machine: Machine, upstream: Upstream) -> None:
    with openai_client(machine) as client:
        answer = client.chat.completions.create(
            model="gpt-4o", messages=[{"role": "user", "content": "hi"}]
        )
    assert answer.choices[0].message.content == "hello"
    assert upstream.last().values("authorization") == ["Bearer sk-openai-0123456789"]


def test_a_stream_through_the_openai_sdk(machine: Machine, upstream: Upstream) -> None:
    chunks = [
        event(
            {
                "id": "c",
                "object": "chat.completion.chunk",
                "choices": [{"index": 0, "delta": {"content": word}}],
            }
        )
        for word in WORDS
    ]
    upstream.answers(sse_answer(*chunks, b"data: [DONE]\n\n"))
    with openai_client(machine) as client:
        stream = client.chat.completions.create(
            model="gpt-4o", messages=[{"role": "user", "content": "hi"}], stream=True
        )
        got = [chunk.choices[0].delta.content for chunk in stream if chunk.choices]
    assert got == list(WORDS)


def test_the_models_are_listed_through_the_openai_sdk(machine: Machine) -> None:
    with openai_client(machine) as client:
        listed = list(client.models.list())
        one = client.models.retrieve(listed[-1].id)
    assert {"openai", "claude"} <= {model.owned_by for model in listed}
    assert one == listed[-1]


def test_an_unknown_model_is_the_sdks_not_found(machine: Machine) -> None:
    with openai_client(machine) as client, pytest.raises(openai.NotFoundError) as caught:
        client.chat.completions.create(
            model="nobody-serves-this", messages=[{"role": "user", "content": "hi"}]
        )
    assert caught.value.code == "model_not_found"


def test_a_message_through_the_anthropic_sdk(machine: Machine, upstream: Upstream) -> None:
    upstream.answers(
        json_answer(
            {
                "id": "m",
                "type": "message",
                "role": "assistant",
                "model": "claude",
                "content": [{"type": "text", "text": "hello"}],
                "stop_reason": "end_turn",
                "stop_sequence": None,
                "usage": {"input_tokens": 3, "output_tokens": 1},
            }
        )
    )
    with anthropic_client(machine) as client:
        answer = client.messages.create(
            model="claude-made-up-9", max_tokens=9, messages=[{"role": "user", "content": "hi"}]
        )
    assert answer.content[0].type == "text"
    arrived = upstream.last()
    assert arrived.path == "/v1/messages"
    assert arrived.values("x-api-key") == ["sk-claude-0123456789"]
    assert arrived.values("anthropic-version") == ["2023-06-01"]


def test_a_stream_through_the_anthropic_sdk(machine: Machine, upstream: Upstream) -> None:
    def named(name: str, data: dict[str, object]) -> bytes:
        return f"event: {name}\n".encode() + event({"type": name, **data})

    usage = {"input_tokens": 3, "output_tokens": 1}
    message: dict[str, object] = {
        "id": "m",
        "type": "message",
        "role": "assistant",
        "model": "claude",
        "content": [],
        "stop_reason": None,
        "stop_sequence": None,
        "usage": usage,
    }
    deltas = [
        named("content_block_delta", {"index": 0, "delta": {"type": "text_delta", "text": word}})
        for word in WORDS
    ]
    upstream.answers(
        sse_answer(
            named("message_start", {"message": message}),
            named(
                "content_block_start", {"index": 0, "content_block": {"type": "text", "text": ""}}
            ),
            *deltas,
            named("content_block_stop", {"index": 0}),
            named("message_delta", {"delta": {"stop_reason": "end_turn"}, "usage": usage}),
            named("message_stop", {}),
        )
    )
    with (
        anthropic_client(machine) as client,
        client.messages.stream(
            model="claude-made-up-9", max_tokens=9, messages=[{"role": "user", "content": "hi"}]
        ) as stream,
    ):
        assert list(stream.text_stream) == list(WORDS)


def test_a_refusal_has_the_anthropic_sdks_shape(machine: Machine) -> None:
    with anthropic_client(machine) as client, pytest.raises(anthropic.NotFoundError) as caught:
        client.messages.create(
            model="nobody-serves-this", max_tokens=9, messages=[{"role": "user", "content": "hi"}]
        )
    assert isinstance(caught.value.body, dict)
    assert caught.value.body["type"] == "error"
