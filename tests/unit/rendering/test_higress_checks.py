"""What the API server or the plugin refuses is refused here first, and nothing else is."""

import json
from typing import Any

import pytest

from aigw.rendering.ai_proxy_checks import provider_problem
from aigw.rendering.higress_checks import fatal, problems
from aigw.rendering.store_yaml import load
from tests.unit.rendering.stores import AI_PROXY, FIXTURES, GOLDEN, MINIMAL, store

ACCEPTANCE = json.loads((FIXTURES / "ai_proxy_acceptance.json").read_text(encoding="utf-8"))
ACCEPTED = [
    *ACCEPTANCE["minimal"].values(),
    *(config for configs in ACCEPTANCE["accepted"].values() for config in configs),
    *(case["config"] for case in ACCEPTANCE["fields"] if case["result"] == "accepted"),
]
REJECTED = [
    *((case["config"], case["message"]) for case in ACCEPTANCE["rejected"]),
    *(
        (case["config"], case["message"])
        for case in ACCEPTANCE["fields"]
        if case["result"] == "rejected"
    ),
]
SCOPES = {"_match_service_": "service", "_match_route_": "ingress", "_match_domain_": "domain"}

# The plugin starts with these, and serves otherwise than anybody would expect.
OUR_REASONS = {
    "bad active provider in the global part, good rule": "all providers would be lost",
}
LEGACY = "legacy provider"


@pytest.mark.parametrize("config", ACCEPTED, ids=map(json.dumps, ACCEPTED))
def test_what_the_plugin_takes_is_not_refused(config: dict[str, Any]) -> None:
    assert provider_problem(config) == ""


@pytest.mark.parametrize(("config", "message"), REJECTED, ids=[str(pair) for pair in REJECTED])
def test_what_the_plugin_rejects_is_refused_in_words(config: dict[str, Any], message: str) -> None:
    words = provider_problem(config)
    assert words
    assert words != message
    assert "sk-made-up" not in words


def plugin_of(config: dict[str, Any]) -> dict[str, Any]:
    """Return the object that the controller makes this configuration of."""
    rules = [
        {
            **{scope: rule[key] for key, scope in SCOPES.items() if key in rule},
            "config": {name: value for name, value in rule.items() if name not in SCOPES},
        }
        for rule in config.get("_rules_", ())
    ]
    rest = {name: value for name, value in config.items() if name != "_rules_"}
    return {"spec": {"url": "http://x", "defaultConfig": rest, "matchRules": rules}}


@pytest.mark.parametrize(
    "case",
    [case for case in ACCEPTANCE["structure"] if not case["case"].startswith(LEGACY)],
    ids=lambda case: str(case["case"]),
)
def test_a_whole_plugin_is_refused_when_it_would_not_start(case: dict[str, Any]) -> None:
    found = list(problems({AI_PROXY: plugin_of(case["config"])}))
    refused = case["result"] == "rejected" or case["case"] in OUR_REASONS
    assert bool(found) is refused


@pytest.mark.parametrize("case", ACCEPTANCE["golden"], ids=lambda case: str(case["file"]))
def test_the_script_s_plugins_are_judged_as_the_plugin_judged_them(case: dict[str, Any]) -> None:
    text = (GOLDEN / case["file"]).read_text(encoding="utf-8")
    if case.get("yaml") == "invalid":
        with pytest.raises(ValueError, match=r"line \d+"):
            load(text)
    else:
        found = list(problems({AI_PROXY: load(text)}))
        assert bool(found) is (case["whole_plugin"] == "rejected")


def test_the_store_that_ran_has_no_problems() -> None:
    assert list(problems(MINIMAL)) == []


@pytest.mark.parametrize("folder", ["02-dashscope-only", "13-auto-routing"])
def test_the_script_s_good_folders_have_no_problems(folder: str) -> None:
    assert list(problems(store(GOLDEN / folder / "data"))) == []


PLUGIN = "wasmplugins/x.yaml"
SPEC = {"url": "http://x"}


