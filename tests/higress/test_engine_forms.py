"""Forms and audio through a gateway on Higress: which provider sees what."""

import json
from collections.abc import Iterator
from contextlib import closing
from http.client import HTTPConnection

import pytest

from tests.forms import AUDIO, FORM_PATHS, KIND, sent_by_httpx, upload
from tests.higress.higress_machine import KEY, HigressMachine, openai
from tests.higress.upstreams import PATIENCE, Upstream

pytestmark = pytest.mark.docker

SPEECH, TRANSCRIPTIONS, EDITS = "/v1/audio/speech", "/v1/audio/transcriptions", "/v1/images/edits"


@pytest.fixture(scope="module")
def one(provider: Upstream, tmp_path_factory: pytest.TempPathFactory) -> Iterator[HigressMachine]:
    """`openai` calls `pencil` otherwise; `groq` and `deepseek` have endpoints of their own."""
    with HigressMachine(folder=tmp_path_factory.mktemp("forms")) as machine:
        document = machine.document(openai(provider, modelMap={"pencil": "gpt-image-1"}))
        machine.start("--file", str(document), "--openai-key", KEY)
        for host in ("api.groq.com", "api.deepseek.com"):
            machine.sh(f"echo {provider.ip} {host} >> /etc/hosts")
        machine.run("config", "add", "--provider", "groq", "--key-stdin", stdin="gsk_1")
        machine.run("config", "add", "--provider", "deepseek", "--key-stdin", stdin="sk-2")
        yield machine


def post(machine: HigressMachine, path: str, body: bytes, kind: str = KIND) -> tuple[int, bytes]:
    """Ask the gateway; returns status and body."""
    with closing(HTTPConnection("127.0.0.1", machine.port, timeout=PATIENCE)) as connection:
        connection.request("POST", path, body, {"content-type": kind})
        answer = connection.getresponse()
        return answer.status, answer.read()


@pytest.mark.parametrize("path", FORM_PATHS)
def test_a_form_reaches_the_provider_byte_for_byte(
    one: HigressMachine, provider: Upstream, path: str
) -> None:
    kind, sent = sent_by_httpx("gpt-4o-transcribe")
    provider.forget()
    assert post(one, f"{path}?x=1", sent, kind)[0] == 200
    asked = provider.last()
    assert (asked.path, asked.body) == (f"{path}?x=1", sent)
    assert asked.header("content-type") == kind
    assert asked.header("authorization") == f"Bearer {KEY}"


def test_a_megabyte_of_audio_for_a_named_provider_changes_in_its_model_alone(
    one: HigressMachine, provider: Upstream
) -> None:
    content = AUDIO * 100
    provider.forget()
    assert post(one, TRANSCRIPTIONS, upload("openai/whisper-1", content))[0] == 200
    assert provider.last().body == upload("whisper-1", content)


def test_an_edit_of_an_image_has_the_provider_s_own_name_of_the_model(
    one: HigressMachine, provider: Upstream
) -> None:
    provider.forget()
    assert post(one, EDITS, upload("openai/pencil", AUDIO))[0] == 200
    assert provider.last().body == upload("gpt-image-1", AUDIO)


@pytest.mark.parametrize(
    ("path", "theirs"),
    [(TRANSCRIPTIONS, "/openai/v1/audio/transcriptions"), (SPEECH, "/openai/v1/audio/speech")],
)
def test_a_provider_has_its_endpoint_where_ai_proxy_knows_of_none(
    one: HigressMachine, provider: Upstream, path: str, theirs: str
) -> None:
    provider.forget()
    speech = json.dumps({"model": "groq/whisper-large-v3", "input": "hi"}).encode()
    sent = (speech, "application/json") if path == SPEECH else (upload("whisper-large-v3"), KIND)
    assert post(one, path, *sent)[0] == 200
    asked = provider.last()
    assert (asked.path, asked.header("host")) == (theirs, "api.groq.com")
    assert asked.header("authorization") == "Bearer gsk_1"


def test_a_provider_without_the_endpoint_is_told(one: HigressMachine, provider: Upstream) -> None:
    provider.forget()
    status, body = post(one, EDITS, upload("deepseek-chat"))
    assert (status, json.loads(body)["error"]["code"]) == (501, "unsupported_endpoint")
    assert provider.requests() == []


def test_an_ambiguous_form_reaches_nobody(one: HigressMachine, provider: Upstream) -> None:
    provider.forget()
    status, body = post(one, TRANSCRIPTIONS, upload("whisper-1", model="gpt-4o"))
    assert (status, json.loads(body)["error"]["code"]) == (400, "invalid_request_error")
    assert provider.requests() == []
