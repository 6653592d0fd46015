"""Which models there are, and who serves one."""

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
import yaml

from aigw.spec.gateway import GatewaySpec
from aigw.spec.routing import AutoRouting
from tests.envoy.gateway import GENERATION, Gateway, provider, reach
from tests.envoy.upstream import Upstream
from tests.unit.spec.trees import spec_of

pytestmark = pytest.mark.envoy

TABLE = Path(__file__).parents[1] / "fixtures" / "serving_cases.yaml"
GROUPS: dict[str, dict[str, Any]] = yaml.safe_load(TABLE.read_text(encoding="utf-8"))
CASES = [(group, case) for group, content in GROUPS.items() for case in content["cases"]]


@pytest.fixture(scope="module")
def behind() -> Iterator[Upstream]:
    """The provider that every url of the table means."""
    with Upstream(hosts=["127.0.0.1:1"]) as upstream:
        yield upstream


@pytest.fixture(scope="module")
def gateways(
    behind: Upstream, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[dict[str, Gateway]]:
    """Run one gateway for each group of the table."""
    with ExitStack() as stack:
        yield {
            group: stack.enter_context(
                Gateway(
                    spec_of(*content["providers"]),
                    tmp_path_factory.mktemp(group),
                    change=reach(behind),
                )
            )
            for group, content in GROUPS.items()
        }


@pytest.mark.parametrize(
    ("group", "case"), CASES, ids=[f"{group}: {case['name']}" for group, case in CASES]
)
def test_a_model_goes_to_the_provider_of_the_table(
    gateways: dict[str, Gateway], behind: Upstream, *, group: str, case: dict[str, Any]
) -> None:
    behind.reset()
    forced = {"x-aigw-provider": case["forced"]} if "forced" in case else {}
    reply = gateways[group].chat(case["asked"], forced)
    if case["provider"] is None:
        assert reply.status == 404
        assert behind.received == []
    else:
        assert reply.header("x-aigw-provider") == case["provider"]
        assert behind.only().json()["model"] == case["upstream_model"]
        served = (reply.header("x-aigw-model") or "").encode("latin-1").decode()
        assert served == case["upstream_model"]
        keys = {value.removeprefix("Bearer ") for _, value in behind.only().headers}
        assert {key for key in keys if key.startswith("sk-")} == {f"sk-{case['provider']}"}


@pytest.fixture(scope="module")
def listing(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Gateway]:
    """A gateway with models of every kind."""
    providers = (
        provider(
            "openai",
            "http://127.0.0.1:1",
            type="openai",
            models=["gpt-5.4-mini", "text-embedding-3-*"],
        ),
        provider("mine", "http://127.0.0.1:1", models=["vendor/模型 x", "x-*"]),
    )
    spec = GatewaySpec(
        providers=providers, auto_routing=AutoRouting(enabled=True, default="gpt-5.4-mini")
    )
    with Gateway(spec, tmp_path_factory.mktemp("gateway")) as gateway:
        yield gateway


def test_models_are_listed_as_openai_does(listing: Gateway) -> None:
    tree = listing.get("/v1/models").json()
    assert tree.keys() == {"object", "data"}
    assert tree["object"] == "list"
    assert [model["id"] for model in tree["data"]] == [
        "auto",
        "gpt-5.4-mini",
        "text-embedding-3-large",
        "vendor/模型 x",
    ]
    assert {model["object"] for model in tree["data"]} == {"model"}
    assert [model["owned_by"] for model in tree["data"]] == ["aigw", *["openai"] * 2, "mine"]
    assert {type(model["created"]) for model in tree["data"]} == {int}


def test_a_known_model_has_its_sizes_and_its_price_a_token(listing: Gateway) -> None:
    assert listing.get("/v1/models/gpt-5.4-mini").json() == {
        "id": "gpt-5.4-mini",
        "object": "model",
        "created": 0,
        "owned_by": "openai",
        "context_window": 272000,
        "max_output_tokens": 128000,
        "pricing": {"prompt": "0.00000075", "completion": "0.0000045"},
    }


@pytest.mark.parametrize(
    ("path", "model"),
    [
        ("/v1/models/auto", "auto"),
        ("/v1/models/gpt-5.4-mini?x=1", "gpt-5.4-mini"),
        ("/v1/models/vendor/%E6%A8%A1%E5%9E%8B%20x", "vendor/模型 x"),
        ("/v1/models/vendor%2F%E6%A8%A1%E5%9E%8B%20x", "vendor/模型 x"),
    ],
)
def test_a_model_is_found_by_its_id(listing: Gateway, path: str, model: str) -> None:
    reply = listing.get(path)
    assert (reply.status, reply.json()["id"]) == (200, model)
    assert reply.header("content-type") == "application/json"


@pytest.mark.parametrize(
    "model", ["x-1", "gpt-5", "", "gpt-5.4-mini/", "%22%0d%0a%ff", "openai/gpt-5.4-mini"]
)
def test_a_model_that_is_not_listed_is_not_found(listing: Gateway, model: str) -> None:
    reply = listing.get(f"/v1/models/{model}")
    assert (reply.status, reply.json()["error"]["code"]) == (404, "model_not_found")


def test_auto_is_listed_only_while_it_is_on(gateway: Gateway) -> None:
    assert gateway.get("/v1/models").json() == {"object": "list", "data": []}
    assert gateway.get("/v1/models/auto").status == 404


def test_health_tells_generation_and_providers(listing: Gateway) -> None:
    tree = listing.get("/health").json()
    assert (tree["status"], tree["generation"]) == ("ok", GENERATION)
    assert tree["providers"].keys() == {"openai", "mine"}
    assert tree["providers"]["openai"] == {"name": "OpenAI"}


def test_health_needs_no_key_and_no_provider(tmp_path: Path) -> None:
    with Gateway([], tmp_path) as gateway:
        assert gateway.get("/health").json()["providers"] == {}
        assert gateway.get("/v1/models").json()["data"] == []
        assert gateway.chat("m").json()["error"]["code"] == "model_not_found"


@pytest.mark.parametrize("path", ["/health", "/v1/models", "/v1/models/auto"])
def test_a_head_request_is_answered_without_a_body(listing: Gateway, path: str) -> None:
    with listing.open("HEAD", path) as response:
        assert (response.status, response.read()) == (200, b"")


def test_two_thousand_models_are_listed(tmp_path: Path) -> None:
    names = [f"模型-{number}" for number in range(2000)]
    with Gateway([provider("p", "http://127.0.0.1:1", models=names)], tmp_path) as gateway:
        data = gateway.get("/v1/models").json()["data"]
        assert [model["id"] for model in data] == names
        assert gateway.get("/v1/models/%E6%A8%A1%E5%9E%8B-1999").status == 200
