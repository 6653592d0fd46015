import re

import pytest
from hypothesis import given

from aigw.spec.gateway import GatewaySpec
from aigw.spec.generation import generation
from aigw.spec.reading import parse
from aigw.spec.writing import to_tree
from tests.unit.spec.trees import Tree, custom, spec_of, trees

KEYS = {"a": ("fingerprint-1", "fingerprint-2")}
SPEC = spec_of(custom("a", "m", "n", modelMap={"m": "x", "n": "y"}), listen={"http": 8080})


def test_a_generation_is_twelve_hexadecimal_digits() -> None:
    assert re.fullmatch("[0-9a-f]{12}", generation(SPEC, KEYS))


def test_the_same_spec_with_the_same_keys_is_the_same_generation() -> None:
    again = spec_of(custom("a", "m", "n", modelMap={"n": "y", "m": "x"}))
    assert generation(again, KEYS) == generation(SPEC, KEYS)


@pytest.mark.parametrize(
    ("spec", "keys"),
    [
        pytest.param(SPEC, {}, id="no key"),
        pytest.param(SPEC, {"a": ("fingerprint-1", "fingerprint-3")}, id="another key"),
        pytest.param(SPEC, {"a": ("fingerprint-2", "fingerprint-1")}, id="keys in another order"),
        pytest.param(SPEC, {"b": KEYS["a"]}, id="the key of another provider"),
        pytest.param(spec_of(custom("a", "m", "n")), KEYS, id="another provider"),
        pytest.param(
            spec_of(custom("a", "n", "m", modelMap={"m": "x", "n": "y"})), KEYS, id="another order"
        ),
        pytest.param(GatewaySpec(), KEYS, id="nothing"),
    ],
)
def test_another_spec_or_another_key_is_another_generation(
    spec: GatewaySpec, keys: dict[str, tuple[str, ...]]
) -> None:
    assert generation(spec, keys) != generation(SPEC, KEYS)


@given(trees(), trees())
def test_two_specs_are_one_generation_only_if_they_are_the_same_in_full(
    one: Tree, other: Tree
) -> None:
    first, second = parse(one, source="one"), parse(other, source="other")
    same = to_tree(first, defaults=True) == to_tree(second, defaults=True)
    assert (generation(first, {}) == generation(second, {})) is same
