import pytest

from aigw.errors import SpecInvalid
from aigw.spec.reading import parse
from tests.unit.spec.trees import OPENAI, URL, auto_with, custom, provider_with, tree_of

CONTRADICTIONS = {
    "one port twice": (
        tree_of(listen={"http": 8443}),
        ["listen.https: is `8443`, as listen.http is"],
    ),
    "one id twice": (
        tree_of(custom("a", "m"), custom("b", "n"), custom("a", "o")),
        ["providers[2].id: is `a`, as providers[0].id is"],
    ),
    "one pattern twice": (
        tree_of(custom("a", "m", "n*"), custom("b", "n*"), custom("c", "x", "x")),
        [
            "providers[1].models[0]: is `n*`, which provider `a` has (providers[0].models[1])",
            "providers[2].models[1]: is `x`, which provider `c` has (providers[2].models[0])",
        ],
    ),
    "too many patterns": (
        tree_of(*(custom(f"p{i}", *(f"{i}-{j}" for j in range(1001))) for i in range(2))),
        ["providers: have 2002 model patterns in all; 2000 is the most"],
    ),
    "an address that only the other engine knows": (
        tree_of(
            {
                "id": "a",
                "type": "azure",
                "keys": ["store"],
                "options": {"azureServiceUrl": "https://r.openai.azure.com/?api-version=1"},
            },
            engine="envoy",
        ),
        ["providers[0].options: a provider of type azure needs option `azureResource`"],
    ),
    "no key": (
        tree_of(
            {"id": "a", "type": "openai"}, {"id": "b", "type": "azure", "url": URL, "keys": []}
        ),
        [
            f"providers[{index}].keys: is missing: such a provider needs a key, `store` or "
            "`env:VARIABLE`"
            for index in range(2)
        ],
    ),
    "one key twice": (
        tree_of({**OPENAI, "keys": ["store", "env:A", "store"]}),
        ["providers[0].keys[2]: is `store`, as providers[0].keys[0] is"],
    ),
    "a type without an API of its kind": (
        tree_of({**OPENAI, "type": "dify"}, engine="envoy"),
        [
            "providers[0].type: cannot be used on the envoy engine: a Dify application has an API "
            "of its own that is not a chat API; the Higress engine translates for it, or add the "
            "provider of the model behind the application"
        ],
    ),
    "a fallback that leads nowhere": (
        provider_with(fallback=[{"provider": "p"}, {"provider": "q", "model": "m"}]),
        [
            "providers[0].fallback[0].provider: is the provider itself",
            "providers[0].fallback[1].provider: is `q`, which is no provider",
        ],
    ),
    "a url that is an endpoint": (
        provider_with(url="https://host/v1/chat/completions"),
        ["providers[0].url: must be the base URL, without `/chat/completions`"],
    ),
    "no url": (
        tree_of({"id": "a", "type": "custom"}),
        ["providers[0].url: is missing: only you know it"],
    ),
    "no host": (
        tree_of({**OPENAI, "type": "azure"}),
        ["providers[0].options: a provider of type azure needs option `azureResource`"],
    ),
    "auto-routing without a default": (
        auto_with(default=None),
        [
            "autoRouting.default: is missing: auto-routing needs a model for texts that no rule "
            "matches"
        ],
    ),
    "models that nobody serves": (
        auto_with({"name": "a", "pattern": "x", "model": "q/m"}, default="n"),
        [
            "autoRouting.default: is `n`, which no provider serves",
            "autoRouting.rules[0].model: is `q/m`, which no provider serves",
        ],
    ),
    "auto as a model": (
        auto_with({"name": "a", "pattern": "x", "model": "higress/auto"}, default="auto"),
        [
            "autoRouting.default: is `auto`, which is what is to be decided",
            "autoRouting.rules[0].model: is `higress/auto`, which is what is to be decided",
        ],
    ),
    "one rule twice": (
        auto_with(
            {"name": "a", "pattern": "x", "model": "m"}, {"name": "a", "pattern": "y", "model": "m"}
        ),
        ["autoRouting.rules[1].name: is `a`, as autoRouting.rules[0].name is"],
    ),
    "what RE2 refuses": (
        auto_with({"name": "a", "pattern": "(", "model": "m"}),
        ["autoRouting.rules[0].pattern: RE2 refuses it: missing ): ("],
    ),
}


@pytest.mark.parametrize(
    ("tree", "expected"), [pytest.param(*row, id=name) for name, row in CONTRADICTIONS.items()]
)
def test_a_contradiction_is_refused_with_its_paths(tree: object, expected: list[str]) -> None:
    with pytest.raises(SpecInvalid) as refused:
        parse(tree, source="gateway.yaml")
    assert [str(problem) for problem in refused.value.problems] == expected


@pytest.mark.parametrize(
    ("ptype", "options"),
    [
        ("azure", {"azureServiceUrl": "https://r.openai.azure.com/?api-version=1"}),
        ("triton", {"tritonDomain": "triton.example.com:8000"}),
    ],
)
def test_on_higress_an_option_can_say_where_a_provider_is(
    ptype: str, options: dict[str, str]
) -> None:
    provider = {"id": "a", "type": ptype, "keys": ["store"], "options": options}
    assert parse(tree_of(provider, engine="higress"), source="gateway.yaml").provider("a")
