import pytest
from hypothesis import given
from msgspec.structs import replace

from aigw.errors import SpecInvalid
from aigw.spec.gateway import GatewaySpec
from aigw.spec.provider import ModelPattern, Provider
from aigw.spec.reading import parse
from aigw.spec.routing import RoutingRule
from aigw.spec.secret import Stored
from aigw.spec.writing import to_tree
from tests.unit.spec.trees import Tree, custom, spec_of, tree_of, trees


@given(trees())
def test_a_spec_written_and_read_again_is_the_same(tree: Tree) -> None:
    spec = parse(tree, source="gateway.yaml")
    written = to_tree(spec, defaults=False)
    assert parse(written, source="gateway.yaml") == spec


@given(trees())
def test_a_spec_with_its_defaults_is_a_gateway_yaml_too(tree: Tree) -> None:
    spec = parse(tree, source="gateway.yaml")
    full = parse(to_tree(spec, defaults=True), source="gateway.yaml")
    assert [provider.models for provider in full.providers] == [
        provider.models for provider in spec.providers
    ]


def test_a_small_spec_is_written_small() -> None:
    spec = spec_of({"id": "mine", "type": "gpt", "keys": ["store"], "url": None})
    assert to_tree(spec, defaults=False) == tree_of(
        {"id": "mine", "type": "openai", "keys": ["store"]}
    )


def test_nothing_is_written_of_an_empty_spec_but_its_version() -> None:
    assert to_tree(GatewaySpec(), defaults=False) == {"apiVersion": "aigw/v1", "providers": []}


def test_a_trigger_is_written_as_it_was_typed() -> None:
    rule = {"name": "deep", "trigger": "深入思考|deep thinking", "model": "m"}
    auto = {"enabled": True, "default": "m", "rules": [rule]}
    written = to_tree(spec_of(custom("a", "m"), autoRouting=auto), defaults=False)
    assert written["autoRouting"] == auto


def test_with_defaults_everything_is_written() -> None:
    spec = spec_of({"id": "demo", "type": "demo"})
    assert to_tree(spec, defaults=True) == {
        "apiVersion": "aigw/v1",
        "engine": "auto",
        "listen": {"address": "127.0.0.1", "http": 8080, "https": 8443, "console": 8001},
        "image": {
            "repository": None,
            "tag": None,
            "digest": None,
            "registry": "auto",
            "pull": "missing",
        },
        "container": {"memory": None, "cpus": None},
        "providers": [
            {
                "id": "demo",
                "type": "demo",
                "models": [str(pattern) for pattern in spec.providers[0].models],
                "keys": [],
                "url": None,
                "modelMap": {},
                "fallback": [],
                "options": {},
            }
        ],
        "autoRouting": {"enabled": False, "default": None, "rules": []},
        "consumers": {"auth": "none"},
        "logging": {"content": False},
    }


def problems(spec: GatewaySpec) -> list[str]:
    """Return the paths of what is wrong with a spec."""
    try:
        parse(to_tree(spec, defaults=False), source="the change")
    except SpecInvalid as error:
        return [problem.path for problem in error.problems]
    return []


MINE = Provider(
    id="mine",
    type="openai",
    models=(ModelPattern("gpt-*"),),
    patterns_given=True,
    keys=(Stored(),),
    url="",
    model_map={},
    options={},
)


def test_a_good_spec_built_by_a_command_has_no_problems() -> None:
    assert problems(GatewaySpec().with_provider(MINE)) == []


@pytest.mark.parametrize(
    ("provider", "path"),
    [
        pytest.param(replace(MINE, id="Mine"), "providers[0].id", id="id"),
        pytest.param(replace(MINE, type="oppenai"), "providers[0].type", id="type"),
        pytest.param(
            replace(MINE, models=(ModelPattern('a"b'),)), "providers[0].models[0]", id="pattern"
        ),
        pytest.param(replace(MINE, keys=()), "providers[0].keys", id="no key"),
        pytest.param(replace(MINE, url="host"), "providers[0].url", id="url"),
        pytest.param(
            replace(MINE, model_map={"a\n": "b"}), "providers[0].modelMap['a\\n']", id="model map"
        ),
        pytest.param(
            replace(MINE, options={"nothing": True}), "providers[0].options.nothing", id="option"
        ),
    ],
)
def test_a_provider_built_by_a_command_is_checked_like_one_from_a_file(
    provider: Provider, path: str
) -> None:
    assert problems(GatewaySpec().with_provider(provider)) == [path]


def test_a_rule_built_by_a_command_is_checked_like_one_from_a_file() -> None:
    rule = RoutingRule(name="a b", pattern="(", trigger="", model="m")
    spec = spec_of(custom("p", "m"), autoRouting={"enabled": True, "default": "m"})
    assert problems(spec.with_rule(rule)) == [
        "autoRouting.rules[0].name",
        "autoRouting.rules[0].pattern",
    ]
