import copy
from collections.abc import Callable
from typing import Any

import pytest

from aigw.state.document import BLOCKS
from aigw.state.patching import CannotPatch, patched
from aigw.state.reading import compose, plain

Tree = dict[str, Any]

HAND = """\
# my gateway
apiVersion: aigw/v1     # version
listen: {address: 127.0.0.1,  http: 8080}
providers:   # all
  # paid by team X
  - id: a          # first
    type: openai
    models: [gpt-4o,   "gpt-5-*"]   # models
    keys:
      - store
      - env:X     # backup

  # my second provider
  # has two lines
  - id: b
    type: qwen
    # - inner comment

  - {id: c, type: deepseek}   # flow

# section
autoRouting:
  enabled: true
  default: m
  rules:
  # deep ones
  - {name: deep, trigger: "x|y", model: m}
  # code
  - name: code
    pattern: >-
      abc
      def
    model: nn   # why not

# the end
"""


def change(text: str, edit: Callable[[Tree], object]) -> str:
    """Edit what a document means, and return the document after that."""
    node = compose(text, source="x")
    old = plain(node)
    assert isinstance(old, dict)
    new = copy.deepcopy(old)
    edit(new)
    result = patched(text, node, old, new, blocks=BLOCKS)
    assert plain(compose(result, source="x")) == new
    return result


def lines_changed(edit: Callable[[Tree], object]) -> tuple[list[str], list[str]]:
    """Return the lines that went from HAND and those that came, when it is edited."""
    old, new = HAND.splitlines(), change(HAND, edit).splitlines()
    while old and new and old[0] == new[0]:
        old, new = old[1:], new[1:]
    while old and new and old[-1] == new[-1]:
        old, new = old[:-1], new[:-1]
    return old, new


def rule(name: str) -> Tree:
    return {"name": name, "pattern": "(?i)^a", "model": "m"}


EDITS = [
    (
        "a provider added",
        lambda tree: tree["providers"].append({"id": "d", "type": "x", "models": ["k-*"]}),
        [],
        ['  - {id: d, type: x, models: ["k-*"]}'],
    ),
    (
        "a provider removed, with the comments about it",
        lambda tree: tree["providers"].pop(1),
        HAND.splitlines()[12:18],
        [],
    ),
    (
        "the first provider removed: what stands above may be about them all",
        lambda tree: tree["providers"].pop(0),
        HAND.splitlines()[5:11],
        [],
    ),
    (
        "a model added",
        lambda tree: tree["providers"][0]["models"].append("o4"),
        ['    models: [gpt-4o,   "gpt-5-*"]   # models'],
        ['    models: [gpt-4o,   "gpt-5-*", o4]   # models'],
    ),
    (
        "a model removed",
        lambda tree: tree["providers"][0]["models"].pop(0),
        ['    models: [gpt-4o,   "gpt-5-*"]   # models'],
        ['    models: ["gpt-5-*"]   # models'],
    ),
    (
        "all models others",
        lambda tree: tree["providers"][0].update(models=["x"]),
        ['    models: [gpt-4o,   "gpt-5-*"]   # models'],
        ["    models: [x]   # models"],
    ),
    (
        "a key removed",
        lambda tree: tree["providers"][0]["keys"].pop(1),
        ["      - env:X     # backup"],
        [],
    ),
    (
        "an option for a provider",
        lambda tree: tree["providers"][1].update(options={"a": True}),
        [],
        ["    options: {a: true}"],
    ),
    (
        "a url for a provider on one line",
        lambda tree: tree["providers"][2].update(url="https://x"),
        ["  - {id: c, type: deepseek}   # flow"],
        ["  - {id: c, type: deepseek, url: https://x}   # flow"],
    ),
    (
        "another port",
        lambda tree: tree["listen"].update(http=9),
        ["listen: {address: 127.0.0.1,  http: 8080}"],
        ["listen: {address: 127.0.0.1,  http: 9}"],
    ),
    (
        "a default that is no number",
        lambda tree: tree["autoRouting"].update(default="1e3"),
        ["  default: m"],
        ['  default: "1e3"'],
    ),
    (
        "a rule before all",
        lambda tree: tree["autoRouting"]["rules"].insert(0, rule("z")),
        [],
        ["  - name: z", '    pattern: "(?i)^a"', "    model: m"],
    ),
    (
        "a rule in between",
        lambda tree: tree["autoRouting"]["rules"].insert(1, rule("z")),
        [],
        ["  - name: z", '    pattern: "(?i)^a"', "    model: m"],
    ),
    (
        "a rule removed, with its comment",
        lambda tree: tree["autoRouting"]["rules"].pop(1),
        HAND.splitlines()[27:33],
        [],
    ),
    (
        "another kind of rule",
        lambda tree: tree["autoRouting"]["rules"].__setitem__(0, rule("deep")),
        ['  - {name: deep, trigger: "x|y", model: m}'],
        ['  - {name: deep, model: m, pattern: "(?i)^a"}'],
    ),
    (
        "a folded text",
        lambda tree: tree["autoRouting"]["rules"][1].update(pattern="p"),
        ["    pattern: >-", "      abc", "      def"],
        ["    pattern: p"],
    ),
    (
        "a section removed, with its comment",
        lambda tree: tree.pop("listen"),
        ["listen: {address: 127.0.0.1,  http: 8080}"],
        [],
    ),
    ("a section added", lambda tree: tree.update(x={"a": 1}), [], ["x: {a: 1}"]),
    (
        "no rule left",
        lambda tree: tree["autoRouting"].update(rules=[]),
        HAND.splitlines()[24:33],
        ["  rules: []   # why not"],
    ),
    ("nothing", copy.copy, [], []),
]


