"""The stand-in boots, breaks and comes back with the signatures of the real container."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.higress.gateways import Gateway
from tests.higress.upstreams import Upstream, eventually

pytestmark = pytest.mark.docker

MINIMAL = Path("tests/fixtures/higress/minimal")
PROXY = "wasmplugins/ai-proxy.internal.yaml"
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
