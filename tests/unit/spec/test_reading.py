import pytest

from aigw.errors import SpecInvalid
from aigw.spec.gateway import EngineName, GatewaySpec, Listen
from aigw.spec.provider import ModelPattern, Provider
from aigw.spec.reading import parse
from aigw.spec.routing import AutoRouting, RoutingRule
from aigw.spec.secret import FromEnvironment, FromFile, Stored
from tests.unit.spec.trees import Tree, auto_with, custom, spec_of, tree_of

WHOLE = {
    "apiVersion": "aigw/v1",
    "engine": "envoy",
    "listen": {"address": "127.0.0.2", "http": 80, "https": 443, "console": 81},
    "providers": [
        {
            "id": "dash-1",
            "type": "qwen",
            "models": ["qwen-*", "*-turbo"],
            "keys": ["store", "env:DASH_KEY", "file:/run/keys/dash one"],
            "url": "https://example.com/v1",
            "modelMap": {"gpt-4o": "qwen-max"},
            "options": {"qwenEnableSearch": False, "qwenFileIds": ["a", "b"]},
        }
    ],
    "autoRouting": {
        "enabled": True,
        "default": "qwen-turbo",
        "rules": [
            {"name": "deep", "trigger": "深入思考|deep (thinking)", "model": "qwen-max"},
            {"name": "code", "pattern": "(?i)^fix .*code", "model": "dash-1/coder"},
        ],
    },
    "consumers": {"auth": "none"},
    "logging": {"content": False},
}


def test_a_whole_tree_becomes_a_spec() -> None:
    assert parse(WHOLE, source="gateway.yaml") == GatewaySpec(
        engine=EngineName.ENVOY,
        listen=Listen(address="127.0.0.2", http=80, https=443, console=81),
        providers=(
            Provider(
                id="dash-1",
                type="dashscope",
                models=(ModelPattern("qwen-*"), ModelPattern("*-turbo")),
                patterns_given=True,
                keys=(Stored(), FromEnvironment("DASH_KEY"), FromFile("/run/keys/dash one")),
                url="https://example.com/v1",
                model_map={"gpt-4o": "qwen-max"},
                options={"qwenEnableSearch": False, "qwenFileIds": ("a", "b")},
            ),
        ),
        auto_routing=AutoRouting(
            enabled=True,
            default="qwen-turbo",
            rules=(
                RoutingRule(
                    name="deep",
                    pattern=r"(?i)^(?:深入思考|deep \(thinking\))",
                    trigger="深入思考|deep (thinking)",
                    model="qwen-max",
                ),
                RoutingRule(
                    name="code", pattern="(?i)^fix .*code", trigger="", model="dash-1/coder"
                ),
            ),
        ),
    )


@pytest.mark.parametrize(
    "more",
    [
        pytest.param({}, id="absent"),
        pytest.param(
            dict.fromkeys(("engine", "listen", "autoRouting", "consumers", "logging")), id="null"
        ),
        pytest.param(
            {
                "listen": dict.fromkeys(("address", "http", "https", "console")),
                "autoRouting": dict.fromkeys(("enabled", "default", "rules")),
                "consumers": {"auth": None},
                "logging": {},
            },
            id="null inside",
        ),
    ],
)
def test_what_is_absent_or_null_has_its_default(more: Tree) -> None:
    assert parse({"apiVersion": "aigw/v1", **more}, source="gateway.yaml") == GatewaySpec()


def test_localhost_is_an_address() -> None:
    assert spec_of(listen={"address": "localhost"}).listen.address == "127.0.0.1"


def test_malformed_values_and_contradictions_are_told_together() -> None:
    tree = tree_of(
        custom("a", "m"),
        custom("a", "m", "n", modelmap={}),
        custom("b", 'x"', url="https://host/v1/messages"),
        listen={"http": 8001},
        autoRouting={
            "enabled": True,
            "rules": [{"name": "r", "pattern": "(", "model": "nobody's"}],
        },
    )
    with pytest.raises(SpecInvalid) as refused:
        parse(tree, source="mine.yaml")
    assert str(refused.value).splitlines()[0] == "mine.yaml cannot be used:"
    assert [problem.path for problem in refused.value.problems] == [
        "providers[1].modelmap",
        "providers[2].models[0]",
        "autoRouting.rules[0].model",
        "listen.console",
        "providers[1].id",
        "providers[1].models[0]",
        "providers[2].url",
        "autoRouting.default",
        "autoRouting.rules[0].pattern",
    ]


def test_no_problem_repeats_what_may_be_a_key() -> None:
    provider = custom("p", "m", keys=["sk-canary-1"], apiKey="sk-canary-2", token="sk-canary-3")
    with pytest.raises(SpecInvalid) as refused:
        parse(tree_of(provider), source="gateway.yaml")
    assert "canary" not in str(refused.value)


def test_of_very_many_problems_the_first_are_told() -> None:
    with pytest.raises(SpecInvalid) as refused:
        parse(tree_of(*[custom("p", *["m"] * 2000)] * 200, x=1), source="gateway.yaml")
    first, *_, last = refused.value.problems
    assert (str(first), str(last)) == ("x: is unknown", "and 1 problems more")
    assert len(refused.value.problems) == 201


def test_of_very_many_unknown_keys_the_first_are_told() -> None:
    with pytest.raises(SpecInvalid) as refused:
        parse(tree_of(**{f"key{index}": 1 for index in range(1000)}), source="gateway.yaml")
    assert str(refused.value.problems[-1]) == "has 980 more unknown keys"


def test_to_show_a_spec_its_rules_need_not_be_compiled() -> None:
    tree = auto_with({"name": "a", "pattern": "(", "model": "m"})
    assert parse(tree, source="gateway.yaml", rules=False).auto_routing.rules[0].pattern == "("