@pytest.mark.parametrize(
    ("path", "body", "words"),
    [
        ("configmaps/a.yaml", {"data": {"a": 1}}, "data.a: must be text"),
        ("configmaps/a.yaml", {"data": {"n": False}}, "data.n: must be text"),
        ("configmaps/a.yaml", {"data": []}, "data: must be a mapping"),
        (
            "configmaps/a.yaml",
            {"metadata": {"labels": {"x": True}}},
            "metadata.labels.x: must be text",
        ),
        (
            "configmaps/a.yaml",
            {"metadata": {"annotations": {"x": 1}}},
            "metadata.annotations.x: must be text",
        ),
        (
            "configmaps/a.yaml",
            {"metadata": {"resourceVersion": 1}},
            "metadata.resourceVersion: must be a number, as text",
        ),
        (
            "configmaps/a.yaml",
            {"metadata": {"resourceVersion": "x"}},
            "metadata.resourceVersion: must be a number, as text",
        ),
        (
            "configmaps/a.yaml",
            {"metadata": {"creationTimestamp": "today"}},
            "metadata.creationTimestamp: must be a time such as 2000-01-01T00:00:00Z, as text",
        ),
        (
            "configmaps/a.yaml",
            {"metadata": {"name": "b"}},
            "metadata.name: is another one than the file's",
        ),
        ("configmaps/a.yaml", {"metadata": "x"}, "metadata: must be a mapping"),
        ("configmaps/a.yaml", {"kind": "Secret"}, "kind: must be `ConfigMap` in this folder"),
        ("configmaps/a.yaml", {"apiVersion": "v2"}, "apiVersion: must be `v1` in this folder"),
        (
            "configmaps/a.yaml",
            {
                "metadata": {"labels": {"higress.io/config-map-type": "ai-route"}},
                "data": {"data": "{}"},
            },
            "data.data: must be an AI route in JSON, with a name and upstreams",
        ),
        ("secrets/a.yaml", {"data": {"a": "sk-canary!"}}, "data.a: must be base64"),
        ("secrets/a.yaml", {"data": {"a": 1}}, "data.a: must be text"),
        (
            PLUGIN,
            {"spec": {**SPEC, "phase": "LATER"}},
            "spec.phase: must be one of UNSPECIFIED_PHASE, AUTHN, AUTHZ, STATS",
        ),
        (
            PLUGIN,
            {"spec": {**SPEC, "failStrategy": "NEVER"}},
            "spec.failStrategy: must be one of FAIL_CLOSE, FAIL_OPEN",
        ),
        (PLUGIN, {"spec": {**SPEC, "defaultConfig": "x"}}, "spec.defaultConfig: must be a mapping"),
        (PLUGIN, {"spec": {**SPEC, "priority": "1"}}, "spec.priority: must be a whole number"),
        (PLUGIN, {"spec": {}}, "spec.url: must be text"),
        (PLUGIN, {"spec": "x"}, "spec: must be a mapping"),
        (
            PLUGIN,
            {"spec": {**SPEC, "matchRules": [{"service": "a"}]}},
            "spec.matchRules[0].service: must be a list of texts",
        ),
        (
            PLUGIN,
            {"spec": {**SPEC, "matchRules": [{"config": [], "configDisable": "no"}]}},
            "spec.matchRules[0].config: must be a mapping",
        ),
        (
            "mcpbridges/default.yaml",
            {"spec": {"registries": [{"name": "a", "type": "dns", "domain": "b", "port": "443"}]}},
            "spec.registries[0].port: must be a port",
        ),
        (
            "mcpbridges/default.yaml",
            {"spec": {"registries": [{"name": "a", "type": "dns", "port": 1}]}},
            "spec.registries[0].domain: must be text",
        ),
        (
            "ingresses/a.yaml",
            {"spec": {"rules": [{"http": {"paths": [{"pathType": "prefix"}]}}]}},
            "spec.rules[0].http.paths[0]: must have a pathType of Exact, Prefix, "
            "ImplementationSpecific",
        ),
        (
            "ingresses/a.yaml",
            {"metadata": {"annotations": {"higress.io/regex-match-header-x": "a" * 40_000}}},
            "metadata.annotations.higress.io/regex-match-header-x: has 40000 characters: too many "
            "names of one provider for one route",
        ),
        (
            "configmaps/a.yaml",
            {"data": {"a": "x" * 4_000_000}},
            "has 4000014 bytes; 3145728 is the most",
        ),
        (
            "configmaps/a.yaml",
            {"data": {"a": "\ud800"}},
            "cannot be written: a text holds half of a character",
        ),
        ("pods/a.yaml", {}, "is in no folder that we write to"),
        (
            "configmaps/A_b.yaml",
            {},
            "is no name of an object: a-z, 0-9, `-` and `.`, then `.yaml`",
        ),
        (
            "configmaps/a.yml",
            {},
            "is no name of an object: a-z, 0-9, `-` and `.`, then `.yaml`",
        ),
    ],
)
def test_what_the_api_server_could_not_read_is_named(
    path: str, body: dict[str, Any], words: str
) -> None:
    first = next(problems({path: body}))
    assert str(first) == f"{path}: {words}"
    assert "canary" not in str(first)


@pytest.mark.parametrize(
    ("path", "text", "words"),
    [
        ("configmaps/a.yaml", "kind: Secret", "kind: must be `ConfigMap` in this folder"),
        ("configmaps/a.yaml", "metadata: {name: 1}", "metadata.name: must be text"),
        ("ingresses/a.yaml", "metadata: {labels: {a: yes}}", "metadata.labels.a: must be text"),
        (
            "mcpbridges/a.yaml",
            "spec: {registries: [{port: '1'}]}",
            "spec.registries[0].port: must be a port",
        ),
        ("wasmplugins/a.yaml", "spec: {url: 1}", "spec.url: must be text"),
        (
            "wasmplugins/ai-proxy.bak.yaml",
            "spec: {defaultConfig: {activeProviderId: a, providers: [{id: a}]}}",
            "spec.defaultConfig.providers[0]: has no `type`",
        ),
    ],
)
def test_a_field_of_another_type_is_fatal(path: str, text: str, words: str) -> None:
    assert str(next(fatal(path, load(text)))) == f"{path}: {words}"


def test_thousands_of_names_of_one_provider_are_one_route() -> None:
    expression = "^(" + "|".join(f"some-model-{number}" for number in range(2000)) + ")"
    annotations = {"higress.io/regex-match-header-x": expression}
    assert list(problems({"ingresses/a.yaml": {"metadata": {"annotations": annotations}}})) == []


def test_all_problems_are_told_at_once() -> None:
    bodies = {"configmaps/a.yaml": {"data": {"a": 1, "b": 2}}, "secrets/b.yaml": {"data": {"c": 3}}}
    assert len(list(problems(bodies))) == 3