@pytest.mark.parametrize(
    ("edit", "gone", "come"), [edit[1:] for edit in EDITS], ids=[edit[0] for edit in EDITS]
)
def test_only_what_changed_changes(
    edit: Callable[[Tree], object], gone: list[str], come: list[str]
) -> None:
    assert lines_changed(edit) == (gone, come)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param("providers: []  # none\n", "providers:  # none\n  - id: d\n", id="brackets"),
        pytest.param("providers:\n", "providers:\n  - id: d\n", id="nothing"),
        pytest.param("providers: [{id: a}]\n", "providers: [{id: a}, {id: d}]\n", id="flow"),
        pytest.param(
            "providers:\n- id: a", "providers:\n- id: a\n- id: d\n", id="no last line end"
        ),
        pytest.param(
            "providers:\r\n- id: a\r\n# c\r\n",
            "providers:\r\n- id: a\r\n- id: d\r\n# c\r\n",
            id="line ends of Windows",
        ),
        pytest.param(
            '{"providers": [{"id": "a"}]}\n',
            '{"providers": [{"id": "a"}, {id: d}]}\n',
            id="JSON",
        ),
        pytest.param(
            "providers:\n    -   id: a\n        type: x\n",
            "providers:\n    -   id: a\n        type: x\n    - id: d\n",
            id="wide",
        ),
    ],
)
def test_a_provider_is_added_in_the_form_of_the_document(text: str, expected: str) -> None:
    def edit(tree: Tree) -> None:
        tree["providers"] = [*(tree["providers"] or []), {"id": "d"}]

    assert change(text, edit) == expected


def test_items_that_move_are_written_anew() -> None:
    text = change("models: [a, b] # c\nx: 1\n", lambda tree: tree["models"].reverse())
    assert text == "models: [b, a] # c\nx: 1\n"


def test_a_document_that_is_no_mapping_is_not_patched() -> None:
    with pytest.raises(CannotPatch):
        patched("1", compose("1", source="x"), {}, {"a": 1}, blocks=BLOCKS)
