"""The demo provider through the real gateway, as newcomers and the official SDKs meet it."""

import json
import threading
import time
from collections.abc import Iterator
from contextlib import closing
from http.client import HTTPConnection, IncompleteRead

import anthropic
import openai
import psutil
import pytest

from aigw.engines.demo.service import MOST_CONNECTIONS
from tests.envoy.running import Running
from tests.waiting import PATIENCE

pytestmark = pytest.mark.envoy

CHAT = "/v1/chat/completions"
SAID = "This is the demo provider, asked for model m. You said: hi"


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """A gateway with the demo provider for every model."""
    with Running(tmp_path_factory.mktemp("demo")) as each:
        each.start()
        yield each


@pytest.fixture
def of_openai(running: Running) -> Iterator[openai.OpenAI]:
    """OpenAI's client."""
    url = f"http://127.0.0.1:{running.port}/v1"
    with openai.OpenAI(base_url=url, api_key="none", max_retries=0, timeout=PATIENCE) as client:
        yield client


@pytest.fixture
def of_anthropic(running: Running) -> Iterator[anthropic.Anthropic]:
    """Anthropic's client."""
    url = f"http://127.0.0.1:{running.port}"
    with anthropic.Anthropic(
        base_url=url, api_key="none", max_retries=0, timeout=PATIENCE
    ) as client:
        yield client


def test_openai_chats(of_openai: openai.OpenAI) -> None:
    answer = of_openai.chat.completions.create(
        model="m", messages=[{"role": "user", "content": "hi"}]
    )
    assert answer.choices[0].message.content == SAID
    assert answer.usage is not None
    assert (answer.usage.prompt_tokens, answer.usage.completion_tokens) == (1, 12)


def test_openai_streams_a_chat(of_openai: openai.OpenAI) -> None:
    chunks = of_openai.chat.completions.create(
        model="m",
        messages=[{"role": "user", "content": "hi"}],
        stream=True,
        stream_options={"include_usage": True},
    )
    seen = list(chunks)
    assert "".join(part.choices[0].delta.content or "" for part in seen if part.choices) == SAID
    assert seen[-1].usage is not None


def test_openai_completes_and_embeds(of_openai: openai.OpenAI) -> None:
    assert of_openai.completions.create(model="m", prompt="hi").choices[0].text == SAID
    vectors = of_openai.embeddings.create(model="m", input=["a", "b"], dimensions=8)
    assert [len(each.embedding) for each in vectors.data] == [8, 8]


def test_openai_responds(of_openai: openai.OpenAI) -> None:
    assert of_openai.responses.create(model="m", input="hi").output_text == SAID
    with of_openai.responses.stream(model="m", input="hi") as stream:
        kinds = [event.type for event in stream]
        assert stream.get_final_response().output_text == SAID
    assert kinds[0] == "response.created"
    assert kinds[-1] == "response.completed"


def test_anthropic_answers_and_counts(of_anthropic: anthropic.Anthropic) -> None:
    answer = of_anthropic.messages.create(
        model="m", max_tokens=10, messages=[{"role": "user", "content": "hi"}]
    )
    assert [part.text for part in answer.content if part.type == "text"] == [SAID]
    count = of_anthropic.messages.count_tokens(
        model="m", messages=[{"role": "user", "content": "hi"}]
    )
    assert count.input_tokens == 1


def test_anthropic_streams(of_anthropic: anthropic.Anthropic) -> None:
    with of_anthropic.messages.stream(
        model="m", max_tokens=10, messages=[{"role": "user", "content": "hi"}]
    ) as stream:
        assert "".join(stream.text_stream) == SAID
        assert stream.get_final_message().usage.output_tokens == 12


def test_it_can_be_slow(running: Running) -> None:
    begun = time.monotonic()
    assert running.ask("demo:slow=0.5 hi").status == 200
    assert time.monotonic() - begun >= 0.5


def test_a_stream_comes_piece_by_piece(running: Running) -> None:
    with running.open("demo:chunks=5 demo:delay=0.2", stream=True) as answer:
        begun = time.monotonic()
        first = answer.readline()
        seconds = time.monotonic() - begun
        rest = answer.read()
        assert time.monotonic() - begun >= 0.8
    assert seconds < 0.8
    assert first.startswith(b"data: ")
    assert rest.count(b"data: ") == 6


def test_it_fails_as_it_is_told(running: Running) -> None:
    assert running.ask("demo:status=503").status == 503
    limited = running.ask("demo:status=429")
    assert (limited.status, limited.headers["retry-after"]) == (429, "1")


@pytest.mark.parametrize("stream", [True, False], ids=["stream", "whole"])
def test_it_cuts_an_answer_as_it_is_told(running: Running, *, stream: bool) -> None:
    with (
        running.open("demo:chunks=9 demo:cut=3", stream=stream) as answer,
        pytest.raises(IncompleteRead) as error,
    ):
        answer.read()
    if stream:
        assert error.value.partial.count(b"data: ") == 3


def test_a_header_tells_it_too(of_openai: openai.OpenAI) -> None:
    with pytest.raises(openai.InternalServerError):
        of_openai.chat.completions.create(
            model="m",
            messages=[{"role": "user", "content": "hi"}],
            extra_headers={"x-demo": "status=500"},
        )


def test_a_body_in_chunks_is_read(running: Running) -> None:
    parts = (b'{"model":"m","mess', b'ages":[{"role":"user",', b'"content":"hi"}]}')
    headers = {"content-type": "application/json"}
    with closing(HTTPConnection("127.0.0.1", running.port, timeout=PATIENCE)) as client:
        client.request("POST", CHAT, iter(parts), headers, encode_chunked=True)
        assert SAID in client.getresponse().read().decode()


def test_many_streams_at_once_are_served_with_little_memory(running: Running) -> None:
    texts: list[bytes] = []
    count = 200
    assert count < MOST_CONNECTIONS

    def read() -> None:
        with running.open("demo:chunks=10 demo:delay=0.05", stream=True) as answer:
            texts.append(answer.read())

    threads = [threading.Thread(target=read) for _ in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [text.endswith(b"data: [DONE]\n\n") for text in texts] == [True] * count
    resident = psutil.Process(running.supervisor.pid).memory_info().rss
    assert resident < 60 * 1024 * 1024


def test_more_connections_than_it_serves_at_once_wait_for_their_turn(running: Running) -> None:
    statuses: list[int] = []

    def ask() -> None:
        statuses.append(running.ask("demo:slow=0.5").status)

    threads = [threading.Thread(target=ask) for _ in range(MOST_CONNECTIONS + 20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert statuses == [200] * (MOST_CONNECTIONS + 20)
    assert json.loads(running.ask().body)["usage"]
