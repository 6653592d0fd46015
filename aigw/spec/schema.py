"""The JSON Schema of `gateway.yaml`, as far as a schema can say what the loader accepts.

`python -m aigw.spec.schema` writes `schema.json`, which is shipped and which editors use. What no
schema can say (a model that nobody serves, a port used twice, what RE2 refuses) only the loader
says. Source of the dialect: JSON Schema 2020-12.
"""

import json
from collections.abc import Mapping
from pathlib import Path

from aigw import catalog
from aigw.catalog.provider_type import OptionField, ProviderType
from aigw.spec import forms
from aigw.spec.forms import Form
from aigw.spec.gateway import EngineName, Listen
from aigw.spec.image import Pull
from aigw.spec.provider_shape import option_bounds, option_form

FILE = Path(__file__).with_name("schema.json")

Schema = dict[str, object]


def schema() -> Schema:
    """Build the whole schema."""
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "gateway.yaml",
        "description": "All that a user wants of one AI gateway. A null is as good as no key.",
        **_mapping(
            {
                "apiVersion": _described({"const": forms.API_VERSION}, "Version of this format"),
                "engine": _optional(
                    {"enum": [str(name) for name in EngineName], "default": "auto"},
                    "What runs the gateway; `auto` takes the best there is",
                ),
                "listen": _optional(_listen(), "Where the gateway listens"),
                "image": _optional(_image(), "The image of the Higress engine"),
                "container": _optional(
                    _limits(), "What the container of the Higress engine may use"
                ),
                "providers": _optional(
                    _list(_provider(), forms.MOST_PROVIDERS), "The LLM services to use"
                ),
                "autoRouting": _optional(
                    _auto_routing(), "Which model `auto` and `higress/auto` become"
                ),
                "consumers": _optional(
                    _mapping(
                        {"auth": _optional({"enum": ["none"]}, "none: no keys are asked for")}
                    ),
                    "Clients of the gateway; without keys only those on this machine",
                ),
                "logging": _optional(
                    _mapping({"content": _optional({"enum": [False]}, "Keep prompts and answers")}),
                    "What is written about requests",
                ),
            },
            required=["apiVersion"],
        ),
    }


def main() -> None:
    """Write `schema.json`."""
    text = json.dumps(schema(), indent=2, ensure_ascii=False)
    FILE.write_text(f"{text}\n", encoding="utf-8")


def _listen() -> Schema:
    default = Listen()
    port = {"type": "integer", "minimum": forms.FIRST_PORT, "maximum": forms.LAST_PORT}
    address = {**_text(forms.ADDRESS), "default": default.address}
    return _mapping(
        {
            "address": _optional(address, "Loopback address to listen on"),
            "http": _optional({**port, "default": default.http}, "Port for HTTP"),
            "https": _optional(
                {**port, "default": default.https}, "Port for HTTPS; Higress engine only"
            ),
            "console": _optional(
                {**port, "default": default.console}, "Port of the console; Higress engine only"
            ),
        }
    )


def _image() -> Schema:
    registry = {**_text(forms.REGISTRY), "default": "auto"}
    return _mapping(
        {
            "repository": _optional(_text(forms.REPOSITORY), "Name, with or without a registry"),
            "tag": _optional(_text(forms.TAG), "Tag; `latest` by default"),
            "digest": _optional(_text(forms.DIGEST), "What the tag must stand for"),
            "registry": _optional(registry, "`auto` (near you), china, asia, america, or a host"),
            "pull": _optional(
                {"enum": [str(pull) for pull in Pull], "default": "missing"}, "When to pull it"
            ),
        }
    )


def _limits() -> Schema:
    cpus = {"type": "integer", "minimum": 1, "maximum": forms.MOST_CPUS}
    return _mapping(
        {
            "memory": _optional(_text(forms.MEMORY), "Bytes, as `2g`"),
            "cpus": _optional(cpus, "Processors"),
        }
    )


def _fallback() -> Schema:
    return _mapping(
        {
            "provider": _described(_text(forms.ID), "Id of another provider"),
            "model": _optional(_text(forms.MODEL), "Its model, where it is not the one asked for"),
        },
        required=["provider"],
    )


