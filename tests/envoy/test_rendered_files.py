"""What is rendered is taken by Envoy, and what it would not take is found before it is asked to."""

import json
import subprocess
from pathlib import Path

import pytest
from msgspec.structs import replace

from aigw.rendering.envoy import folded, render
from aigw.rendering.layout import Layout
from aigw.spec.gateway import GatewaySpec, Listen
from aigw.spec.provider import Provider
from aigw.spec.routing import AutoRouting, RoutingRule
from tests.envoy.gateway import ENVOY, Gateway, keys, provider
from tests.envoy.upstream import Authority, Upstream

pytestmark = pytest.mark.envoy


def rule(number: int, pattern: str) -> RoutingRule:
    return RoutingRule(name=f"rule {number}", pattern=pattern, trigger="", model="m")


def routed(*patterns: str, providers: tuple[Provider, ...] = ()) -> GatewaySpec:
    rules = tuple(rule(number, pattern) for number, pattern in enumerate(patterns))
    return GatewaySpec(
        providers=providers or (provider("p", "https://provider.test"),),
        auto_routing=AutoRouting(enabled=True, default="m", rules=rules),
    )


def validated(spec: GatewaySpec, folder: Path, ca_file: Path) -> tuple[int, str]:
    """Let Envoy look at the folded files; return its exit code and words."""
    layout = Layout(
        folder=folder / "envoy",
        admin_socket=folder / "admin.sock",
        demo_socket=folder / "demo.sock",
        access_log=folder / "access.log",
        ca_file=ca_file,
    )
    config = render(spec, keys(p=["canary"]), layout, generation="g")
    file = folder / "folded.json"
    file.write_text(json.dumps(folded(config)))
    command = [str(ENVOY), "--mode", "validate", "-c", str(file), "--log-level", "error"]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)
    return done.returncode, done.stdout + done.stderr


GOOD = {
    "nothing": GatewaySpec(),
    "a provider": routed(),
    "an address of version 6": replace(routed(), listen=Listen(address="::1")),
    "demo": GatewaySpec(providers=(provider("demo", type="demo"),)),
    "rules": routed("(?i)^(深入思考|deep thinking)", r"\bcode\b", "\"\\\\'", "\n", "${x} %REQ(x)%"),
    "500 alternatives in Chinese": routed(
        "(?i)^(?:" + "|".join(f"深入思考{chr(0x4E00 + 7 * number)}" for number in range(500)) + ")"
    ),
    "a thousand rules": routed(*(f"word{number}" for number in range(1000))),
    "two thousand models": GatewaySpec(
        providers=(provider("p", "http://h", models=[f"m{number}" for number in range(2000)]),)
    ),
    "hostile names": GatewaySpec(
        providers=(
            provider(
                "p", "http://h", models=["]]--\n\"'\\*", "${x}"], model_map={'a"\\': "]]\n%REQ(x)%"}
            ),
        )
    ),
}


@pytest.mark.parametrize("spec", GOOD.values(), ids=GOOD.keys())
def test_what_is_rendered_is_valid(authority: Authority, tmp_path: Path, spec: GatewaySpec) -> None:
    code, words = validated(spec, tmp_path, authority.file)
    assert (code, "OK" in words) == (0, True), words


@pytest.mark.parametrize(
    ("spec", "words"),
    [
        (replace(routed(), listen=Listen(address="999.1.1.1")), "malformed IP address"),
        (replace(routed(), listen=Listen(address="localhost")), "malformed IP address"),
        (
            routed("|".join(f"深入思考{chr(number)}" for number in range(256, 40_000, 2))),
            "max program",
        ),
    ],
    ids=["no address", "a name", "too large a pattern"],
)
def test_what_envoy_would_not_take_is_found_beforehand(
    authority: Authority, tmp_path: Path, spec: GatewaySpec, words: str
) -> None:
    code, told = validated(spec, tmp_path, authority.file)
    assert code == 1
    assert words in told
    assert "canary" not in told


def test_a_missing_authority_is_found_beforehand(tmp_path: Path) -> None:
    code, told = validated(routed(), tmp_path, tmp_path / "none.pem")
    assert code == 1
    assert "none.pem" in told


@pytest.mark.parametrize(
    "name", ["a folder, with commas", "模型 数据", "a'b\"c", "%REQ(x)%", "${x}"]
)
def test_a_data_folder_may_have_any_name(upstream: Upstream, tmp_path: Path, name: str) -> None:
    folder = tmp_path / name
    folder.mkdir()
    with Gateway([provider("p", upstream.url)], folder) as gateway:
        assert gateway.chat("m").status == 200
        assert gateway.lines(1)[-1]["status"] == 200
