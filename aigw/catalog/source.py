"""Provider types from `providers.yaml`, whose short forms are explained at its top.

An unknown key is a TypeError, an unknown API a ValueError, a missing key a KeyError.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

from aigw.catalog.provider_type import (
    Api,
    AuthHeader,
    Endpoint,
    KnownModel,
    OnHigress,
    OptionField,
    Price,
    ProviderType,
    Variant,
)

SOURCE = Path(__file__).with_name("providers.yaml")
ENGINES = ("envoy", "higress")

Tree = Mapping[str, Any]


def provider_types(text: str) -> tuple[ProviderType, ...]:
    """Read the whole list."""
    tree = yaml.safe_load(text)
    days = {name: source["as_of"] for name, source in tree["sources"].items()}
    return tuple(_provider_type(entry, days) for entry in tree["providers"])


def _provider_type(entry: Tree, days: Mapping[str, str]) -> ProviderType:
    read_apart = {
        *("label", "key", "endpoints", "options", "variants", "models", "engines", "auth"),
        "higress",
    }
    plain = {name: value for name, value in entry.items() if name not in read_apart}
    empty = {"headers": {}, "injects_usage": True, "model_prefix": "", "instead": "", "warning": ""}
    return ProviderType(
        **{
            **empty,
            **plain,
            **_key(**entry["key"]),
            **_tuples(entry, "aliases", "models_flags", "patterns", "notes"),
            "label_en": entry["label"]["en"],
            "label_zh": entry["label"]["zh"],
            "auth": _auth(entry["auth"]),
            "higress": _on_higress(entry.get("higress", {})),
            "endpoints": _endpoints(entry.get("endpoints", {})),
            "variants": tuple(_variant(**variant) for variant in entry.get("variants", ())),
            "options": tuple(
                _option(name, field) for name, field in entry.get("options", {}).items()
            ),
            "models": tuple(_model(model, days) for model in entry.get("models", ())),
            "engines": _engines(entry.get("engines", {})),
        }
    )


def _key(
    *,
    flags: list[str] | None = None,
    variables: list[str] | None = None,
    required: bool = True,
    hint: str = "",
) -> dict[str, Any]:
    return {
        "key_variables": tuple(variables or ()),
        "key_flags": tuple(flags or ()),
        "key_required": required,
        "key_hint": hint,
    }


def _auth(auth: str | Mapping[str, str]) -> AuthHeader:
    match auth:
        case "bearer":
            return AuthHeader(header="authorization", prefix="Bearer ")
        case str(header):
            return AuthHeader(header=header, prefix="")
        case _:
            return AuthHeader(**auth)


def _on_higress(tree: Tree) -> OnHigress:
    texts = {"type": "openai", "host": "", "domain": "", "address": ""}
    plain = {**texts, "fields": {}, "asked_for": False}
    return OnHigress(**{**plain, **tree, **_tuples(tree, "always")})


def _endpoints(trees: Tree) -> dict[Api, Endpoint]:
    return {
        Api(api): _endpoint(path=tree) if isinstance(tree, str) else _endpoint(**tree)
        for api, tree in trees.items()
    }


def _endpoint(
    *, path: str, auth: str | None = None, headers: Mapping[str, str] | None = None
) -> Endpoint:
    return Endpoint(path=path, auth=_auth(auth) if auth else None, headers=headers or {})


def _variant(
    *,
    when: Tree,
    base_url: str = "",
    endpoints: Tree | None = None,
    patterns: list[str] | None = None,
) -> Variant:
    return Variant(
        when=when,
        base_url=base_url,
        endpoints=_endpoints(endpoints or {}),
        patterns=tuple(patterns or ()),
    )


def _option(name: str, field: Tree) -> OptionField:
    empty = {"default": None, "required": False, "pattern": "", "minimum": None, "maximum": None}
    tuples = _tuples(field, "choices", "flags", "variables", "engines")
    return OptionField(**{**empty, **field, **tuples, "name": name})


def _model(tree: Tree, days: Mapping[str, str]) -> KnownModel:
    sizes = {"context_window": tree.get("context", 0), "max_output_tokens": tree.get("output", 0)}
    plain = {name: value for name, value in tree.items() if name not in {"context", "output"}}
    price = tree.get("price")
    return KnownModel(
        **{"kind": "chat", "note": "", **plain, **sizes, "price": price and _price(price, days)}
    )


def _price(tree: Tree, days: Mapping[str, str]) -> Price:
    day = days[tree["source"].partition(":")[0]]
    return Price(**{"cached_input": None, **tree, "as_of": day})


def _engines(reasons: Mapping[str, str]) -> dict[str, str]:
    return {**dict.fromkeys(ENGINES, ""), **reasons}


def _tuples(tree: Tree, *names: str) -> dict[str, Any]:
    """Return the lists of those names as tuples; one that is missing is empty."""
    return {name: tuple(tree.get(name, ())) for name in names}
