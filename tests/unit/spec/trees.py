"""Trees of a `gateway.yaml`: for one test, or any (hypothesis)."""

import re
from typing import Any

from hypothesis import strategies as st

from aigw import catalog
from aigw.catalog.provider_type import OptionField
from aigw.spec.gateway import GatewaySpec
from aigw.spec.provider_shape import option_bounds
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


def provider_with(**fields: object) -> Tree:
    """Return a tree with one good provider, but for these fields."""
    return tree_of(custom("p", "m", **fields))


def auto_with(*rules: Tree, **fields: object) -> Tree:
    """Return a tree with auto-routing over one provider that serves `m`."""
    auto = {"enabled": True, "default": "m", "rules": list(rules), **fields}
    return tree_of(custom("p", "m"), autoRouting=auto)


OPENAI = {"id": "o", "type": "openai", "keys": ["store"]}

# Letters that are nothing special, and those that are to a glob, a path, YAML, Lua or a regex.
LETTERS = st.sampled_from([*"abAB019-_./:@%+?[](){}^$,;=&~# ", "é", "模", "𝔸"])
MODELS = st.text(LETTERS, min_size=1, max_size=12).filter(lambda text: text == text.strip())
PATTERNS = st.text(LETTERS | st.just("*"), min_size=1, max_size=12).filter(
    lambda text: text == text.strip() and "**" not in text
)
IDS = st.from_regex(r"[a-z0-9][a-z0-9-]{0,8}", fullmatch=True)
AT_TIMES = st.booleans()
PORTS = st.lists(st.integers(1, 65535), min_size=3, max_size=3, unique=True)
KEYS = st.one_of(
    st.just("store"),
    st.from_regex(r"env:[A-Z_][A-Z0-9_]{0,8}", fullmatch=True),
    st.from_regex(r"file:/[a-z /.]{0,8}[a-z]", fullmatch=True),
)
ENVOY_TYPES = st.sampled_from([ptype for ptype in catalog.every() if not ptype.engines["envoy"]])
RULE_NAMES = st.from_regex(r"[A-Za-z0-9][A-Za-z0-9._-]{0,8}", fullmatch=True).filter(
    lambda name: name != "default"
)
PHRASES = st.text(st.sampled_from([*"ab .*(?", "深", "é"]), min_size=1, max_size=8).filter(
    lambda text: bool(text.strip())
)


def option_values(field: OptionField) -> st.SearchStrategy[Any]:
    """Return values that an option can have."""
    least, most = option_bounds(field)
    kinds: dict[str, st.SearchStrategy[Any]] = {
        "boolean": st.booleans(),
        "integer": st.integers(least, most),
        "list": st.lists(MODELS, max_size=3),
        "string": _option_texts(field),
    }
    return kinds[field.kind]


def _option_texts(field: OptionField) -> st.SearchStrategy[str]:
    if field.choices:
        return st.sampled_from(field.choices)
    if field.pattern:
        return st.from_regex(field.pattern, fullmatch=True).filter(str.isascii)
    return MODELS


IMAGES = st.fixed_dictionaries(
    {},
    optional={
        "repository": st.sampled_from(["higress/all-in-one", "registry.example.com:5000/a/b"]),
        "tag": st.sampled_from(["latest", "2.2.4", "_a-b"]),
        "digest": st.just("sha256:" + "0a" * 32),
        "registry": st.sampled_from(["auto", "china", "registry.example.com:5000"]),
        "pull": st.sampled_from(["always", "missing", "never"]),
    },
)
LIMITS = st.fixed_dictionaries(
    {}, optional={"memory": st.sampled_from(["2g", "1500m", "6m"]), "cpus": st.integers(1, 1024)}
)


@st.composite
def providers(draw: st.DrawFn) -> Tree:
    """Draw a provider that is well formed by itself."""
    ptype = draw(ENVOY_TYPES)
    optional = {
        "keys": st.lists(KEYS, min_size=1, max_size=3, unique=True),
        "url": st.sampled_from([URL, "https://[::1]:9/a/b", "https://example.com"]),
        "models": st.lists(PATTERNS, max_size=3, unique=True),
        "modelMap": st.dictionaries(MODELS, MODELS, max_size=3),
        "options": st.fixed_dictionaries(
            {field.name: option_values(field) for field in ptype.options if field.required},
            optional={
                field.name: option_values(field) for field in ptype.options if not field.required
            },
        ),
    }
    needed = {"options": any(field.required for field in ptype.options)}
    needed |= {"keys": ptype.key_required, "url": ptype.needs_url or ptype.id == "azure"}
    return {
        "id": draw(IDS),
        "type": draw(st.sampled_from(ptype.names())),
        **{
            key: draw(values)
            for key, values in optional.items()
            if needed.get(key) or draw(st.booleans())
        },
    }


@st.composite
def trees(draw: st.DrawFn) -> Tree:
    """Draw a tree that the loader accepts."""
    several: list[Tree] = draw(st.lists(providers(), max_size=4, unique_by=lambda tree: tree["id"]))
    taken: set[str] = set()
    for provider in several:
        if "models" in provider:
            provider["models"] = [text for text in provider["models"] if text not in taken]
            taken.update(provider["models"])
    tree = tree_of(*several)
    if draw(AT_TIMES):
        tree["engine"] = draw(st.sampled_from(["auto", "envoy"]))
    if draw(AT_TIMES):
        address = draw(st.sampled_from(["127.0.0.1", "::1", "127.9.0.255"]))
        tree["listen"] = {
            "address": address,
            **dict(zip(("http", "https", "console"), draw(PORTS), strict=True)),
        }
    if draw(AT_TIMES):
        tree["image"] = draw(IMAGES)
    if draw(AT_TIMES):
        tree["container"] = draw(LIMITS)
    if draw(AT_TIMES) and several:
        named = st.just(f"{several[0]['id']}/")
        tree["autoRouting"] = draw(auto_routings(st.builds(str.__add__, named, MODELS)))
    return tree


def auto_routings(served: st.SearchStrategy[str]) -> st.SearchStrategy[Tree]:
    """Return auto-routing with these models."""
    ends = {"name": RULE_NAMES, "model": served}
    phrases = st.lists(PHRASES, min_size=1, max_size=3).map("|".join)
    rules = st.fixed_dictionaries({**ends, "trigger": phrases}) | st.fixed_dictionaries(
        {**ends, "pattern": PHRASES.map(re.escape)}
    )
    return st.fixed_dictionaries(
        {"default": served},
        optional={
            "enabled": st.booleans(),
            "rules": st.lists(rules, max_size=3, unique_by=lambda rule: rule["name"]),
        },
    )
