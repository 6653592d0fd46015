"""Forms and audio through the embedded engine: carried byte for byte to who has the endpoint."""

from collections.abc import Iterator

import pytest

from tests.envoy.bodies import LIMIT
from tests.envoy.errors import INVALID, openai_error
from tests.envoy.gateway import Gateway, provider
from tests.envoy.upstream import Answer, Upstream
from tests.forms import AUDIO, FORM_PATHS, KIND, MODEL, form, models, sent_by_httpx, upload

pytestmark = pytest.mark.envoy

SPEECH, TRANSCRIPTIONS = "/v1/audio/speech", "/v1/audio/transcriptions"


@pytest.fixture(scope="module")
def shared_gateway(
    shared_upstream: Upstream, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Gateway]:
    """`p` has every endpoint and calls `ears` otherwise, `d` has no audio."""
    providers = [
        provider("p", shared_upstream.url, model_map={"ears": "whisper-large-v3"}),
        provider("d", shared_upstream.url, type="deepseek", models=["deepseek-*"]),
    ]
    with Gateway(providers, tmp_path_factory.mktemp("forms")) as gateway:
        yield gateway


@pytest.mark.parametrize("path", FORM_PATHS)
def test_a_form_arrives_byte_for_byte(gateway: Gateway, upstream: Upstream, path: str) -> None:
    kind, sent = sent_by_httpx("whisper-1")
    reply = gateway.post(f"{path}?x=1", sent, {"content-type": kind})
    assert reply.status == 200, reply.body
    asked = upstream.only()
    assert (asked.path, asked.body) == (f"{path}?x=1", sent)
    assert asked.values("content-type") == [kind]
    assert asked.values("content-length") == [str(len(sent))]
    assert asked.values("authorization") == ["Bearer sk-p"]
    assert reply.header("x-aigw-model") == "whisper-1"


@pytest.mark.parametrize(
    ("asked", "served"), [("p/whisper-1", "whisper-1"), ("ears", "whisper-large-v3")]
)
def test_of_a_form_only_the_model_changes(
    gateway: Gateway, upstream: Upstream, asked: str, served: str
) -> None:
    sent = upload(asked, language="de")
    assert gateway.post(TRANSCRIPTIONS, sent, {"content-type": KIND}).status == 200
    assert upstream.only().body == upload(served, language="de")
    assert models(KIND, upstream.only().body) == [served]


def test_a_form_of_the_largest_size_passes_and_one_byte_more_does_not(
    gateway: Gateway, upstream: Upstream
) -> None:
    largest = upload("m", b"\0" * (LIMIT - len(upload("m", b""))))
    assert gateway.post(TRANSCRIPTIONS, largest, {"content-type": KIND}).status == 200
    assert upstream.only().body == largest
    upstream.received.clear()
    reply = gateway.post(TRANSCRIPTIONS, largest + b"\n", {"content-type": KIND})
    assert openai_error(reply)[2] == "request_too_large"
    assert upstream.received == []


REFUSED = {
    "the request body is not a form as its content-type says": upload("m")[:-4],
    "the form has two models, or a part whose name": form((MODEL, "m"), (MODEL, "n")),
    "the model must be a string": form((MODEL, 'm"')),
    "you must provide a model": form(('Content-Disposition: form-data; name="a"', "b")),
    "auto-routing reads what a chat says; name a model in a form": upload("auto"),
    "the request body is not a form": b'{"model":"m"}',
}


@pytest.mark.parametrize(("words", "sent"), REFUSED.items())
def test_a_form_that_cannot_be_judged_is_refused(
    gateway: Gateway, upstream: Upstream, words: str, sent: bytes
) -> None:
    reply = gateway.post(TRANSCRIPTIONS, sent, {"content-type": KIND})
    assert openai_error(reply)[:3] == (400, INVALID, INVALID)
    error = reply.json()["error"]
    assert error["message"].startswith(words)
    assert error["param"] == (None if words.startswith(("the form", "the request")) else "model")
    assert upstream.received == []


def test_a_provider_without_the_endpoint_is_told_with_those_that_have_it(
    gateway: Gateway, upstream: Upstream
) -> None:
    reply = gateway.post(TRANSCRIPTIONS, upload("deepseek-chat"), {"content-type": KIND})
    assert openai_error(reply)[:3] == (501, "server_error", "unsupported_endpoint")
    assert "these providers have one: p" in reply.json()["error"]["message"]
    assert upstream.received == []


def test_speech_comes_back_as_it_is(gateway: Gateway, upstream: Upstream) -> None:
    upstream.answers(Answer(headers=(("content-type", "audio/mpeg"),), body=(AUDIO, AUDIO)))
    reply = gateway.post(SPEECH, {"model": "p/tts-1", "input": "hi", "voice": "alloy"})
    assert (reply.status, reply.body) == (200, AUDIO * 2)
    assert reply.header("content-type") == "audio/mpeg"
    assert upstream.only().path == SPEECH
    assert upstream.only().json()["model"] == "tts-1"
