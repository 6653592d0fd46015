"""Where requests of each provider go, against a table that does not come from the catalogue."""

from pathlib import Path
from typing import Any

import pytest
import yaml

from aigw.catalog import every, find
from aigw.catalog.provider_type import AuthHeader, ProviderType
from aigw.catalog.target import Target, resolve, url_problem
from aigw.errors import BadUsage

TABLE = Path(__file__).parents[2] / "fixtures" / "provider_requests.yaml"
ROWS: list[dict[str, Any]] = yaml.safe_load(TABLE.read_text(encoding="utf-8"))


def ptype(name: str) -> ProviderType:
    found = find(name)
    assert found is not None
    return found


def reached(row: dict[str, Any]) -> Target:
    return resolve(ptype(row["type"]), row.get("options", {}), row.get("url", ""))


def words(auth: AuthHeader | None) -> str:
    return f"{auth.header}: {auth.prefix}KEY" if auth else ""


every_row = pytest.mark.parametrize("row", ROWS, ids=lambda row: row["case"])


@every_row
def test_a_request_goes_to_the_provider_s_server(row: dict[str, Any]) -> None:
    target = reached(row)
    assert {
        "host": target.host,
        "port": target.port,
        "tls": target.scheme == "https",
        "socket": target.socket,
    } == {"socket": "", **row["server"]}


@every_row
def test_each_api_has_the_provider_s_path_and_no_other_is_served(row: dict[str, Any]) -> None:
    assert reached(row).paths == row["paths"]


@every_row
def test_the_key_travels_as_the_provider_wants_it(row: dict[str, Any]) -> None:
    expected = dict.fromkeys(row["paths"], row["auth"]) | row.get("auth_of", {})
    assert {api: words(auth) for api, auth in reached(row).auth.items()} == expected


@every_row
def test_the_gateway_adds_the_headers_that_the_provider_needs(row: dict[str, Any]) -> None:
    expected = {api: row.get("headers", {}).get(api, {}) for api in row["paths"]}
    assert reached(row).headers == expected


def test_every_type_that_the_engine_runs_has_a_row() -> None:
    runs = {entry.id for entry in every() if not entry.engines["envoy"]}
    assert {row["type"] for row in ROWS} == runs


def test_every_variant_has_a_row() -> None:
    chosen = [
        (row["type"], variant.when)
        for row in ROWS
        for variant in ptype(row["type"]).chosen_variants(row.get("options", {}))
    ]
    wanted = [(entry.id, variant.when) for entry in every() for variant in entry.variants]
    assert [variant for variant in wanted if variant not in chosen] == []


@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.1:9000",
        "https://llm.example.com/base/v1/",
        "http://[::1]:8080/v1",
        "https://under_score.internal",
        "HTTPS://EXAMPLE.COM",
        "http://xn--bcher-kva.example/%7Euser",
        "http://localhost:65535",
    ],
)
def test_a_base_url_is_taken(url: str) -> None:
    assert url_problem(url) == ""


@pytest.mark.parametrize(
    ("url", "problem"),
    [
        ("", "must begin with http:// or https://"),
        ("api.example.com/v1", "must begin with http:// or https://"),
        ("ftp://h", "must begin with http:// or https://"),
        ("file:///etc/passwd", "must begin with http:// or https://"),
        ("unix://demo/v1", "must begin with http:// or https://"),
        ("javascript:alert(1)", "must begin with http:// or https://"),
        ("http://", "names no valid host"),
        ("http:///v1", "names no valid host"),
        ("https://a..b", "names no valid host"),
        ("https://-a", "names no valid host"),
        ("https://a b", "holds a space, a control character or one that is not ASCII"),
        ("https://a\n.b", "holds a space, a control character or one that is not ASCII"),
        ("https://a\x00", "holds a space, a control character or one that is not ASCII"),
        ("https://h/\r\nx: y", "holds a space, a control character or one that is not ASCII"),
        ("https://智谱.cn", "holds a space, a control character or one that is not ASCII"),
        ("https://h\\@x", "must not hold a user or password; give the key as a key"),
        ("https://u:p@h", "must not hold a user or password; give the key as a key"),
        ("https://h/v1?key=x", "must end before any `?` or `#`"),
        ("https://h/v1?", "must end before any `?` or `#`"),
        ("https://h#x", "must end before any `?` or `#`"),
        ("https://h:0", "names no valid port"),
        ("https://h:", "names no valid port"),
        ("https://h:65536", "is no URL: its host or port is malformed"),
        ("https://h:x", "is no URL: its host or port is malformed"),
        ("https://[::1", "is no URL: its host or port is malformed"),
        ("https://${x}", "names no valid host"),
        ("https://$(id)", "names no valid host"),
        ("https://h/'\"", "has a path with characters that a URL cannot have"),
        ("https://h/${x}", "has a path with characters that a URL cannot have"),
        ("https://h/v1/chat/completions", "must be the base URL, without `/chat/completions`"),
        ("https://h/v1/messages/", "must be the base URL, without `/messages`"),
        ("https://h/" + "x" * 3000, "has 3010 characters; 2048 is the most"),
        ("https://" + "x" * 300, "names no valid host"),
        ("https://h/" + "x" * 1_000_000, "has 1000010 characters; 2048 is the most"),
    ],
    ids=lambda text: repr(text)[:40],
)
def test_any_other_url_is_refused_with_a_reason(url: str, problem: str) -> None:
    assert url_problem(url) == problem


@pytest.mark.parametrize(
    ("name", "options", "url", "message"),
    [
        ("azure", {}, "", "a provider of type azure needs option `azureResource`"),
        ("bedrock", {}, "", "a provider of type bedrock needs option `awsRegion`"),
        (
            "cloudflare",
            {},
            "http://h",
            "a provider of type cloudflare needs option `cloudflareAccountId`",
        ),
        ("custom-openai", {}, "", "a provider of type custom-openai needs a url"),
        ("generic", {}, "", "a provider of type generic needs a url"),
        (
            "openai",
            {},
            "http://u@h",
            "the url of a provider of type openai must not hold a user or password; "
            "give the key as a key",
        ),
        ("openai", {"no": 1}, "", "option `no` of type openai is unknown"),
        (
            "zhipuai",
            {"zhipuCodePlanMode": "yes"},
            "",
            "option `zhipuCodePlanMode` of type zhipuai must be true or false",
        ),
    ],
    ids=lambda value: str(value)[:30],
)
def test_what_cannot_be_reached_says_what_is_missing(
    name: str, options: dict[str, object], url: str, message: str
) -> None:
    with pytest.raises(BadUsage) as refused:
        resolve(ptype(name), options, url)
    assert refused.value.message == message


@pytest.mark.parametrize(
    "domain",
    ["evil.example/x", "a@b", "a:80", "a b", "a#", "${awsRegion}", "a\nb", "", "."],
)
def test_an_option_cannot_break_out_of_its_place_in_a_url(domain: str) -> None:
    with pytest.raises(BadUsage):
        resolve(ptype("zhipuai"), {"zhipuDomain": domain}, "")


def test_a_placeholder_in_an_option_is_not_filled_again() -> None:
    with pytest.raises(BadUsage):
        resolve(ptype("cloudflare"), {"cloudflareAccountId": "${cloudflareAccountId}"}, "")
