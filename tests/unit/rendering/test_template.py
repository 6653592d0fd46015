"""Templates are filled by structure."""

import pytest

from aigw.rendering import assets
from aigw.rendering.template import TemplateMismatch, fill

HOSTILE = "a: [${b}] 'c' \"d\" \n- e #f"


@pytest.mark.parametrize(
    ("tree", "values", "expected"),
    [
        ({"a": "${x}"}, {"x": HOSTILE}, {"a": HOSTILE}),
        ({"a": "${x}"}, {"x": [1, {"b": None}]}, {"a": [1, {"b": None}]}),
        (["${x}", "is ${x}."], {"x": "here"}, ["here", "is here."]),
        ({"a": "port ${x}"}, {"x": 80}, {"a": "port 80"}),
        ({"a": {"b": [1, 2.5, True, None]}}, {}, {"a": {"b": [1, 2.5, True, None]}}),
    ],
    ids=[
        "text is not read again",
        "a whole node",
        "within text",
        "a number within text",
        "no names",
    ],
)
def test_every_name_is_filled_in(tree: object, values: dict[str, object], expected: object) -> None:
    assert fill(tree, values)[0] == expected


@pytest.mark.parametrize(
    ("tree", "values"),
    [({"a": "${x}"}, {}), ({"a": "b${x}"}, {"x": ["list"]}), ({"a": "b${x}"}, {"x": True})],
    ids=["unknown name", "a list within text", "a truth value within text"],
)
def test_what_does_not_fit_is_an_error(tree: object, values: dict[str, object]) -> None:
    with pytest.raises(TemplateMismatch):
        fill(tree, values)


def test_the_names_that_were_used_are_told() -> None:
    assert fill({"a": "${x}", "b": ["${y} ${x}"]}, {"x": 1, "y": 2, "z": 3})[1] == {"x", "y"}


def test_a_filled_template_is_a_copy() -> None:
    inner: list[object] = []
    copy, _ = fill([inner], {})
    assert copy == [inner]
    assert isinstance(copy, list)
    assert copy[0] is not inner


def test_the_lua_of_the_gateway_is_among_the_assets() -> None:
    assert "envoy_on_request" in assets.text("envoy/gateway.lua")
