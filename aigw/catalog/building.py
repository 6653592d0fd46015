"""Provider types from their compiled trees, whose keys are the fields of the values."""

from collections.abc import Mapping
from typing import Any

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

Tree = Mapping[str, Any]


def provider_type(tree: Tree) -> ProviderType:
    """Build one type; `tree` is what `dataclasses.asdict` made of it, after a way through JSON."""
    return ProviderType(
        **{
            **_tuples(
                tree, "aliases", "key_variables", "key_flags", "models_flags", "patterns", "notes"
            ),
            "auth": AuthHeader(**tree["auth"]),
            "higress": OnHigress(**_tuples(tree["higress"], "always")),
            "endpoints": _endpoints(tree["endpoints"]),
            "variants": tuple(_variant(variant) for variant in tree["variants"]),
            "options": tuple(_option(option) for option in tree["options"]),
            "models": tuple(_model(model) for model in tree["models"]),
        }
    )


def _endpoints(trees: Tree) -> dict[Api, Endpoint]:
    return {Api(api): _endpoint(endpoint) for api, endpoint in trees.items()}


def _endpoint(tree: Tree) -> Endpoint:
    auth = tree["auth"]
    return Endpoint(path=tree["path"], auth=auth and AuthHeader(**auth), headers=tree["headers"])


def _variant(tree: Tree) -> Variant:
    return Variant(**{**_tuples(tree, "patterns"), "endpoints": _endpoints(tree["endpoints"])})


def _option(tree: Tree) -> OptionField:
    return OptionField(**_tuples(tree, "choices", "flags", "variables", "engines"))


def _model(tree: Tree) -> KnownModel:
    price = tree["price"]
    return KnownModel(**{**tree, "price": price and Price(**price)})


def _tuples(tree: Tree, *names: str) -> dict[str, Any]:
    """Return the tree with the lists of those names as tuples."""
    return {**tree, **{name: tuple(tree[name]) for name in names}}
