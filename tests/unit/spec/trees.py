"""Trees of a `gateway.yaml`: for one test, or any (hypothesis)."""

from typing import Any

from hypothesis import strategies as st

from aigw import catalog
from aigw.catalog.provider_type import OptionField
from aigw.spec.gateway import GatewaySpec
from aigw.spec.reading import parse

Tree = dict[str, Any]
URL = "http://127.0.0.1:9000/v1"


def tree_of(*providers: Tree, **more: object) -> Tree:
    """Return a whole tree."""
    return {"apiVersion": "aigw/v1", "providers": list(providers), **more}


def custom(provider_id: str, *models: str, **more: object) -> Tree:
    """Return a provider that needs no key."""
    tree: Tree = {"id": provider_id, "type": "custom-openai", "url": URL, "models": list(models)}
    return {**tree, **more}


def spec_of(*providers: Tree, **more: object) -> GatewaySpec:
    """Return the spec of a whole tree."""
    return parse(tree_of(*providers, **more), source="gateway.yaml")


# Letters that are nothing special, and those that are to a glob, a path, YAML, Lua or a regex.
LETTERS = st.sampled_from([*"abAB019-_./:@%+?[](){}^$,;=&~# ", "é", "模", "𝔸"])
MODELS = st.text(LETTERS, min_size=1, max_size=12).filter(lambda text: text == text.strip())
PATTERNS = st.text(LETTERS | st.just("*"), min_size=1, max_size=12).filter(
    lambda text: text == text.strip() and "**" not in text
)
IDS = st.from_regex(r"[a-z0-9][a-z0-9-]{0,8}", fullmatch=True)
PORTS = st.lists(st.integers(1, 65535), min_size=3, max_size=3, unique=True)
KEYS = st.one_of(
    st.just("store"),
    st.from_regex(r"env:[A-Z_][A-Z0-9_]{0,8}", fullmatch=True),
    st.from_regex(r"file:/[a-z /.]{0,8}[a-z]", fullmatch=True),
)
ENVOY_TYPES = st.sampled_from([ptype for ptype in catalog.every() if not ptype.engines["envoy"]])
EXAMPLES = {"awsRegion": "eu-west-1", "azureServiceUrl": "https://a.b/c?api-version=1"}


def option_values(field: OptionField) -> st.SearchStrategy[Any]:
    """Return values that an option can have."""
    match field.kind:
        case "boolean":
            return st.booleans()
        case "integer":
            least = 0 if field.minimum is None else field.minimum
            return st.integers(least, 65535 if field.maximum is None else field.maximum)
        case "number":
            return st.floats(0, 1)
        case "list":
            return st.lists(MODELS, max_size=3)
    if field.choices:
        return st.sampled_from(field.choices)
    if field.name in EXAMPLES:
        return st.just(EXAMPLES[field.name])
    return st.from_regex(field.pattern, fullmatch=True) if field.pattern else MODELS
