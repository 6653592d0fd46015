"""What an API server of a cluster would say of an object."""

from collections.abc import Iterator, Mapping
from typing import Any

import yaml
from jsonschema import Draft202012Validator

from tests.unit.rendering.stores import FIXTURES

Schema = dict[str, Any]


def refusals(body: Mapping[str, Any]) -> list[str]:
    """Return what is wrong with an object: its types, and every field that would be lost."""
    schema = SCHEMAS.get((body["apiVersion"], body["kind"]))
    if schema is None:
        return ["a cluster knows no such kind"]
    found = Draft202012Validator(schema).iter_errors(dict(body))
    return [f"{error.json_path}: {error.message}" for error in found]


def _schemas() -> Iterator[tuple[tuple[str, str], Schema]]:
    builtin = yaml.safe_load((FIXTURES / "crds" / "builtin.yaml").read_text(encoding="utf-8"))
    custom = [
        yaml.safe_load((FIXTURES / "crds" / f"{name}.yaml").read_text(encoding="utf-8"))
        for name in ("envoyfilters", "mcpbridges", "wasmplugins")
    ]
    for one in (*builtin["kinds"], *custom):
        schema = one["openAPIV3Schema"]
        whole = {
            "apiVersion": {"const": one["apiVersion"]},
            "kind": {"const": one["kind"]},
            "metadata": builtin["metadata"],
            **schema["properties"],
        }
        required = ["apiVersion", "kind", "metadata", *schema.get("required", ())]
        strict = _strict({**schema, "required": required, "properties": whole})
        yield (one["apiVersion"], one["kind"]), strict


def _strict(schema: Any) -> Any:  # noqa: ANN401 -- any JSON
    """Refuse the fields that an API server would drop without a word."""
    if isinstance(schema, list):
        return [_strict(one) for one in schema]
    if not isinstance(schema, dict):
        return schema
    inner = {name: _strict(one) for name, one in schema.items()}
    keeps = schema.get("x-kubernetes-preserve-unknown-fields") or "additionalProperties" in schema
    if schema.get("type") == "object" and not keeps:
        inner["additionalProperties"] = False
    return inner


SCHEMAS = dict(_schemas())
