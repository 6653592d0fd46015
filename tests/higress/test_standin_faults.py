"""The stand-in boots, breaks and comes back with the signatures of the real container."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from http.client import IncompleteRead
from pathlib import Path

import pytest

from tests.higress.gateways import Gateway
from tests.higress.upstreams import Upstream, eventually, stream

pytestmark = pytest.mark.docker

MINIMAL = Path("tests/fixtures/higress/minimal")
PROXY = "wasmplugins/ai-proxy.internal.yaml"
AUTH = "wasmplugins/key-auth.internal.yaml"
EDGE = "envoyfilters/aigw-edge.yaml"
NAMES = ("api.openai.com", "openrouter.ai")
DEAD = "gave up: apiserver entered FATAL state"


@pytest.fixture(scope="module")
def upstream() -> Iterator[Upstream]:
    """One provider in the place of all."""
    with Upstream() as upstream:
        yield upstream


@pytest.fixture
def gateway(upstream: Upstream) -> Gateway:
    """Have a gateway that is not started: its folder can be broken first."""
    upstream.forget()
    return Gateway(MINIMAL, hosts=dict.fromkeys(NAMES, upstream.ip))


def break_provider(gateway: Gateway, strategy: str = "FAIL_OPEN") -> None:
    """Give an active provider a type that does not exist."""
    gateway.edit(PROXY, 'type: "openrouter"', 'type: "togetherai"')
    gateway.edit(PROXY, "FAIL_OPEN", strategy)


def mend(gateway: Gateway) -> None:
    """Put the good file back."""
    gateway.write(PROXY, (MINIMAL / PROXY).read_text())


def asked(gateway: Gateway, upstream: Upstream, header: str) -> str | None:
    """Ask once, and return a header as the provider saw it."""
    gateway.chat("gpt-4o")
    return upstream.last().header(header)


def test_a_bad_provider_at_boot_leaks_the_clients_request(
    gateway: Gateway, upstream: Upstream
) -> None:
    break_provider(gateway)
    (gateway.data / EDGE).unlink()
    with gateway:
        gateway.ready()
        assert gateway.chat("gpt-4o", authorization="Bearer of-the-client").status == 200
        request = upstream.last()
        assert request.header("authorization") == "Bearer of-the-client"
        assert request.header("host") == f"127.0.0.1:{gateway.port()}"
        eventually(lambda: gateway.rejected("ai-proxy.internal") == 1)
        eventually(lambda: gateway.rejected("model-router.internal") == 1)
        mend(gateway)
        eventually(lambda: asked(gateway, upstream, "host") == NAMES[0])


def test_a_bad_provider_at_boot_is_503_behind_the_guard(
    gateway: Gateway, upstream: Upstream
) -> None:
    break_provider(gateway)
    with gateway:
        gateway.ready()
        assert gateway.chat("gpt-4o").status == 503
        assert upstream.requests() == []
        assert (
            gateway.sh("curl -s -o /dev/null -w '%{http_code}' 127.0.0.1:15021/healthz/ready")
            == "200"
        )


def test_a_bad_provider_at_boot_that_fails_closed_leaves_no_listener(gateway: Gateway) -> None:
    break_provider(gateway, "FAIL_CLOSE")
    with gateway:
        gateway.console_ready()
        gateway.settled()
        assert gateway.status() is None
        mend(gateway)
        gateway.ready()


def test_a_malformed_file_at_boot_kills_the_store_and_nothing_else_starts(
    gateway: Gateway,
) -> None:
    gateway.write("ingresses/broken.yaml", "spec: ][")
    with gateway:
        eventually(lambda: DEAD in gateway.said())
        gateway.container.reload()
        assert (gateway.container.status, gateway.status()) == ("running", None)
        assert gateway.container.attrs["RestartCount"] == 0
        assert "exited: apiserver (exit status 2; not expected)" in gateway.said()


def test_a_killed_api_server_comes_back_and_changes_arrive(
    gateway: Gateway, upstream: Upstream
) -> None:
    with gateway:
        gateway.ready()
        gateway.sh("pkill -9 -x apiserver")
        assert gateway.chat("gpt-4o").status == 200
        eventually(
            lambda: "WARN exited: apiserver (exit status 137; not expected)" in gateway.said()
        )
        gateway.edit(PROXY, "sk-made-up-openai-1", "sk-later")
        eventually(lambda: asked(gateway, upstream, "authorization") == "Bearer sk-later")


def test_a_killed_container_comes_back_with_its_edits(gateway: Gateway, upstream: Upstream) -> None:
    with gateway:
        gateway.ready()
        gateway.edit(PROXY, "sk-made-up-openai-1", "sk-kept")
        gateway.power_cut()
        gateway.ready()
        assert asked(gateway, upstream, "authorization") == "Bearer sk-kept"
        assert gateway.said().count("supervisord started") == 2


def test_docker_stop_ends_it_at_once(gateway: Gateway) -> None:
    with gateway:
        gateway.ready()
        gateway.container.stop(timeout=8)
        gateway.container.reload()
        assert gateway.container.attrs["State"]["ExitCode"] == 0


def test_an_empty_folder_is_seeded_and_serves_nothing() -> None:
    with Gateway() as gateway:
        gateway.console_ready()
        assert (gateway.data / "configmaps/higress-config.yaml").exists()
        gateway.settled()
        answers = gateway.status()
        assert answers in {None, 404}  # the console makes a route of its own in such a store


def test_a_template_is_not_carried_and_that_is_said(gateway: Gateway) -> None:
    gateway.environment["CONFIG_TEMPLATE"] = "ai-gateway"
    with gateway:
        eventually(lambda: DEAD in gateway.said())
        assert "does not carry the template" in gateway.sh("cat /var/log/higress/apiserver.log")


def test_a_plugin_version_that_the_image_lacks_is_skipped(
    gateway: Gateway, upstream: Upstream
) -> None:
    gateway.environment["STANDIN_PLUGIN_VERSIONS"] = "1.0.0"
    with gateway:
        gateway.ready()
        assert gateway.chat("gpt-4o").status in {404, 503}
        assert upstream.requests() == []
        url = "http://127.0.0.1:8002/plugins/ai-proxy/2.0.1/plugin.wasm"
        assert gateway.sh(f"curl -s -o /dev/null -w '%{{http_code}}' {url}") == "404"


def with_consumer(gateway: Gateway) -> None:
    """Ask for a key on one route, as the console stores it; nothing of ours stands before it."""
    (gateway.data / EDGE).unlink()
    consumer = (
        '{name: "alice", keys: ["Authorization"], credentials: ["Bearer sk-alice"],'
        " in_header: true, in_query: false}"
    )
    gateway.edit(
        AUTH,
        "  defaultConfigDisable: true\n",
        f"  defaultConfig: {{global_auth: false, allow: [], consumers: [{consumer}]}}\n"
        "  defaultConfigDisable: false\n",
    )
    route = '    ingress:\n    - "ai-route-p995-openai.internal"'
    open_to = f"  - config: {{}}\n    configDisable: true\n{route}"
    asked = f'  - config: {{allow: ["alice"]}}\n    configDisable: false\n{route}'
    gateway.edit(AUTH, open_to, asked)


def test_a_route_asks_for_the_key_of_a_consumer(gateway: Gateway, upstream: Upstream) -> None:
    with_consumer(gateway)
    with gateway:
        gateway.ready()
        keys = ("sk-bob", "sk-alice")
        sent = [gateway.chat("gpt-4o", authorization=f"Bearer {key}") for key in keys]
        assert [gateway.chat("gpt-4o").status, *(one.status for one in sent)] == [401, 403, 200]
        assert upstream.last().header("x-mse-consumer") is None  # our route removes it
        assert gateway.chat("anything").status == 200


def test_a_key_auth_that_refuses_what_the_console_stores_lets_everybody_in(
    gateway: Gateway,
) -> None:
    gateway.environment["STANDIN_KEY_AUTH"] = "go"
    with_consumer(gateway)
    with gateway:
        gateway.ready()
        assert gateway.chat("gpt-4o").status == 200
        eventually(lambda: gateway.rejected("key-auth.internal") == 1)


def test_a_new_listener_cuts_a_stream_when_the_old_one_has_drained(
    gateway: Gateway, upstream: Upstream
) -> None:
    gateway.environment["STANDIN_DRAIN_SECONDS"] = "1"
    upstream.answers(stream(*["data: x\n\n"] * 30, pause=0.2))
    with gateway, ThreadPoolExecutor() as pool:
        gateway.ready()
        asked = {"model": "gpt-4o", "stream": True, "messages": []}
        running = pool.submit(gateway.post, "/v1/chat/completions", asked)
        eventually(upstream.requests)
        gateway.edit(EDGE, "aigw.guard", "aigw.guard.two")
        with pytest.raises((IncompleteRead, OSError)):
            running.result()


def test_a_log_file_told_without_quotes_is_standard_output(gateway: Gateway) -> None:
    gateway.edit("configmaps/higress-config.yaml", '"accessLogFile"', "accessLogFile")
    with gateway:
        gateway.ready()
        gateway.chat("gpt-4o", user_agent="to-stdout")
        eventually(lambda: "to-stdout" in gateway.sh("cat /var/log/higress/gateway.log"))
        assert (gateway.logs / "access.log").read_text() == ""
