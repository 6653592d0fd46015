"""Where providers are from inside Higress' container, what leaves for them, and what cannot."""

from typing import Any

import pytest

from aigw.errors import BadUsage
from aigw.rendering.higress_upstream import Upstream
from tests.unit.rendering.told import ACCOUNT, NEEDED, told, usual


@pytest.mark.parametrize(
    "host", ["localhost", "127.0.0.1", "127.9.8.7", "[::1]", "0.0.0.0", "app.localhost"]
)
def test_the_user_s_own_machine_is_not_the_container(host: str) -> None:
    made = told("custom-openai", url=f"http://{host}:8000/v1")
    assert made.fields["openaiCustomUrl"] == "http://host.docker.internal:8000/v1"
    assert made.service == "llm-p.internal.dns"


@pytest.mark.parametrize(
    ("url", "registry", "service", "destination"),
    [
        (
            "https://10.0.0.1/v1",
            {"domain": "10.0.0.1:443", "port": 80, "protocol": "https", "type": "static"},
            "llm-p.internal.static",
            "llm-p.internal.static:80",
        ),
        (
            "http://10.0.0.1.nip.io:81/v1",
            {"domain": "10.0.0.1.nip.io", "port": 81, "protocol": "http", "type": "dns"},
            "llm-p.internal.dns",
            "llm-p.internal.dns:81",
        ),
        (
            "https://Llm.Example.COM/v1",
            {"domain": "llm.example.com", "port": 443, "protocol": "https", "type": "dns"},
            "llm-p.internal.dns",
            "llm-p.internal.dns:443",
        ),
    ],
    ids=["address", "name like an address", "name"],
)
def test_an_address_is_a_static_registry_and_a_name_is_looked_up(
    *, url: str, registry: dict[str, Any], service: str, destination: str
) -> None:
    made = told("custom-openai", url=url)
    assert made.registries() == [{"name": "llm-p.internal", **registry}]
    assert (made.service, made.destination) == (service, destination)


def test_a_service_account_needs_the_place_where_tokens_are_made() -> None:
    made = told("vertex", ACCOUNT, options={"vertexProjectId": "p", "vertexRegion": "global"})
    assert [registry["name"] for registry in made.registries()] == [
        "llm-p.internal",
        "vertex-auth.internal",
    ]


@pytest.mark.parametrize(
    ("made", "sends"),
    [
        (usual("openai"), True),
        (usual("dashscope"), True),
        (usual("claude-code"), True),
        (usual("deepl"), True),
        (told("bedrock", "AKIA:s", options={"awsRegion": "eu-west-1"}), True),
        (usual("claude"), False),
        (usual("ollama"), False),
        (usual("vllm"), False),
        (usual("triton"), False),
        (told("custom-openai", url="http://a.example.com/v1"), False),
        (told("gemini", "k", options={"apiVersion": "v1"}), False),
        (
            told("azure", "k", options={"azureServiceUrl": "https://r.example.com/?api-version=1"}),
            False,
        ),
    ],
)
def test_authorization_leaves_only_where_it_is_the_provider_s_own(
    *, made: Upstream, sends: bool
) -> None:
    assert made.sends_authorization is sends


@pytest.mark.parametrize(
    ("type_id", "given", "words"),
    [
        (
            "custom-openai",
            {"url": "http://[2001:db8::1]/v1"},
            "Higress reaches no provider by an IPv6 address: `2001:db8::1`; "
            "give a name or an IPv4 address",
        ),
        (
            "custom-openai",
            {"url": "http://my_host/v1"},
            "Higress takes no host with `_` in a URL: `my_host`",
        ),
        (
            "custom-openai",
            {"url": "http://a.example.com/v1/models"},
            "Higress would send everything to `/v1/models` itself: give another url",
        ),
        (
            "moonshot",
            {"options": {"providerDomain": "api.moonshot.ai", "moonshotFileId": "f"}},
            "option `moonshotFileId` of provider `p` works only where Higress itself sends such "
            "requests: without a url, and with its usual host",
        ),
        (
            "claude",
            {"url": "https://a.example.com/api"},
            "the url of provider `p` must end in `/v1`: `https://a.example.com/api`",
        ),
        (
            "openai",
            {"model_map": {"~gpt": "x"}},
            "Higress would take the model `~gpt` for a pattern: leave out its `~`",
        ),
    ],
)
def test_what_higress_cannot_do_is_said(type_id: str, given: dict[str, Any], words: str) -> None:
    with pytest.raises(BadUsage) as refused:
        told(type_id, "sk", **given)
    assert refused.value.message == words


@pytest.mark.parametrize(
    ("type_id", "options"),
    [
        ("bedrock", {"awsRegion": "eu-west-1"}),
        ("vertex", {"vertexProjectId": "p", "vertexRegion": "global"}),
    ],
)
def test_one_signature_has_one_pair_of_keys(type_id: str, options: dict[str, str]) -> None:
    key = "AKIA:secret" if type_id == "bedrock" else ACCOUNT
    with pytest.raises(BadUsage, match=r"has more"):
        told(type_id, key, "another", options=options)


def test_a_model_map_is_ai_proxy_s() -> None:
    made = told("openai", "k", model_map={"gpt-4o": "gpt-5", "é": "x"})
    assert made.fields["modelMapping"] == {"gpt-4o": "gpt-5", "é": "x"}


def test_a_prefix_of_models_goes_before_mapped_names_too() -> None:
    made = told(
        "vertex", "k", model_map={"best": "gemini-3", "other": "google/g"}, **NEEDED["vertex"]
    )
    assert made.fields["modelMapping"] == {
        "best": "google/gemini-3",
        "other": "google/g",
        "~^(?:google/)?(.*)$": "google/$1",
    }


def test_several_keys_are_told_in_their_order() -> None:
    assert told("openai", "k2", "k1").entry()["apiTokens"] == ["k2", "k1"]


def test_a_provider_without_keys_has_no_list_of_them() -> None:
    assert "apiTokens" not in usual("ollama").entry()


def test_the_plugin_needs_some_token_for_triton() -> None:
    assert usual("triton").entry()["apiTokens"] == ["none"]
