"""Ours is set, what was ours goes, what is not ours stays; edits of ours are told by their path."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aigw.rendering.gson import gson
from aigw.rendering.reconcile import raised, reconcile, same
from aigw.rendering.store_yaml import load

Tree = dict[str, Any]


def body(**fields: object) -> Tree:
    return {"metadata": {"name": "x", "resourceVersion": "7"}, **fields}


def merged(there: object, wanted: object, was: object) -> tuple[object, tuple[str, ...]]:
    """Return what becomes of one member, and the edits."""
    found = reconcile(
        body(spec=there), body(spec=wanted), None if was == "unknown" else body(spec=was)
    )
    return found.body.get("spec"), found.edits


RULE_A = {"service": ["a.dns"], "config": {"x": 1}}
RULE_B = {"service": ["b.dns"], "config": {}}
RULE_I = {"ingress": ["a"], "config": {}}
PLACE_Z, PLACE_A, PLACE_M = (
    {"name": f"llm-{name}.internal", "domain": f"api.{name}.test"} for name in ("z", "a", "m")
)


@pytest.mark.parametrize(
    ("there", "wanted", "was", "expected", "edits"),
    [
        pytest.param({"a": 1}, {"a": 2}, {"a": 1}, {"a": 2}, (), id="ours is set"),
        pytest.param({"a": 1, "b": 2}, {"b": 2}, {"a": 1}, {"b": 2}, (), id="was ours, goes"),
        pytest.param({"a": 1, "z": 9}, {"a": 1}, {"a": 1}, {"a": 1, "z": 9}, (), id="stays"),
        pytest.param({"a": 3}, {"a": 1}, {"a": 1}, {"a": 1}, ("spec.a",), id="edited"),
        pytest.param({"a": 3}, {"a": 3}, {"a": 1}, {"a": 3}, (), id="edited to what we want"),
        pytest.param({}, {"a": 1}, {"a": 1}, {"a": 1}, ("spec.a",), id="ours was taken away"),
        pytest.param({"a": 3}, {"a": 1}, {}, {"a": 1}, ("spec.a",), id="somebody was first"),
        pytest.param({"a": 3}, {"a": 1}, "unknown", {"a": 1}, (), id="nobody knows whose"),
        pytest.param({"a": 3}, {}, {"a": 1}, {}, ("spec.a",), id="edited, goes"),
        pytest.param({"a": True}, {"a": 1}, {"a": 1}, {"a": 1}, ("spec.a",), id="true is no 1"),
        pytest.param({"a": None}, {}, {}, {"a": None}, (), id="null stays"),
        pytest.param(
            {"m": {"a": 1, "z": 9}},
            {},
            {"m": {"a": 1}},
            {"m": {"z": 9}},
            (),
            id="part of a mapping",
        ),
        pytest.param({"l": [1, 2]}, {"l": [3]}, {"l": [1, 2]}, {"l": [3]}, (), id="a list is one"),
        pytest.param(
            {"l": [{"id": "a", "k": 1, "mine": 2}, {"id": "z"}, {"id": "b"}]},
            {"l": [{"id": "c"}, {"id": "a", "k": 5}]},
            {"l": [{"id": "a", "k": 1}, {"id": "b"}]},
            {"l": [{"id": "a", "k": 5, "mine": 2}, {"id": "z"}, {"id": "c"}]},
            (),
            id="objects by their ids",
        ),
        pytest.param(
            {"l": [{"id": "a", "k": 2}, {"id": "b", "k": 2}]},
            {"l": [{"id": "a", "k": 1}]},
            {"l": [{"id": "a", "k": 1}, {"id": "b", "k": 1}]},
            {"l": [{"id": "a", "k": 1}]},
            ("spec.l[b]", "spec.l[a].k"),
            id="edited objects",
        ),
        pytest.param(
            {"l": [{"id": "a", "n": 1}, {"id": "a", "n": 2}]},
            {"l": [{"id": "a", "n": 3}]},
            {"l": [{"id": "a", "n": 1}]},
            {"l": [{"id": "a", "n": 3}, {"id": "a", "n": 2}]},
            (),
            id="two of one id",
        ),
        pytest.param(
            {"r": [RULE_B, RULE_I]},
            {"r": [RULE_A]},
            {"r": []},
            {"r": [RULE_A, RULE_B, RULE_I]},
            (),
            id="rules as the console sorts them",
        ),
        pytest.param(
            {"r": [PLACE_Z, PLACE_A]},
            {"r": [PLACE_M]},
            {"r": []},
            {"r": [PLACE_Z, PLACE_A, PLACE_M]},
            (),
            id="registries have a domain and stand as they stood",
        ),
        pytest.param(
            {"r": [{**RULE_A, "ingress": ["i"]}, RULE_A]},
            {"r": [{"service": ["a.dns"], "config": {"x": 2}}]},
            {"r": [RULE_A]},
            {"r": [{**RULE_A, "ingress": ["i"]}, {"service": ["a.dns"], "config": {"x": 2}}]},
            (),
            id="a rule is all that it is for",
        ),
        pytest.param(
            {"t": '{"a":1,"z":"<"}'},
            {"t": '{"a":2}'},
            {"t": '{"a":1}'},
            {"t": '{"a":2,"z":"\\u003c"}'},
            (),
            id="json within a text",
        ),
        pytest.param(
            {"t": '{"b": 1, "a":1}'},
            {"t": '{"a":1,"b":1}'},
            {},
            {"t": '{"b": 1, "a":1}'},
            (),
            id="the same json stays as it is",
        ),
        pytest.param(
            {"t": "a: 1\nz: 9\n"},
            {"t": "a: 2\nb: 1\n"},
            {"t": "a: 1\nb: 1\n"},
            {"t": '"a": 2\n"z": 9\n"b": 1\n'},
            ("spec.t.b",),
            id="yaml within a text",
        ),
        pytest.param({"t": "a"}, {"t": "{b"}, {"t": "a"}, {"t": "{b"}, (), id="two texts"),
    ],
)
def test_three_trees_become_one(
    *, there: object, wanted: object, was: object, expected: object, edits: tuple[str, ...]
) -> None:
    assert merged(there, wanted, was) == (expected, edits)


def test_what_is_not_there_is_taken_as_it_is() -> None:
    assert reconcile(None, body(spec={}), body(spec={"a": 1})).body == body(spec={})


def test_what_the_api_server_keeps_stays_and_the_version_rises() -> None:
    there = {
        "metadata": {
            "name": "x",
            "resourceVersion": "41",
            "creationTimestamp": "2026-01-01T00:00:00Z",
            "managedFields": [{"manager": "m"}],
            "labels": {"theirs": "1"},
        },
        "spec": {"a": 1},
        "status": {"s": 1},
    }
    wanted = {
        "metadata": {"name": "x", "resourceVersion": "1", "creationTimestamp": None},
        "spec": {"a": 2},
        "status": {},
    }
    found = reconcile(there, wanted, wanted)
    metadata = {**there["metadata"], "resourceVersion": "42"}  # type: ignore[dict-item]
    assert found.body == {"metadata": metadata, "spec": {"a": 2}, "status": {"s": 1}}


def test_the_time_of_an_ingress_is_ours_because_it_orders_routes() -> None:
    wanted = {"kind": "Ingress", "metadata": {"name": "x", "creationTimestamp": None}}
    there = {
        "kind": "Ingress",
        "metadata": {
            "name": "x",
            "creationTimestamp": "2026-01-01T00:00:00Z",
            "resourceVersion": "1",
        },
    }
    assert not same(there, wanted)
    assert reconcile(there, wanted, wanted).body["metadata"] == {
        "name": "x",
        "creationTimestamp": None,
        "resourceVersion": "2",
    }


@pytest.mark.parametrize(
    ("version", "following"), [("7", "8"), ("", "1"), (None, "1"), ("x", "1"), ("٣", "1")]
)
def test_a_version_is_followed_by_the_next(version: object, following: str) -> None:
    there = {"metadata": {"resourceVersion": version}} if version is not None else {}
    assert raised({"metadata": {}}, over=there)["metadata"] == {"resourceVersion": following}


def test_a_new_object_is_the_first_of_its_versions() -> None:
    assert raised({}, over=None) == {"metadata": {"resourceVersion": "1"}}


@pytest.mark.parametrize(
    ("one", "other", "alike"),
    [
        (body(a=1), {"metadata": {"name": "x", "resourceVersion": "9"}, "a": 1}, True),
        (body(status={}), body(status={"x": 1}), True),
        (body(a=None), body(), True),
        (body(a='{"b":1,"c":2}'), body(a='{"c": 2, "b": 1}'), True),
        (body(a=1), body(a=2), False),
        (body(a="1"), body(a=1), False),
        (body(a=True), body(a=1), False),
        (body(a=[1, 2]), body(a=[2, 1]), False),
    ],
)
def test_objects_are_the_same_but_for_what_the_api_server_keeps(
    *, one: Tree, other: Tree, alike: bool
) -> None:
    assert same(one, other) is alike


NAMES = st.sampled_from("abc")
LEAVES = st.integers(0, 2) | st.sampled_from(["", "x", '{"a":1}', "a: 1\nb: 2\n"])
TREES = st.recursive(
    LEAVES,
    lambda inner: (
        st.dictionaries(NAMES, inner, max_size=3)
        | st.lists(
            st.builds(lambda name, value: {"id": name, "v": value}, NAMES, inner),
            max_size=3,
            unique_by=lambda item: item["id"],
        )
    ),
    max_leaves=8,
)
SPECS = st.dictionaries(NAMES, TREES, max_size=3)


def fits(found: object, wanted: object) -> bool:
    """Say whether all that is wanted is found."""
    match found, wanted:
        case dict(), dict():
            return all(name in found and fits(found[name], wanted[name]) for name in wanted)
        case list(), list() if all(isinstance(item, dict) for item in wanted):
            ids = {item["id"]: item for item in found}
            return all(item["id"] in ids and fits(ids[item["id"]], item) for item in wanted)
        case str(), str() if wanted.startswith("{"):
            return fits(json.loads(found), json.loads(wanted))
        case str(), str() if "\n" in wanted:
            return fits(load(found), load(wanted))
        case _:
            return found == wanted


@given(SPECS, SPECS, SPECS)
def test_all_that_is_wanted_is_there_afterwards(there: Tree, wanted: Tree, was: Tree) -> None:
    assert fits(merged(there, wanted, was)[0], wanted)


@given(SPECS, SPECS, SPECS)
def test_a_second_time_nothing_changes(there: Tree, wanted: Tree, was: Tree) -> None:
    once, _ = merged(there, wanted, was)
    again = merged(once, wanted, wanted)
    assert again == (once, ())


@given(SPECS, SPECS)
def test_a_store_that_nobody_touched_becomes_what_is_wanted(wanted: Tree, was: Tree) -> None:
    found, edits = merged(was, wanted, was)
    assert fits(found, wanted)
    assert fits(wanted, found)
    assert edits == ()


def test_json_is_written_as_the_console_writes_it() -> None:
    assert gson({"a": "<b> & 'c' = é\u2028\n", "d": [1, True, None]}) == (
        '{"a":"\\u003cb\\u003e \\u0026 \\u0027c\\u0027 \\u003d é\\u2028\\n","d":[1,true,null]}'
    )
