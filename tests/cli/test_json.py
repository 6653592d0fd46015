"""The keys of every JSON result: people script against them, so they are only ever added to."""

from collections.abc import Iterator

import pytest

from tests.world import Ended, Machine

pytestmark = pytest.mark.envoy
KEY = "sk-0123456789abcdef"

Shape = dict[str, object]

STEP = {"action": "", "what": ""}
PROBLEM = {"code": "", "message": "", "hint": ""}
LINT = {"path": "", "message": ""}
RULE = {"id": "", "name": "", "pattern": "", "trigger": "", "model": ""}
STARTED: Shape = {
    "gateway": "",
    "engine": "",
    "engine_reason": "",
    "state": "",
    "url": "",
    "console_url": None,
    "data_folder": "",
    "changed": [STEP],
    "probe": {"ok": True, "status": 0, "latency_ms": 0, "what": ""},
    "created": True,
    "providers": [""],
    "first": True,
}
PROVIDER_CHANGED: Shape = {
    "gateway": "",
    "provider": {"id": "", "type": "", "models": [""], "keys": [""]},
    "created": True,
    "applied": True,
    "generation": "",
    "rules_removed": [""],
    "default_removed": "",
    "changed": True,
}
RULE_CHANGED: Shape = {
    "gateway": "",
    "rule": RULE,
    "enabled": True,
    "applied": True,
    "generation": "",
    "lints": [LINT],
}
ROUTING_CHANGED: Shape = {
    "gateway": "",
    "enabled": True,
    "default_model": "",
    "rules": 0,
    "applied": True,
    "generation": "",
    "changed": True,
}
PLANNED: Shape = {
    **dict.fromkeys(("gateway", "engine", "engine_reason"), ""),
    "steps": [STEP],
    "in_sync": True,
    "diff": "",
}
SHOWN: Shape = {"gateway": "", "path": "", "spec": {}, "text": ""}
CASES: dict[tuple[str, ...], Shape] = {
    ("start", "--non-interactive", "--dry-run", "--demo"): PLANNED,
    ("start", "--non-interactive", "--demo", "--openai-key", KEY): STARTED,
    ("plan",): PLANNED,
    ("config", "add", "--no-check", "--provider", "deepseek", "--key", KEY): PROVIDER_CHANGED,
    ("config", "list"): {
        "gateway": "",
        "providers": [
            {
                "id": "",
                "type": "",
                "label": "",
                "models": [""],
                "keys": [""],
                "url": "",
                "options": {},
                "model_map": {},
            }
        ],
    },
    ("config", "show"): SHOWN,
    ("config", "show", "--raw"): SHOWN,
    ("config", "check"): {"source": "", "providers": 0, "rules": 0, "lints": [LINT]},
    ("config", "providers", "zhipuai"): {
        "providers": [
            {
                "id": "",
                "label": "",
                "aliases": [""],
                "key_variables": [""],
                "key_required": True,
                "models": [""],
                "apis": [""],
                "url": "",
                "options": [
                    {
                        "name": "",
                        "kind": "",
                        "default": None,
                        "required": True,
                        "choices": [""],
                        "help": "",
                        "engines": [""],
                    }
                ],
                "unusable": "",
                "instead": "",
                "warning": "",
                "notes": [""],
            }
        ]
    },
    ("route", "default", "demo"): ROUTING_CHANGED,
    ("route", "add", "--model", "demo", "--trigger", "a", "--name", "one"): RULE_CHANGED,
    ("route", "preset", "add", "math", "--model", "deepseek-chat"): RULE_CHANGED,
    ("route", "list"): {
        "gateway": "",
        "enabled": True,
        "default_model": "",
        "rules": [RULE],
        "lints": [LINT],
    },
    ("route", "preset"): {"presets": [{"name": "", "label": "", "trigger": ""}]},
    ("route", "test", "hello"): {
        "prompt": "",
        "rule": "",
        "model": "",
        "provider": "",
        "upstream_model": "",
        "reason": "",
    },
    ("status",): {
        "gateway": "",
        "engine": "",
        "state": "",
        "url": "",
        "console_url": None,
        "data_folder": "",
        "pid": 0,
        "container": None,
        "uptime_seconds": 0,
        "generation": "",
        "in_sync": True,
        "providers": [
            {"id": "", "type": "", "models": [""], "keys": [""], "state": "", "detail": ""}
        ],
        "auto_routing": {"enabled": True, "default_model": "", "rules": 0},
        "problems": [PROBLEM],
    },
    ("list",): {
        "gateways": [{"name": "", "engine": "", "state": "", "url": "", "data_folder": ""}]
    },
    ("route", "remove", "--name", "one"): RULE_CHANGED,
    ("config", "remove", "--provider", "deepseek", "--force"): PROVIDER_CHANGED,
    ("route", "off"): ROUTING_CHANGED,
    ("restart",): STARTED,
    ("stop",): {"gateway": "", "state": "", "drained": True},
    ("delete", "--purge", "--yes"): {"gateway": "", "removed": [""], "left": [""]},
}


@pytest.fixture(scope="module")
def results(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[tuple[str, ...], Ended]]:
    """Run every command once, in this order."""
    with Machine(folder=tmp_path_factory.mktemp("json")) as machine:
        port = ("--http-port", str(machine.port))
        yield {
            words: machine.run(
                *words, "--json", "-q", *(port if words[0] == "start" else ()), expect=None
            )
            for words in CASES
        }


@pytest.mark.parametrize("words", CASES, ids=" ".join)
def test_the_keys_of_a_result(
    results: dict[tuple[str, ...], Ended], words: tuple[str, ...]
) -> None:
    ended = results[words]
    assert (ended.code, ended.err) == (0, "")
    same_keys(ended.json(), CASES[words])
    assert KEY not in ended.out


def same_keys(value: object, expected: object) -> None:
    """Compare keys and kinds, in all items of lists; null stands for what there is not."""
    match expected:
        case dict() if expected:
            assert isinstance(value, dict)
            assert list(value) == list(expected)
            for name, kind in expected.items():
                same_keys(value[name], kind)
        case list():
            assert isinstance(value, list)
            for item in value:
                same_keys(item, expected[0])
        case None:
            pass
        case _:
            assert value is None or type(value) is type(expected)
