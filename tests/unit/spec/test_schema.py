import json
import string
from collections.abc import Iterator
from typing import Any

import jsonschema
from hypothesis import given, settings
from hypothesis import strategies as st

from aigw.spec import forms
from aigw.spec.node import Node
from aigw.spec.schema import FILE, schema
from aigw.spec.shape import shaped
from tests.unit.spec.trees import Tree, trees

VALIDATOR = jsonschema.Draft202012Validator(schema())

# What a hand puts where it does not belong.
STRAYS: st.SearchStrategy[Any] = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-2, 70000),
    st.sampled_from([8080.0, 0.5, 1e300, 2**60]),
    st.sampled_from(
        [
            "",
            " ",
            "a",
            "a\n",
            " a",
            "a\u00a0",
            "\ufeffa",
            "\u2028",
            "\x00",
            "\x7f",
            "a\ud800",
            "é",
            "𝔸",
            "a" * 41,
            "a" * 5000,
            "é" * 257,
            "*",
            "**",
            "a|b",
            "a| |b",
            "|",
            "default",
            "auto",
            "store",
            "store\n",
            "env:A",
            "env:a-b",
            "file:",
            "sk-0123456789",
            "http://a",
            "http://a?b",
            "ftp://a",
            "::1",
            "localhost",
            "127.0.0.256",
            "0.0.0.0",
            "10.0.0.1",
            "none",
            "openai",
            "OpenAI",
            "qwen",
            "vertex",
            "dify",
            "no-such-type",
            "aigw/v1",
        ]
    ),
    st.text(string.printable, max_size=5),
    st.lists(st.sampled_from(["a", "b*", 1, None]), max_size=2),
    st.dictionaries(
        st.sampled_from(["a", "id", "auth", ""]), st.sampled_from(["a", 1]), max_size=2
    ),
)
KEYS = st.sampled_from(
    ["id", "type", "models", "keys", "url", "modelMap", "options", "fallback", "qwenFileIds", "x"]
) | st.sampled_from(
    ["pattern", "trigger", "rules", "default", "enabled", "name", "model", "http", "auth"]
)


def places(tree: Tree | list[Any]) -> Iterator[tuple[Any, Any]]:
    """Yield every place in a tree as what it is in and its key or index."""
    for key, value in tree.items() if isinstance(tree, dict) else enumerate(tree):
        yield tree, key
        if isinstance(value, dict | list):
            yield from places(value)


FIXED = st.fixed_dictionaries(
    {},
    optional={
        "consumers": st.sampled_from([None, {}, {"auth": None}, {"auth": "none"}]),
        "logging": st.sampled_from([None, {}, {"content": None}, {"content": False}]),
    },
)


@st.composite
def damaged(draw: st.DrawFn) -> Tree:
    """Draw a tree with up to three changes that may or may not be allowed."""
    tree: Tree = json.loads(json.dumps(draw(trees()) | draw(FIXED)))
    for _ in range(draw(st.integers(0, 3))):
        inside, key = draw(st.sampled_from([*places(tree), (tree, "engine")]))
        match draw(st.sampled_from(["replace", "remove", "add"])):
            case "replace":
                inside[key] = draw(STRAYS)
            case "remove" if isinstance(inside, list):
                del inside[key]
            case "remove":
                inside.pop(key, None)
            case _ if isinstance(inside, list):
                inside.append(draw(STRAYS))
            case _:
                inside[draw(KEYS)] = draw(STRAYS)
    return tree


def agree(tree: object) -> bool:
    """Say whether schema and loader judge the tree alike."""
    return VALIDATOR.is_valid(tree) is not bool(shaped(tree).problems)


@given(trees())
def test_the_schema_takes_what_the_loader_takes(tree: Tree) -> None:
    VALIDATOR.validate(json.loads(json.dumps(tree)))


@settings(max_examples=300, deadline=None)
@given(damaged())
def test_the_schema_refuses_exactly_what_the_loader_calls_malformed(tree: Tree) -> None:
    assert agree(tree)


@given(STRAYS)
def test_what_is_no_gateway_at_all_is_refused_by_both(tree: object) -> None:
    assert agree(tree)


def test_the_shipped_schema_is_what_the_code_says() -> None:
    assert json.loads(FILE.read_text(encoding="utf-8")) == json.loads(json.dumps(schema())), (
        "python -m aigw.spec.schema"
    )


def test_the_schema_is_a_schema() -> None:
    jsonschema.Draft202012Validator.check_schema(schema())


FORMS = [form for form in vars(forms).values() if isinstance(form, forms.Form)]


@given(st.sampled_from(FORMS), STRAYS | st.text(max_size=8))
def test_a_text_that_fits_a_form_fits_its_schema(form: forms.Form, value: object) -> None:
    node = Node(value, "here", [])
    node.required().text(form)
    fragment = {
        "type": "string",
        "pattern": form.pattern,
        "minLength": form.shortest,
        "maxLength": form.longest,
    }
    assert jsonschema.Draft202012Validator(fragment).is_valid(value) is not bool(node.problems)
