"""What an attempt did to an object is undone, but for what somebody has changed since."""

from typing import Any

import pytest

from aigw.rendering.reconcile import undone

Tree = dict[str, Any]


def body(**fields: object) -> Tree:
    """Make an object of the store."""
    return {"metadata": {"name": "x", "resourceVersion": "7"}, **fields}


@pytest.mark.parametrize(
    ("there", "attempt", "was", "expected"),
    [
        pytest.param({"a": 2, "z": 9}, {"a": 2}, {"a": 1}, {"a": 1, "z": 9}, id="was changed"),
        pytest.param({"a": 1}, {"a": 2}, {"a": 1}, {"a": 1}, id="was not made"),
        pytest.param({"a": 3}, {"a": 2}, {"a": 1}, {"a": 3}, id="changed by somebody since"),
        pytest.param({"a": 1, "b": 2}, {"a": 1, "b": 2}, {"a": 1}, {"a": 1}, id="was added"),
        pytest.param({}, {}, {"a": 1}, {"a": 1}, id="was removed"),
        pytest.param({}, {"a": 1}, {"a": 1}, {}, id="removed by somebody"),
        pytest.param(
            {"l": [{"id": "x"}, {"id": "b", "k": 1}, {"id": "c", "k": 9}]},
            {"l": [{"id": "a"}, {"id": "b", "k": 1}, {"id": "c", "k": 1}]},
            {"l": [{"id": "a"}, {"id": "d"}]},
            {"l": [{"id": "x"}, {"id": "c", "k": 9}, {"id": "d"}]},
            id="in a list, by names",
        ),
    ],
)
def test_what_an_attempt_did_is_undone_where_nobody_changed_it_since(
    there: Tree, attempt: Tree, was: Tree, expected: Tree
) -> None:
    found = undone(body(spec=there), body(spec=attempt), body(spec=was))
    assert found == body(spec=expected)


def test_a_whole_object_is_undone_unless_somebody_has_changed_it() -> None:
    made, metadata = body(spec={"a": 1}), {"name": "x", "creationTimestamp": "2026-11-30T00:00:00Z"}
    late = {"kind": "Ingress", **made, "metadata": metadata}
    assert undone(late, {"kind": "Ingress", **made}, None) is None
    assert undone(None, None, made) == body(spec={"a": 1}) | {"metadata": {"name": "x"}}
    changed = body(spec={"a": 1, "theirs": 2})
    assert undone(changed, made, None) == changed