def _provider() -> Schema:
    model = _text(forms.MODEL)
    return {
        **_mapping(
            {
                "id": _described(_text(forms.ID), "Unique name; `id/model` reaches this provider"),
                "type": _described({"enum": _type_names()}, "Kind of provider, or an alias of it"),
                "models": _optional(
                    _list(_text(forms.MODEL_PATTERN), forms.MOST_PATTERNS),
                    "Models it serves: a name, `qwen-*`, `*-turbo` or `*`; by default those of "
                    "its type that no other provider has",
                ),
                "keys": _optional(
                    _list(_text(forms.KEY_SOURCE), forms.MOST_KEYS),
                    "Where its keys are: `store` (credentials.yaml), `env:VARIABLE`, `file:PATH`",
                ),
                "url": _optional(_text(forms.URL), "Another base URL than its type's"),
                "modelMap": _optional(
                    {
                        "type": "object",
                        "propertyNames": model,
                        "additionalProperties": model,
                        "maxProperties": forms.MOST_MAPPED,
                    },
                    "A client's name of a model -> the provider's name of it",
                ),
                "fallback": _optional(
                    _list(_fallback(), forms.MOST_FALLBACKS),
                    "Providers to try when this one refuses; not used by any engine yet",
                ),
                "options": _optional(
                    {"type": "object", "maxProperties": forms.MOST_OPTIONS},
                    "Options of its type: `aigw config providers TYPE` shows them",
                ),
            },
            required=["id", "type"],
        ),
        "allOf": [_options_of(ptype) for ptype in catalog.every()],
    }


def _type_names() -> list[str]:
    return [name for ptype in catalog.every() for name in ptype.names()]


def _options_of(ptype: ProviderType) -> Schema:
    """Say which options a provider has once it is of that type."""
    required = [field.name for field in ptype.options if field.required]
    options = _mapping({field.name: _option(field) for field in ptype.options}, required=required)
    return {
        "if": {"properties": {"type": {"enum": list(ptype.names())}}, "required": ["type"]},
        "then": {
            "properties": {"options": options if required else _nullable(options)},
            **({"required": ["options"]} if required else {}),
        },
    }


def _option(field: OptionField) -> Schema:
    text: Schema = {"enum": [*field.choices]} if field.choices else _text(option_form(field))
    least, most = option_bounds(field)
    kinds: Mapping[str, Schema] = {
        "boolean": {"type": "boolean"},
        "integer": {"type": "integer", "minimum": least, "maximum": most},
        "list": _list(text, forms.MOST_KEYS),
        "string": text,
    }
    default = {} if field.default is None else {"default": field.default}
    value = {**kinds[field.kind], **default}
    return _described(value, field.help) if field.required else _optional(value, field.help)


def _auto_routing() -> Schema:
    return _mapping(
        {
            "enabled": _optional({"type": "boolean", "default": False}, "Whether it is on"),
            "default": _optional(_text(forms.MODEL), "Model for texts that no rule matches"),
            "rules": _optional(
                _list(_rule(), forms.MOST_RULES), "Tried in order; the first that matches decides"
            ),
        }
    )


def _rule() -> Schema:
    name, model = _text(forms.RULE_NAME), _text(forms.MODEL)
    trigger, pattern = _text(forms.TRIGGER), _text(forms.RULE_PATTERN)
    return {
        **_mapping(
            {
                "name": _described(name, "Unique name, shown in the header x-aigw-rule"),
                "trigger": _optional(trigger, "Phrases a prompt begins with: `translate|翻译`"),
                "pattern": _optional(pattern, "RE2 expression to find anywhere in a prompt"),
                "model": _described(model, "Model for prompts that match"),
            },
            required=["name", "model"],
        ),
        "oneOf": [_only("trigger", "pattern"), _only("pattern", "trigger")],
    }


def _only(one: str, other: str) -> Schema:
    return {
        "required": [one],
        "properties": {one: {"type": "string"}, other: {"type": "null"}},
    }


def _mapping(properties: Mapping[str, Schema], *, required: list[str] | None = None) -> Schema:
    needed = {"required": required} if required else {}
    return {
        "type": "object",
        "properties": dict(properties),
        "additionalProperties": False,
        **needed,
    }


def _list(items: Schema, most: int) -> Schema:
    return {"type": "array", "items": items, "maxItems": most}


def _text(form: Form) -> Schema:
    return {
        "type": "string",
        "pattern": form.pattern,
        "minLength": form.shortest,
        "maxLength": form.longest,
    }


def _optional(value: Schema, description: str) -> Schema:
    return _described(_nullable(value), description)


def _nullable(value: Schema) -> Schema:
    match value:
        case {"enum": list(words)}:
            return {**value, "enum": [*words, None]}
        case _:
            return {**value, "type": [value["type"], "null"]}


def _described(value: Schema, description: str) -> Schema:
    return {"description": description, **value}


if __name__ == "__main__":
    main()
