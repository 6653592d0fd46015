"""What is to be written over is shown line by line, and no key of anybody's is in it."""

import json
from copy import deepcopy
from typing import Any

from aigw.rendering.concealing import cut_out, keys_in
from aigw.rendering.store_diff import MOST_LINES, difference
from aigw.spec.secret import Secret
from tests.unit.rendering.stores import AI_PROXY, keyed, rendered, spec_for_higress

CANARY, OURS = "sk-canary-0123456789", "sk-ours-0123456789"
KEY_AUTH = "wasmplugins/key-auth.internal.yaml"
WANTED = rendered(spec_for_higress(keyed("openai", "openai", "gpt-*")), openai=OURS)
ROUTE = next(path for path in WANTED if path.startswith("configmaps/ai-route-p"))
HOLDERS: dict[str, dict[str, Any]] = {
    AI_PROXY: {
        "providers": [
            {"id": "a", "apiTokens": [CANARY, 12345678], "awsSecretKey": CANARY},
            {"id": "b", "vertexAuthKey": json.dumps({"private_key": CANARY, "type": "x"})},
            {"id": "c", "customSettings": [{"name": "x", "value": CANARY}]},
            {"id": "d", "openaiCustomUrl": f"https://user:{CANARY}@h/?version=1&key={CANARY}"},
            {"id": "e", "difyApiUrl": f"https://{OURS}/", "note": f"again {OURS}"},
            {"id": "f", "someApiKeys": [CANARY], "otherKey": CANARY},
        ]
    },
    KEY_AUTH: {"consumers": [{"name": "a", "credentials": [f"Bearer {CANARY}"]}]},
    "secrets/a.yaml": {"a": CANARY},
    ROUTE: {"data": json.dumps({"headerControl": {"set": [{"key": "x", "value": CANARY}]}})},
    "ingresses/a.yaml": {"higress.io/request-header-control-update": f"authorization {CANARY}"},
    "configmaps/redis.yaml": {"text": f"host: a\nredis:\n  password: {CANARY}\n"},
    "wasmplugins/a.yaml": {"text": f"authorization: Basic {CANARY} and more"},
}


def test_no_key_is_in_a_difference_on_either_side() -> None:
    store = {
        path: {"kind": "Secret" if path.startswith("secrets/") else "Any", "data": data}
        for path, data in HOLDERS.items()
    }
    others = {"wasmplugins/z.yaml": {"apiTokens": [OURS]}}
    for there, wanted in ((store, others), (others, store)):
        text = difference(there, wanted, store)
        assert [key for key in ("canary", "sk-ours", "12345678") if key in text] == []
        assert all(path in text for path in store)


def test_a_changed_predicate_and_another_key_are_seen_line_by_line() -> None:
    there = deepcopy(dict(WANTED))
    route = json.loads(there[ROUTE]["data"]["data"])
    route["modelPredicates"][0]["matchValue"] = "theirs-"
    there[ROUTE]["data"]["data"] = json.dumps(route)
    there[AI_PROXY]["spec"]["defaultConfig"]["providers"][0]["apiTokens"] = [CANARY]
    text = difference(there, WANTED, [ROUTE, AI_PROXY])
    changed = [line for line in text.splitlines() if line[:1] in "-+"]
    assert changed == [
        f"--- {ROUTE} as it is",
        f"+++ {ROUTE} as it is to be",
        '-      matchValue: "theirs-"',
        '+      matchValue: "gpt-"',
        f"--- {AI_PROXY} as it is",
        f"+++ {AI_PROXY} as it is to be",
        '-      - "[hidden 1]"',
        '+      - "[hidden 2]"',
    ]


def test_what_is_not_there_is_added_and_what_is_not_wanted_removed() -> None:
    path = "ingresses/a.yaml"
    body = {path: {"spec": {"text": "one\ntwo"}}}
    assert [line for line in difference({}, body, [path]).splitlines() if line[0] == "+"] == [
        f"+++ {path} as it is to be",
        "+metadata: {}",
        "+spec:",
        "+  text:",
        '+  - "one"',
        '+  - "two"',
    ]
    assert "-metadata: {}" in difference(body, {}, [path]).splitlines()


def test_keys_are_found_by_the_names_of_their_fields_and_cut_out_everywhere() -> None:
    tree = {"providers": [{"id": "a", "apiTokens": ["k-0123456"]}], "note": "it is k-0123456"}
    assert keys_in(tree) == {Secret("k-0123456")}
    providers = [{"id": "a", "apiTokens": ["[hidden]"]}]
    assert cut_out(tree, keys_in(tree)) == {"providers": providers, "note": "it is [hidden]"}


def test_of_a_program_only_the_beginning_is_shown() -> None:
    body = {"x.yaml": {"program": "\n".join(map(str, range(1000)))}}
    assert difference({}, body, body).splitlines()[MOST_LINES:] == ["... and 805 more lines"]
