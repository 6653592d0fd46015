"""What Higress's `model-router` did with 278 requests, and what happens here on purpose otherwise.

The recordings are of the plugin of Higress commit 4e0d691, compiled and run inside a real Envoy.
`DIFFERENT` holds each case that ends otherwise here, with the reason and the model it gets here;
`WITHOUT_COUNTERPART` names plugin configurations that a `gateway.yaml` cannot express.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from aigw.spec.routing import AutoRouting, RoutingRule
from aigw.spec.rules import refusal
from tests.forms import fields

FIXTURES = Path(__file__).parent / "fixtures/routing_cases"
NOT_ROUTED = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class RoutingCase:
    """One request, and the model it was routed by in Higress (`NOT_ROUTED` where it was not)."""

    id: str
    config: str
    method: str
    path: str
    headers: tuple[tuple[str, str], ...]
    body: bytes
    higress: str

    @property
    def here(self) -> str:
        """The model that the provider must see here, `NOT_ROUTED` when the gateway refuses."""
        return next(
            (models[self.id] for models in DIFFERENT.values() if self.id in models), self.higress
        )

    @property
    def asked(self) -> Mapping[str, object]:
        """What the body says: members of its JSON, or fields of its form."""
        kind = dict(self.headers).get("content-type", "")
        if kind.startswith("multipart/form-data"):
            return {name: content.decode() for name, content in fields(kind, self.body)}
        tree: Mapping[str, object] = json.loads(self.body, strict=False)
        return tree

    def __str__(self) -> str:
        return self.id


WITHOUT_COUNTERPART: Mapping[str, tuple[str, ...]] = {
    "addProviderHeader: `id/model` names a provider here": (
        "provider",
        "provider_only",
        "provider_same",
    ),
    "modelKey: the model is always in `model`": ("modelkey", "nested", "nested_idx"),
    "no modelToHeader: there is no header to leave out": ("none", "autoonly"),
    "enableOnPathSuffix: the endpoints are fixed": (
        "suffix",
        "star",
        "suffix_empty",
        "suffix_string",
        "suffix_blank",
    ),
    "enable is a boolean; off, `higress/auto` is an unknown model": (
        "enable_false",
        "enable_str",
        "enable_strfalse",
        "enable_yes",
        "autorouting_null",
    ),
    "rules are text; another type is refused when it is written": ("ruletypes", "rules_object"),
}

DIFFERENT: Mapping[str, Mapping[str, str]] = {
    "the text is trimmed": {
        "blank-01": "qwen-max",
        "blank-03": "qwen-max",
        "blank-04": "qwen-max",
        "blank-10": "qwen-max",
        "flags-07": "m-whole",
        "flags-09": "m-tail",
    },
    "a message or part that says nothing falls back to an earlier one": {
        "parts-09": "qwen-max",
        "parts-23": "qwen-max",
        "parts-24": "qwen-max",
        "parts-26": "qwen-max",
        "roles-20": "qwen-max",
    },
    "an agent's stamp and runtime line are no words of the person": {"roles-19": "qwen-max"},
    "duplicate and escaped top-level keys are refused": {
        "escape-13": NOT_ROUTED,
        "escape-14": NOT_ROUTED,
        "messages-13": NOT_ROUTED,
        "body-21": NOT_ROUTED,
        "body-23": NOT_ROUTED,
    },
    "of a duplicate key in a message the last counts, as with providers": {
        "messages-15": "qwen-max"
    },
    "the input of /v1/responses is read": {"responses-02": "qwen-max", "responses-03": "qwen-max"},
    "`auto` counts": {"model-06": "qwen-max"},
    "a client's x-higress-llm-model is ignored": {
        "default-09": NOT_ROUTED,
        "header-09": NOT_ROUTED,
        "header-10": NOT_ROUTED,
        "header-12": NOT_ROUTED,
    },
    "a model is text without control characters": {
        "model-13": NOT_ROUTED,
        "model-15": NOT_ROUTED,
        "model-16": NOT_ROUTED,
        "model-18": NOT_ROUTED,
        "model-21": NOT_ROUTED,
    },
    "content that no API takes says nothing": {"parts-35": "qwen-plus", "parts-36": "qwen-plus"},
    "a raw control character in a text is left to the provider": {"body-18": "qwen-max"},
    "content type is matched without case": {"ctype-03": "qwen-max"},
    "a body is JSON whatever its content type": {
        "ctype-04": "qwen-max",
        "ctype-06": "qwen-max",
        "ctype-07": "qwen-max",
        "ctype-10": "qwen-max",
        "ctype-12": "qwen-max",
        "ctype-13": "qwen-max",
    },
    "`identity` is no compression": {"ctype-16": "qwen-max"},
    "`auto` in a form is refused": {"multipart-08": NOT_ROUTED},
    "JSON for edits and transcriptions is routed, too": {
        "path-12": "qwen-max",
        "path-14": "qwen-max",
    },
    "endpoints are those of the OpenAI and Anthropic APIs, below /v1": {
        "path-05": NOT_ROUTED,
        "path-06": NOT_ROUTED,
        "path-08": NOT_ROUTED,
        "path-15": NOT_ROUTED,
        "path-17": NOT_ROUTED,
        "path-18": NOT_ROUTED,
    },
    "endpoints with a body take POST only": {"path-47": NOT_ROUTED, "path-48": NOT_ROUTED},
}

CONFIGS: Mapping[str, Mapping[str, object]] = json.loads((FIXTURES / "configs.json").read_text())


def auto_routing(config: str) -> AutoRouting:
    """Translate a plugin configuration; rules that it skips are those that we refuse."""
    given = CONFIGS[config].get("autoRouting")
    if not isinstance(given, dict):
        return AutoRouting()
    return AutoRouting(
        enabled=True,
        default=given.get("defaultModel", ""),
        rules=tuple(
            RoutingRule(
                name=f"rule-{number}", trigger="", pattern=rule["pattern"], model=rule["model"]
            )
            for number, rule in enumerate(given.get("rules", []))
            if _is_rule(rule) and not refusal(rule["pattern"])
        ),
    )


def _is_rule(rule: object) -> bool:
    return isinstance(rule, dict) and bool(rule.get("pattern")) and bool(rule.get("model"))


def _case(line: str) -> RoutingCase:
    row = json.loads(line)
    parts = row.get("body_parts", [[row.get("body", ""), 1]])
    return RoutingCase(
        id=row["id"],
        config=row["config"],
        method=row["method"],
        path=row["path"],
        headers=tuple((name, value) for name, value in row["headers"]),
        body="".join(text * times for text, times in parts).encode(),
        higress=row["routed"] or NOT_ROUTED,
    )


RECORDED = tuple(map(_case, (FIXTURES / "cases.jsonl").read_text().splitlines()))
_LEFT_OUT = frozenset(config for configs in WITHOUT_COUNTERPART.values() for config in configs)
CASES = tuple(case for case in RECORDED if case.config not in _LEFT_OUT)
"""The cases that can be run here."""


def left_out(reason: str) -> tuple[RoutingCase, ...]:
    """Return the cases of a reason in `WITHOUT_COUNTERPART`."""
    return tuple(case for case in RECORDED if case.config in WITHOUT_COUNTERPART[reason])
