import json
import logging
import socket
import threading
from collections.abc import Iterator, Mapping

import pytest

from aigw.catalog.provider_type import Api, AuthHeader
from aigw.catalog.target import Target
from aigw.clients.http import KeyState, KeyVerdict, ask_gateway, check_key
from aigw.spec.secret import Secret
from tests.envoy.upstream import CUT, Answer, Authority, Upstream, json_answer
from tests.envoy.wire import Received

CANARY = "sk-canary-0123456789"
BEARER = AuthHeader(header="authorization", prefix="Bearer ")
PROXIES = ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY")


@pytest.fixture(autouse=True)
def _no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in PROXIES:
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.lower(), raising=False)


@pytest.fixture
def upstream() -> Iterator[Upstream]:
    with Upstream() as provider:
        yield provider


@pytest.fixture
def closed_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as made:
        return int(made.getsockname()[1])


def target(
    port: int,
    *,
    host: str = "127.0.0.1",
    scheme: str = "http",
    auth: AuthHeader | None = BEARER,
    paths: Mapping[Api, str] | None = None,
) -> Target:
    return Target(
        scheme=scheme,
        host=host,
        port=port,
        socket="",
        paths={Api.MODELS: "/v1/models?limit=1"} if paths is None else paths,
        auth={Api.MODELS: auth},
        headers={Api.MODELS: {"x-version": "1"}},
    )


def with_key(status: int) -> Answer:
    return json_answer({}, status=status)


def by_key(keyed: int, plain: int, upstream: Upstream) -> None:
    """Answer with one status to who has the key, and with another to who has none."""

    def choose(request: Received) -> Answer:
        return with_key(keyed if request.values("authorization") else plain)

    upstream.answers_by(choose)


@pytest.mark.parametrize(
    ("keyed", "plain", "state", "detail"),
    [
        (200, 401, KeyState.ACCEPTED, "it answered 200"),
        (200, 200, KeyState.UNKNOWN, "the provider lists its models to anybody"),
        (401, 401, KeyState.REJECTED, "it answered 401"),
        (403, 403, KeyState.REJECTED, "it answered 403"),
        (400, 401, KeyState.UNKNOWN, "it answered 400"),
        (404, 404, KeyState.UNKNOWN, "it answered 404"),
        (429, 401, KeyState.UNKNOWN, "it answered 429"),
        (302, 302, KeyState.UNKNOWN, "it answered 302"),
        (500, 500, KeyState.UNKNOWN, "it answered 500"),
    ],
)
def test_a_key_is_judged_by_what_the_provider_says(
    upstream: Upstream, *, keyed: int, plain: int, state: KeyState, detail: str
) -> None:
    by_key(keyed, plain, upstream)
    verdict = check_key(target(upstream.port), Secret(CANARY), timeout=10)
    assert verdict == KeyVerdict(state=state, detail=detail)


@pytest.mark.parametrize(
    ("auth", "header", "value"),
    [
        (BEARER, "authorization", f"Bearer {CANARY}"),
        (AuthHeader(header="x-api-key", prefix=""), "x-api-key", CANARY),
    ],
)
def test_the_key_travels_as_the_provider_wants_it(
    upstream: Upstream, auth: AuthHeader, header: str, value: str
) -> None:
    upstream.answers(with_key(401))
    check_key(target(upstream.port, auth=auth), Secret(CANARY), timeout=10)
    request = upstream.only()
    assert (request.method, request.path) == ("GET", "/v1/models?limit=1")
    assert (request.values(header), request.values("x-version")) == ([value], ["1"])


@pytest.mark.parametrize(
    "key", ["a'b\"c\\d", "$(id) `id`", "x" * 16384], ids=["quotes", "shell", "16 KiB"]
)
def test_a_key_arrives_unaltered(upstream: Upstream, key: str) -> None:
    upstream.answers(with_key(401))
    check_key(target(upstream.port), Secret(key), timeout=10)
    assert upstream.only().values("authorization") == [f"Bearer {key}"]


@pytest.mark.parametrize(
    "asked",
    [target(1, paths={}), target(1, auth=None)],
    ids=["no list of models", "no key in its requests"],
)
def test_a_provider_that_cannot_be_asked_is_not_asked(asked: Target) -> None:
    verdict = check_key(asked, Secret(CANARY), timeout=10)
    assert verdict == KeyVerdict(
        state=KeyState.UNKNOWN, detail="it has no list of models to ask for with a key"
    )


def test_a_provider_that_is_not_there_is_unreachable(closed_port: int) -> None:
    verdict = check_key(target(closed_port), Secret(CANARY), timeout=10)
    assert verdict == KeyVerdict(state=KeyState.UNREACHABLE, detail="connection refused")


@pytest.mark.parametrize(
    ("variable", "named"),
    [
        (("NO_PROXY", "localhost,[::1]"), "proxy"),
        (("HTTPS_PROXY", "http://proxy:port"), "proxy"),
        (("SSL_CERT_FILE", "/nowhere/ca.pem"), "certificates"),
        (("SSL_CERT_FILE", "/etc/hostname"), "certificates"),
    ],
    ids=str,
)
def test_an_environment_that_cannot_be_used_is_said(
    monkeypatch: pytest.MonkeyPatch, closed_port: int, variable: tuple[str, str], named: str
) -> None:
    monkeypatch.setenv(*variable)
    verdict = check_key(target(closed_port), Secret(CANARY), timeout=10)
    detail = f"the {named} that the environment names cannot be used"
    assert verdict == KeyVerdict(state=KeyState.UNREACHABLE, detail=detail)


