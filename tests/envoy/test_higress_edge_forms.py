"""Forms and audio through the filters of Higress's engine, in a real Envoy."""

from collections.abc import Iterator

import pytest

from aigw.spec.gateway import GatewaySpec
from aigw.spec.routing import AutoRouting
from tests.envoy.bodies import LIMIT
from tests.envoy.edge import EdgeGateway
from tests.envoy.errors import INVALID, openai_error
from tests.envoy.gateway import provider
from tests.envoy.upstream import Answer, Upstream
from tests.forms import AUDIO, FORM_PATHS, KIND, MODEL, form, sent_by_httpx, upload

pytestmark = pytest.mark.envoy

SPEECH, TRANSCRIPTIONS = "/v1/audio/speech", "/v1/audio/transcriptions"


@pytest.fixture(scope="module")
def shared_edge(
    shared_upstream: Upstream, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[EdgeGateway]:
    """A provider `p` of every model and a provider `q` of none; auto-routing is on."""
    spec = GatewaySpec(
        providers=(
            provider("p", shared_upstream.url),
            provider("q", shared_upstream.url, models=[]),
        ),
        auto_routing=AutoRouting(enabled=True, default="usual"),
    )
    with EdgeGateway(spec, tmp_path_factory.mktemp("forms"), shared_upstream) as edge:
        yield edge


@pytest.fixture
def edge(shared_edge: EdgeGateway, upstream: Upstream) -> EdgeGateway:
    """The module's gateway in front of `upstream`."""
    assert upstream.received == []
    shared_edge.router.seen.clear()
    return shared_edge


@pytest.mark.parametrize("path", FORM_PATHS)
def test_a_form_arrives_byte_for_byte(edge: EdgeGateway, upstream: Upstream, path: str) -> None:
    kind, sent = sent_by_httpx("whisper-1")
    reply = edge.post(path, sent, {"content-type": kind, "content-encoding": "identity"})
    assert reply.status == 200, reply.body
    asked = upstream.only()
    assert (asked.path, asked.body) == (path, sent)
    assert asked.values("content-type") == [kind]
    assert asked.values("authorization") == ["Bearer sk-p"]
    assert edge.router.seen == []
    assert reply.header("x-aigw-model") == "whisper-1"


@pytest.mark.parametrize("headers", [{}, {"x-aigw-provider": "q"}])
def test_of_a_form_for_a_named_provider_only_the_model_changes(
    edge: EdgeGateway, upstream: Upstream, headers: dict[str, str]
) -> None:
    sent = upload("q/whisper-1", language="de")
    assert edge.post(TRANSCRIPTIONS, sent, {"content-type": KIND, **headers}).status == 200
    assert upstream.only().body == upload("whisper-1", language="de")
    assert upstream.only().values("authorization") == ["Bearer sk-q"]


def test_a_form_of_the_largest_size_passes_and_one_byte_more_does_not(
    edge: EdgeGateway, upstream: Upstream
) -> None:
    largest = upload("m", b"\0" * (LIMIT - len(upload("m", b""))))
    assert edge.post(TRANSCRIPTIONS, largest, {"content-type": KIND}).status == 200
    assert upstream.only().body == largest
    upstream.received.clear()
    reply = edge.post(TRANSCRIPTIONS, largest + b"\n", {"content-type": KIND})
    assert openai_error(reply)[2] == "request_too_large"
    assert upstream.received == []


@pytest.mark.parametrize(
    ("sent", "param"),
    [
        (upload("m")[:-4], None),
        (form((MODEL, "m"), (MODEL, "n")), None),
        (upload("auto"), "model"),
        (b'{"model":"m"}', None),
    ],
    ids=["cut", "two models", "auto", "JSON"],
)
def test_a_form_that_cannot_be_judged_is_refused(
    edge: EdgeGateway, upstream: Upstream, sent: bytes, param: str | None
) -> None:
    reply = edge.post(TRANSCRIPTIONS, sent, {"content-type": KIND})
    assert openai_error(reply) == (400, INVALID, INVALID, param)
    assert upstream.received == []


def test_speech_comes_back_as_it_is(edge: EdgeGateway, upstream: Upstream) -> None:
    upstream.answers(Answer(headers=(("content-type", "audio/mpeg"),), body=(AUDIO, AUDIO)))
    reply = edge.post(SPEECH, {"model": "q/tts-1", "input": "hi", "voice": "alloy"})
    assert (reply.status, reply.body) == (200, AUDIO * 2)
    assert reply.header("content-type") == "audio/mpeg"
    assert upstream.only().json()["model"] == "tts-1"