def test_a_provider_without_an_address_is_unreachable() -> None:
    verdict = check_key(target(80, host="nowhere.invalid"), Secret(CANARY), timeout=10)
    assert verdict == KeyVerdict(
        state=KeyState.UNREACHABLE, detail="its name leads to no address, or there is no network"
    )


@pytest.mark.parametrize(
    ("answer", "detail"),
    [
        (Answer(hang_up=True), "it does not speak HTTP there"),
        (Answer(before=threading.Event()), "no answer in time"),
    ],
    ids=["hangs up", "silent"],
)
def test_a_provider_that_does_not_answer_is_unreachable(
    upstream: Upstream, answer: Answer, detail: str
) -> None:
    upstream.answers(answer)
    verdict = check_key(target(upstream.port), Secret(CANARY), timeout=0.3)
    assert verdict == KeyVerdict(state=KeyState.UNREACHABLE, detail=detail)


def test_only_the_head_of_an_answer_is_read(upstream: Upstream) -> None:
    upstream.answers(Answer(status=401, body=[b"x", threading.Event()]))
    verdict = check_key(target(upstream.port), Secret(CANARY), timeout=10)
    assert verdict.state is KeyState.REJECTED


def test_a_server_that_is_not_trusted_gets_no_key() -> None:
    authority = Authority()
    with Upstream(hosts=("localhost",), authority=authority) as upstream:
        asked = target(upstream.port, host="localhost", scheme="https")
        verdict = check_key(asked, Secret(CANARY), timeout=10)
        assert upstream.received == []
    authority.close()
    assert verdict.state is KeyState.UNREACHABLE
    assert verdict.detail == "its certificate is not trusted, or it does not speak TLS there"


def test_the_proxy_of_the_environment_is_used(monkeypatch: pytest.MonkeyPatch) -> None:
    with Upstream(hosts=("models.test",)) as proxy:
        monkeypatch.setenv("HTTP_PROXY", proxy.url)
        proxy.answers(with_key(401))
        verdict = check_key(target(80, host="models.test"), Secret(CANARY), timeout=10)
        assert proxy.only().path == "http://models.test/v1/models?limit=1"
    assert verdict.state is KeyState.REJECTED


@pytest.mark.parametrize("proxy", ["socks5://127.0.0.1:1", "nonsense://x", "http://127.0.0.1:1"])
def test_a_proxy_that_cannot_be_used_is_said(monkeypatch: pytest.MonkeyPatch, proxy: str) -> None:
    monkeypatch.setenv("ALL_PROXY", proxy)
    verdict = check_key(target(80, host="models.test"), Secret(CANARY), timeout=10)
    assert verdict.state is KeyState.UNREACHABLE


@pytest.mark.parametrize("key", [CANARY, f"{CANARY}\r\nx: y", f"{CANARY}é", f"{CANARY}\udcff"])
def test_a_key_is_in_no_log_and_no_verdict(
    upstream: Upstream, caplog: pytest.LogCaptureFixture, key: str
) -> None:
    caplog.set_level(logging.DEBUG)
    upstream.answers(with_key(401))
    logging.getLogger("httpcore.control").debug("planted %s", "sk-control")
    verdict = check_key(target(upstream.port), Secret(key), timeout=10)
    assert "sk-control" in caplog.text
    assert CANARY not in caplog.text + repr(verdict)


def test_a_gateway_is_asked_without_any_proxy(
    upstream: Upstream, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in PROXIES[:3]:
        monkeypatch.setenv(name, "http://127.0.0.1:1")
    upstream.answers(json_answer({"ok": True}, headers={"X-Aigw-Generation": "abc"}))
    answer = ask_gateway(f"{upstream.url}/health", timeout=10)
    assert (answer.status, answer.headers["x-aigw-generation"]) == (200, "abc")
    assert (json.loads(answer.body), answer.problem) == ({"ok": True}, "")
    assert (upstream.only().method, upstream.only().path) == ("GET", "/health")


def test_a_question_with_a_body_is_posted_as_json(upstream: Upstream) -> None:
    body = {"model": "深"}
    answer = ask_gateway(
        f"{upstream.url}/v1/chat/completions", timeout=10, body=body, headers={"x-a": "b"}
    )
    request = upstream.only()
    assert (answer.status, request.method, request.json()) == (200, "POST", body)
    assert request.values("content-type") == ["application/json"]
    assert request.values("x-a") == ["b"]


def test_an_address_without_a_path_is_asked_for_its_root(upstream: Upstream) -> None:
    ask_gateway(upstream.url, timeout=10)
    assert upstream.only().path == "/"


def test_a_gateway_that_is_not_there_is_a_problem_in_words(closed_port: int) -> None:
    answer = ask_gateway(f"http://127.0.0.1:{closed_port}/health", timeout=10)
    assert (answer.status, answer.problem) == (0, "connection refused")


@pytest.mark.parametrize(
    ("answer", "problem"),
    [
        (Answer(hang_up=True), "the connection ended without an answer"),
        (Answer(before=threading.Event()), "no answer in time"),
        (Answer(body=[b"{", CUT]), "connection reset by peer"),
    ],
    ids=["hangs up", "silent", "cut"],
)
def test_a_gateway_that_does_not_answer_is_a_problem_in_words(
    upstream: Upstream, answer: Answer, problem: str
) -> None:
    upstream.answers(answer)
    found = ask_gateway(f"{upstream.url}/health", timeout=0.3)
    assert (found.status, found.problem) == (0, problem)


def test_at_most_a_mebibyte_of_an_answer_is_read(upstream: Upstream) -> None:
    upstream.answers(Answer(body=b"x" * (3 << 20)))
    assert len(ask_gateway(upstream.url, timeout=10).body) == 1 << 20
